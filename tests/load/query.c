/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load-query VMLINUZ CONFIG: reads requests from standard input, one per line, fields separated by
 * tabs: FILE FLAGS METHOD TAINTS BEFORE PARAMS; BEFORE is a module that is loaded before, or "".
 * Prints a JSON line for each.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "load/load.h"

static json_t *lines_of(const struct load_verdict *verdict)
{
	json_t *lines = json_array();

	vec_foreach (&verdict->lines, line)
		json_array_append_new(
			lines, json_pack("[i, o]", line->level,
					 json_stringn_nocheck(line->text, strlen(line->text))));
	return lines;
}

static json_t *reasons_of(const struct load_verdict *verdict)
{
	json_t *reasons = json_array();

	vec_foreach (&verdict->reasons, reason)
		json_array_append_new(reasons,
				      json_pack("{s:s, s:i, s:b, s:s}", "id", reason->id, "code",
						reason->code, "stops", (int)reason->stops,
						"sentence", reason->sentence));
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

static int ask(const struct load_kernel *kernel, char *line, struct err *err)
{
	DEFER(buf_free) struct buf bytes = {0};
	DEFER(ko_closep) struct ko *before = NULL;
	DEFER(load_verdict_freep) struct load_verdict *verdict = NULL;
	struct load_provider *provider = NULL;
	struct load_request request = {0};
	const char *fields[6];
	int code = 0;

	line[strcspn(line, "\n")] = '\0';
	for (int i = 0; i < 6; i++)
		if (!(fields[i] = strsep(&line, "\t")))
			return err_set(err, -1, "six fields, please");
	code = file_read(fields[0], 1 << 28, &bytes, err);
	if (code == 0 && fields[4][0])
		code = ko_open(&before, fields[4], err);
	if (code == 0 && before)
		code = load_provider_open(&provider, before, err);
	request.bytes = buf_span(&bytes);
	request.flags = (unsigned int)strtoul(fields[1], NULL, 0);
	request.init_module = strcmp(fields[2], "init") == 0;
	request.taints = (unsigned int)strtoul(fields[3], NULL, 0);
	request.params = fields[5];
	request.providers = (const struct load_provider *const *)&provider;
	request.provider_count = provider != NULL;
	if (code == 0)
		code = load_check(&verdict, kernel, &request, err);
	if (code == 0)
		answer(verdict);
	load_provider_close(provider);
	return code;
}

int main(int argc, char **argv)
{
	DEFER(image_closep) struct image *image = NULL;
	DEFER(load_kernel_closep) struct load_kernel *kernel = NULL;
	DEFER(mem_freep) char *cache = NULL;
	static char line[8192];
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
	while (code == 0 && fgets(line, sizeof(line), stdin))
		code = ask(kernel, line, &err);
	if (code < 0)
		fprintf(stderr, "%s\n", err.text);
	return code < 0;
}
