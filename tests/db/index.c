/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * db-index FILE		prints each key, value and priority of a binary index
 * db-index FILE WORD...	for each word the values of the keys that match it, on one line
 * db-index --write FILE	makes one of the lines on standard input, "KEY<tab>VALUE"
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "db/trie.h"

static int print(void *context, struct span key, const struct db_trie_hit *hit, struct err *err)
{
	printf("%.*s\t%.*s\t%u\n", (int)key.n, (const char *)key.p, (int)hit->value.n,
	       (const char *)hit->value.p, hit->priority);
	return 0;
}

static int print_matches(const struct db_trie_view *view, const char *word, struct err *err)
{
	DEFER(db_trie_hits_free) struct db_trie_hits exact = {0};
	DEFER(db_trie_hits_free) struct db_trie_hits hits = {0};
	int code = db_trie_match(view, word, &hits, err);

	if (code == 0)
		code = db_trie_find(view, word, &exact, err);
	vec_foreach (&hits.list, hit)
		printf("%.*s ", (int)hit->value.n, (const char *)hit->value.p);
	printf("%s\n", exact.list.n ? "exact" : "");
	return code;
}

static int write_index(const char *path, struct err *err)
{
	DEFER(arena_freep) struct arena *arena = arena_new();
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(buf_free) struct buf out = {0};
	char line[4096];
	int code = arena ? 0 : err_no_memory(err);

	while (code == 0 && fgets(line, sizeof(line), stdin)) {
		const char *copy = arena_strndup(arena, line, strcspn(line, "\n"));
		size_t key = copy ? strcspn(copy, "\t") : 0;

		code = copy && copy[key] ? db_trie_add(&trie, span_of(copy, key),
						       span_text(copy + key + 1), 0, err)
					 : err_set(err, -1, "a line without a tab");
	}
	if (code == 0)
		code = db_trie_write(&trie, &out, err);
	return code < 0 ? code : file_replace(path, buf_span(&out), 0644, err);
}

int main(int argc, char **argv)
{
	DEFER(file_unmap) struct file_map map = {0};
	struct db_trie_view view;
	struct err err = {0};
	bool writes = argc == 3 && strcmp(argv[1], "--write") == 0;
	int code = argc < 2 ? -1
		   : writes ? write_index(argv[2], &err)
			    : file_map(argv[1], &map, &err);

	if (writes)
		return code < 0;
	if (code == 0)
		code = db_trie_open(&view, map.bytes, &err);
	if (code == 0 && argc == 2)
		code = db_trie_each(&view, print, NULL, &err);
	for (int i = 2; code == 0 && i < argc; i++)
		code = print_matches(&view, argv[i], &err);
	if (code < 0)
		fprintf(stderr, "db-index: %s\n", err.text);
	return code < 0;
}
