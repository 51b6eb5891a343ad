/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * db-index FILE		prints each key, value and priority of a binary index
 * db-index FILE WORD...	for each word the values of the keys that match it, on one line
 * db-index --write FILE	makes one of the lines on standard input, "KEY<tab>VALUE"
 * db-index --merge FILE N	fails unless each n-th value, put into the others, makes FILE
 */
#include <stdio.h>
#include <stdlib.h>
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

enum { SPREAD = 3 }; /* between the priorities of what is left */

struct parts {
	struct arena *arena;
	struct db_trie left, taken;
	VEC(uint32_t) now;
	size_t n, step;
};

static void parts_free(struct parts *parts)
{
	arena_free(parts->arena);
	db_trie_free(&parts->left);
	db_trie_free(&parts->taken);
	vec_free(&parts->now);
}

static int divide(void *context, struct span key, const struct db_trie_hit *hit, struct err *err)
{
	struct parts *parts = context;
	const char *copy = arena_strndup(parts->arena, (const char *)key.p, key.n);
	uint32_t *now;

	if (!copy)
		return err_no_memory(err);
	if (parts->n++ % parts->step == 0)
		return db_trie_add(&parts->taken, span_of(copy, key.n), hit->value, hit->priority,
				   err);
	while (parts->now.n <= hit->priority * (size_t)SPREAD) {
		now = vec_push(&parts->now);
		if (!now)
			return err_no_memory(err);
		*now = (uint32_t)(parts->now.n - 1) / SPREAD;
	}
	return db_trie_add(&parts->left, span_of(copy, key.n), hit->value, hit->priority * SPREAD,
			   err);
}

/* Those that are left have other priorities before. */
static int merge(const struct db_trie_view *view, size_t step, struct err *err)
{
	DEFER(parts_free) struct parts parts = {.arena = arena_new(), .step = step};
	DEFER(buf_free) struct buf old = {0}, out = {0};
	int code = parts.arena && step ? 0 : err_no_memory(err);

	if (code == 0)
		code = db_trie_each(view, divide, &parts, err);
	if (code == 0)
		code = db_trie_write(&parts.left, &old, err);
	if (code == 0)
		code = db_trie_merge(buf_span(&old), &parts.taken, parts.now.p, parts.now.n, &out,
				     err);
	if (code == 0 && !span_equal(buf_span(&out), view->bytes))
		code = err_set(err, -1, "merging %zu of %zu values gives something else",
			       parts.taken.keys.n, parts.n);
	return code;
}

int main(int argc, char **argv)
{
	DEFER(file_unmap) struct file_map map = {0};
	struct db_trie_view view;
	struct err err = {0};
	bool writes = argc == 3 && strcmp(argv[1], "--write") == 0;
	bool merges = argc == 4 && strcmp(argv[1], "--merge") == 0;
	int code = argc < 2 ? -1
		   : writes ? write_index(argv[2], &err)
			    : file_map(argv[merges ? 2 : 1], &map, &err);

	if (writes)
		return code < 0;
	if (code == 0)
		code = db_trie_open(&view, map.bytes, &err);
	if (code == 0 && merges)
		code = merge(&view, strtoul(argv[3], NULL, 10), &err);
	else if (code == 0 && argc == 2)
		code = db_trie_each(&view, print, NULL, &err);
	for (int i = 2; code == 0 && !merges && i < argc; i++)
		code = print_matches(&view, argv[i], &err);
	if (code < 0)
		fprintf(stderr, "db-index: %s\n", err.text);
	return code < 0;
}
