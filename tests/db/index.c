/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * db-index FILE		prints each key, value and priority of a binary index
 * db-index FILE WORD...	for each word the values of the keys that match it, on one line
 */
#include <stdio.h>

#include "base/file.h"
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

int main(int argc, char **argv)
{
	DEFER(file_unmap) struct file_map map = {0};
	struct db_trie_view view;
	struct err err = {0};
	int code = argc < 2 ? -1 : file_map(argv[1], &map, &err);

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
