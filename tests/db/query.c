/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers questions to a db, for comparison with modprobe: tests/db/compare-*.
 *
 *	db-query DIR [folder] < QUESTIONS
 *
 * A question is a line "KIND WORD": find, dependencies, order, lookup, softdep, builtin, and "of"
 * with a module's file. The answer is a line of paths or words, or "error CODE TEXT".
 */
#include <stdio.h>

#include "db/db.h"

static void print_list(const struct db_list *list)
{
	for (size_t i = 0; i < list->modules.n; i++)
		printf("%s%s", i ? " " : "", list->modules.p[i]->path);
}

static int answer_module(struct db *db, const char *kind, const char *name, struct err *err)
{
	DEFER(db_list_free) struct db_list list = {0};
	DEFER(db_softdeps_free) struct db_softdeps softdeps = {0};
	const struct db_module *module;
	int code = db_find(db, name, &module, err);

	if (code < 0)
		return code;
	if (strcmp(kind, "find") == 0)
		printf("%s %s", module->name, module->path);
	else if (strcmp(kind, "dependencies") == 0)
		code = db_dependencies(db, module, &list, err);
	else if (strcmp(kind, "order") == 0)
		code = db_load_order(db, module, &list, err);
	else
		code = db_softdeps(db, module, &softdeps, err);
	print_list(&list);
	for (size_t i = 0; i < softdeps.words.n; i++)
		printf("%s%s:%s", i ? " " : "", softdeps.words.p[i].post ? "post" : "pre",
		       softdeps.words.p[i].word);
	return code;
}

static int answer_file(struct db *db, const char *path, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	DEFER(db_list_free) struct db_list before = {0};
	DEFER(db_list_free) struct db_list after = {0};
	int code = ko_open(&ko, path, err);

	if (code == 0)
		code = db_load_order_of(db, ko, &before, &after, err);
	if (code < 0)
		return code;
	print_list(&before);
	printf(" |");
	print_list(&after);
	return 0;
}

static int answer(struct db *db, const char *kind, const char *word, struct err *err)
{
	DEFER(db_list_free) struct db_list list = {0};
	int code;

	if (strcmp(kind, "of") == 0)
		return answer_file(db, word, err);
	if (strcmp(kind, "builtin") == 0) {
		code = db_is_builtin(db, word, err);
		if (code >= 0)
			printf("%d", code);
		return code;
	}
	if (strcmp(kind, "lookup") != 0)
		return answer_module(db, kind, word, err);
	code = db_lookup(db, word, &list, err);
	print_list(&list);
	return code;
}

int main(int argc, char **argv)
{
	DEFER(db_closep) struct db *db = NULL;
	struct err err = {0};
	char line[4096];
	int code = argc > 2 ? db_open_folder(&db, argv[1], &err) : db_open(&db, argv[1], &err);

	if (code < 0) {
		printf("error %d %s\n", code, err.text);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		char *word = line, *kind;

		line[strcspn(line, "\n")] = 0;
		kind = strsep(&word, " ");
		code = answer(db, kind, word ? word : "", &err);
		if (code < 0)
			printf("error %d %s", code, err.text);
		printf("\n");
	}
	return 0;
}
