/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzzes modprobe.d and what comes of it: the input is a kernel's command line, a line of
 * modules.dep, options as in $MODPROBE_OPTIONS, each ended by a NUL, and a file of modprobe.d. Each
 * rule's module is loaded and unloaded on a kernel that is made up. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../plan/fake.h"
#include "base/file.h"
#include "base/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/dev/shm/lkm-fuzz-XXXXXX"; /* memory */

static void clean(void)
{
	file_remove_tree(dir, NULL);
}

static void make_dir(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	if (!mkdtemp(dir))
		abort();
	atexit(clean);
}

static void check(int code, const struct err *err)
{
	if (code < 0 && (err->code != code || !err->text[0]))
		abort();
}

static void write_file(const char *name, struct span bytes)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
		abort();
	close(fd);
}

static void try_module(struct plan_probe *probe, const struct db_candidate *module)
{
	struct plan_insert_request load = {.module = *module};
	struct plan_remove_request unload = {.module = *module, .holders = true};
	struct plan_apply apply = {0};
	enum plan_skip skip;
	struct err err = {0};
	struct plan plan = {0};
	int code = plan_probe_insert(&plan, probe, &load, &skip, &err);

	check(code, &err);
	if (code == 0)
		check(plan_probe_apply(&plan, probe, &apply, &err), &err);
	plan_free(&plan);
	plan = (struct plan){0};
	code = plan_probe_remove(&plan, probe, &unload, &err);
	check(code, &err);
	if (code == 0)
		check(plan_probe_apply(&plan, probe, &apply, &err), &err);
	plan_free(&plan);
}

static void try_words(struct plan_probe *probe, struct db_indexes *indexes,
		      const struct db_config *config)
{
	for (int kind = 0; kind < DB_RULE_KINDS; kind++) {
		size_t n;
		const struct db_rule *rules = db_config_rules(config, (enum db_rule_kind)kind, &n);

		for (size_t i = 0; i < n && i < 8; i++) {
			struct db_candidates found = {0};
			struct buf text = {0};
			struct err err = {0};

			check(db_candidates_find(&found, indexes, config, rules[i].key, &err),
			      &err);
			vec_foreach (&found.list, module)
				try_module(probe, module);
			if (rules[i].value)
				db_config_show((enum db_rule_kind)kind, rules[i].value, &text);
			buf_free(&text);
			db_candidates_free(&found);
		}
	}
}

static void try_quotes(const char *text)
{
	struct arena *arena = arena_new();
	struct quote_words words = {0};
	struct buf joined = {0};
	struct err err = {0};

	check(quote_split(text, arena, &words, &err), &err);
	if (vec_push(&words.list)) {
		words.list.p[words.list.n - 1] = NULL;
		quote_params((const char *const *)words.list.p, &joined);
	}
	buf_free(&joined);
	quote_words_free(&words);
	arena_free(arena);
}

static const char *next_text(const uint8_t **data, size_t *size)
{
	const char *text = span_string(span_of(*data, *size), 0);

	if (text) {
		*data += strlen(text) + 1;
		*size -= strlen(text) + 1;
	}
	return text;
}

/* The line of the input among others; only when it is another than before, as that takes long. */
static void write_release(const char *line)
{
	static char last[128] = "?";
	const char *dep[] = {"a", "a.ko:", "b", "b.ko: a.ko", "x", line, NULL};

	if (strcmp(line, last) == 0)
		return;
	snprintf(last, sizeof(last), "%s", line);
	for (const char *p = line; *p; p++)
		if (*p & 0x80)
			dep[4] = NULL;
	if (strchr(line, '/') || !*line || *line == ':' || *line == '.') /* no name of a file */
		dep[4] = NULL;
	fake_release(dir, dep, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *cmdline = next_text(&data, &size), *line, *words;
	char config_path[64], cmdline_path[64];
	const char *paths[] = {config_path, NULL};
	struct db_config *config = NULL;
	struct db_indexes *indexes = NULL;
	struct plan_probe *probe = NULL;
	struct fake fake = {0};
	struct plan_kernel kernel = fake_kernel(&fake);
	struct err err = {0};

	make_dir();
	line = cmdline ? next_text(&data, &size) : NULL;
	words = line ? next_text(&data, &size) : NULL;
	if (!words || strlen(line) > 100)
		return 0;
	try_quotes(words);
	snprintf(config_path, sizeof(config_path), "%s/x.conf", dir);
	snprintf(cmdline_path, sizeof(cmdline_path), "%s/cmdline", dir);
	write_file("x.conf", span_of(data, size));
	write_file("cmdline", span_text(cmdline));
	write_release(line);
	if (db_indexes_new(&indexes, dir, &err) < 0 ||
	    db_config_read(&config, &(struct db_config_options){dir, paths, cmdline_path, {NULL}},
			   &err) < 0 ||
	    plan_probe_new(&probe, &(struct plan_probe_options){indexes, config, &kernel, {NULL}},
			   &err) < 0)
		abort();
	try_words(probe, indexes, config);
	plan_probe_free(probe);
	db_config_free(config);
	db_indexes_free(indexes);
	fake_free(&fake);
	return 0;
}
