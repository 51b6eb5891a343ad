/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load-query VMLINUZ CONFIG: answers requests from standard input, one JSON object per line:
 *
 *	file, params, flags, method ("finit", "init"), taints (of the kernel, before),
 *	before (files of the modules that are loaded before, in their order),
 *	present (of those: {name: "coming" or "going"}),
 *	modules_disabled, sig_enforce, lockdown, blacklist
 *
 * by one JSON object each: the verdict. A packed file is unpacked first, as insmod does it.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "load/load.h"

enum { PRESENT_MAX = 8 };

struct before {
	VEC(struct ko *) files;
	VEC(const struct load_provider *) providers; /* newest first */
};

static void before_free(struct before *before)
{
	vec_foreach (&before->providers, provider)
		load_provider_close((struct load_provider *)*provider);
	vec_free(&before->providers);
	vec_foreach (&before->files, ko)
		ko_close(*ko);
	vec_free(&before->files);
}

/* Strings are of bytes: the byte 0xNN is the character U+00NN. */
static json_t *text_json(const char *text)
{
	DEFER(buf_free) struct buf out = {0};

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		unsigned char two[2] = {0xc0 | c >> 6, 0x80 | (c & 0x3f)};

		if (c >= 0x80)
			buf_add(&out, two, sizeof(two));
		else
			buf_add(&out, &c, 1);
	}
	return json_string(buf_string(&out));
}

static void to_bytes(char *text)
{
	char *out = text;

	for (; *text; text++) {
		bool two = (*text & 0xe0) == 0xc0;

		*out++ = two ? (char)((unsigned)text[0] << 6 | (text[1] & 0x3f)) : *text;
		text += two;
	}
	*out = '\0';
}

static json_t *lines_of(const struct load_verdict *verdict)
{
	json_t *lines = json_array();

	vec_foreach (&verdict->lines, line)
		json_array_append_new(lines,
				      json_pack("[i, o]", line->level, text_json(line->text)));
	return lines;
}

static json_t *reasons_of(const struct load_verdict *verdict)
{
	json_t *reasons = json_array();

	vec_foreach (&verdict->reasons, reason)
		json_array_append_new(reasons,
				      json_pack("{s:s, s:i, s:b, s:o}", "id", reason->id, "code",
						reason->code, "stops", (int)reason->stops,
						"sentence", text_json(reason->sentence)));
	return reasons;
}

static void answer(const struct load_verdict *verdict)
{
	char taints[32];
	json_t *line;

	load_taint_text(verdict->taints, taints);
	line = json_pack("{s:i, s:b, s:s, s:I, s:I, s:o, s:o}", "code", verdict->code, "crash",
			 (int)verdict->crash, "taint", taints, "coresize",
			 (json_int_t)verdict->coresize, "initsize", (json_int_t)verdict->initsize,
			 "log", lines_of(verdict), "reasons", reasons_of(verdict));
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(line);
}

static int open_before(struct before *before, json_t *paths, struct err *err)
{
	for (size_t i = json_array_size(paths); i-- > 0;) {
		struct load_provider *provider;
		struct ko *ko;
		int code = ko_open(&ko, json_string_value(json_array_get(paths, i)), err);

		if (code < 0)
			return code;
		*vec_push(&before->files) = ko;
		code = load_provider_open(&provider, ko, err);
		if (code < 0)
			return code;
		*vec_push(&before->providers) = provider;
	}
	return 0;
}

static void read_present(json_t *states, struct load_present *out, size_t *count)
{
	const char *name;
	json_t *state;

	json_object_foreach(states, name, state) if (*count < PRESENT_MAX) out[(*count)++] =
		(struct load_present){name, strcmp(json_string_value(state), "going") == 0
						    ? LOAD_GOING
						    : LOAD_COMING};
}

static const char *text_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int ask(const struct load_kernel *kernel, json_t *object, struct err *err)
{
	DEFER(buf_free) struct buf bytes = {0};
	DEFER(buf_free) struct buf unpacked = {0};
	bool packed = false;
	DEFER(before_free) struct before before = {0};
	DEFER(load_verdict_freep) struct load_verdict *verdict = NULL;
	struct load_request request = {
		.flags = (unsigned int)json_integer_value(json_object_get(object, "flags")),
		.taints = (unsigned int)json_integer_value(json_object_get(object, "taints")),
		.policy.modules_disabled =
			json_is_true(json_object_get(object, "modules_disabled")),
		.policy.sig_enforce = json_is_true(json_object_get(object, "sig_enforce")),
		.policy.lockdown = json_is_true(json_object_get(object, "lockdown")),
		.policy.blacklist = text_of(object, "blacklist"),
	};
	struct load_present present[PRESENT_MAX];
	const char *method = text_of(object, "method");
	char *params = (char *)text_of(object, "params");
	int code = file_read(text_of(object, "file"), 1 << 28, &bytes, err);

	if (code == 0)
		code = open_before(&before, json_object_get(object, "before"), err);
	if (code == 0 && !(request.flags & LOAD_COMPRESSED) &&
	    ko_container_of(buf_span(&bytes)) != KO_PLAIN) {
		code = ko_container_unpack(buf_span(&bytes), "the module", KO_UNPACKED_MAX,
					   &unpacked, err);
		packed = true;
	}
	request.init_module = method && strcmp(method, "init") == 0;
	if (params)
		to_bytes(params);
	request.params = params;
	request.bytes = buf_span(packed ? &unpacked : &bytes);
	request.providers = before.providers.p;
	request.provider_count = before.providers.n;
	read_present(json_object_get(object, "present"), present, &request.present_count);
	request.present = present;
	if (code == 0)
		code = load_check(&verdict, kernel, &request, err);
	if (code == 0)
		answer(verdict);
	return code;
}

int main(int argc, char **argv)
{
	DEFER(image_closep) struct image *image = NULL;
	DEFER(load_kernel_closep) struct load_kernel *kernel = NULL;
	DEFER(mem_freep) char *cache = NULL;
	static char line[65536];
	struct err err = {0};
	int code;

	if (argc != 3)
		return 2;
	file_cache_dir(&cache, NULL);
	code = image_open(&image, argv[1], cache, &err);
	if (code == 0)
		code = image_add_config(image, argv[2], &err);
	if (code == 0)
		code = load_kernel_open(&kernel, image, &err);
	while (code == 0 && fgets(line, sizeof(line), stdin)) {
		json_t *object = json_loads(line, 0, NULL);

		if (!object)
			code = err_set(&err, -1, "no JSON: %s", line);
		else
			code = ask(kernel, object, &err);
		json_decref(object);
	}
	if (code < 0)
		fprintf(stderr, "%s\n", err.text);
	return code < 0;
}
