/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzzes depmod's text files: the input is one text of which each file gets the lines that follow
 * its name on a line of its own ("modules.dep", "modules.alias", ...).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "db/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"modules.dep", "modules.alias", "modules.symbols",
				    "modules.softdep", "modules.builtin"};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static char dir[] = "/tmp/lkm-fuzz-db-XXXXXX";

static void path_of(char *out, size_t size, int name)
{
	snprintf(out, size, "%s/%s", dir, names[name]);
}

static void clean_up(void)
{
	file_remove_tree(dir, NULL);
}

static void write_files(struct span rest)
{
	FILE *files[NAMES];
	struct span line;
	int current = 0;

	for (int i = 0; i < NAMES; i++) {
		char path[100];

		path_of(path, sizeof(path), i);
		files[i] = fopen(path, "wb");
		if (!files[i])
			abort();
	}
	while (db_next_line(&rest, &line)) {
		int named = -1;

		for (int i = 0; i < NAMES; i++)
			if (span_equal(line, span_text(names[i])))
				named = i;
		if (named >= 0) {
			current = named;
			continue;
		}
		fwrite(line.p, 1, line.n, files[current]);
		fputc('\n', files[current]);
	}
	for (int i = 0; i < NAMES; i++)
		fclose(files[i]);
}

static void check(int code, const struct err *err)
{
	if (code < 0 && (err->code != code || !err->text[0]))
		abort();
}

static void ask(struct db *db, const char *word)
{
	DEFER(db_list_free) struct db_list found = {0};
	DEFER(db_list_free) struct db_list order = {0};
	const struct db_module *module;
	struct err err = {0};
	int code = db_lookup(db, word, &found, &err);

	check(code, &err);
	for (size_t i = 0; i < found.modules.n; i++)
		if (strlen(found.modules.p[i]->name) > strlen(found.modules.p[i]->path))
			abort();
	code = db_find(db, word, &module, &err);
	check(code, &err);
	if (code == 0)
		check(db_load_order(db, module, &order, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	DEFER(db_closep) struct db *db = NULL;
	struct err err = {0};

	if (!ready) {
		if (!mkdtemp(dir))
			abort();
		atexit(clean_up);
		ready = true;
	}
	write_files(span_of(data, size));
	if (db_open(&db, dir, &err) < 0)
		abort();
	ask(db, "a");
	ask(db, "b-c");
	ask(db, "symbol:s");
	ask(db, "pci:v0d1");
	return 0;
}
