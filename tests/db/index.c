/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * db-index FILE		prints each key, value and priority of a binary index
 * db-index FILE WORD...	for each word the values of the keys that match it, on one line
 * db-index --write FILE	makes one of the lines on standard input, "KEY<tab>VALUE"
 * db-index --merge FILE N	fails unless each n-th value, put into the others, makes FILE, and
 *				taken out of FILE, leaves these
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
	size_t n, step, priorities;
};

static void parts_free(struct parts *parts)
{
	arena_free(parts->arena);
	db_trie_free(&parts->left);
	db_trie_free(&parts->taken);
	vec_free(&parts->now);
}

/* The priorities between those of what is left are gone, when that is asked. */
static int fill_now(struct parts *parts, size_t n, bool has_gone, struct err *err)
{
	parts->now.n = 0;
	while (parts->now.n < n) {
		uint32_t *now = vec_push(&parts->now);

		if (!now)
			return err_no_memory(err);
		*now = (uint32_t)(parts->now.n - 1) / SPREAD;
		if (has_gone && (parts->now.n - 1) % SPREAD)
			*now = DB_TRIE_GONE;
	}
	return 0;
}

static int divide(void *context, struct span key, const struct db_trie_hit *hit, struct err *err)
{
	struct parts *parts = context;
	const char *copy = arena_strndup(parts->arena, (const char *)key.p, key.n);

	if (!copy)
		return err_no_memory(err);
	if (hit->priority >= parts->priorities)
		parts->priorities = (size_t)hit->priority + 1;
	if (parts->n++ % parts->step == 0)
		return db_trie_add(&parts->taken, span_of(copy, key.n), hit->value, hit->priority,
				   err);
	return db_trie_add(&parts->left, span_of(copy, key.n), hit->value, hit->priority * SPREAD,
			   err);
}

static int expect_same(const struct parts *parts, struct span one, struct span two,
		       const char *what, struct err *err)
{
	if (span_equal(one, two))
		return 0;
	return err_set(err, -1, "%s %zu of %zu values gives something else", what,
		       parts->taken.keys.n, parts->n);
}

/* Those that are left have other priorities in old. */
static int put_in(struct parts *parts, struct span old, struct span all, struct err *err)
{
	DEFER(buf_free) struct buf out = {0};
	int code = fill_now(parts, parts->priorities * SPREAD, false, err);

	if (code == 0)
		code = db_trie_merge(old, &parts->taken, parts->now.p, parts->now.n, &out, err);
	return code < 0 ? code : expect_same(parts, buf_span(&out), all, "merging", err);
}

/* They are put into old under priorities of their own, which are gone then. */
static int take_out(struct parts *parts, struct span old, struct err *err)
{
	DEFER(db_trie_free) struct db_trie nothing = {0};
	DEFER(buf_free) struct buf all = {0}, out = {0}, left = {0};
	int code = fill_now(parts, parts->priorities * SPREAD, true, err);

	vec_foreach (&parts->taken.values, value)
		value->priority = value->priority * SPREAD + 1;
	if (code == 0)
		code = db_trie_merge(old, &parts->taken, NULL, 0, &all, err);
	if (code == 0)
		code = db_trie_merge(buf_span(&all), &nothing, parts->now.p, parts->now.n, &out,
				     err);
	vec_foreach (&parts->left.values, value)
		value->priority /= SPREAD;
	if (code == 0)
		code = db_trie_write(&parts->left, &left, err);
	return code < 0 ? code
			: expect_same(parts, buf_span(&out), buf_span(&left), "taking out", err);
}

static int merge(const struct db_trie_view *view, size_t step, struct err *err)
{
	DEFER(parts_free) struct parts parts = {.arena = arena_new(), .step = step};
	DEFER(buf_free) struct buf old = {0};
	int code = parts.arena && step ? 0 : err_no_memory(err);

	if (code == 0)
		code = db_trie_each(view, divide, &parts, err);
	if (code == 0)
		code = db_trie_write(&parts.left, &old, err);
	if (code == 0)
		code = put_in(&parts, buf_span(&old), view->bytes, err);
	return code < 0 ? code : take_out(&parts, buf_span(&old), err);
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
