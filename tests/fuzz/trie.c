/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzzes the reader of binary indexes: the input is one, and a word to look up in front of it,
 * ended by a NUL. What is read from a sound index and written again must read the same, if it is
 * text; putting the word into it must be the same as writing it with the word, and taking values
 * out of it the same as writing it without them. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "db/trie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int code, const struct err *err)
{
	if (code < 0 && (err->code != code || !err->text[0]))
		abort();
}

struct copy {
	struct arena *arena;
	struct db_trie trie;
	size_t bytes; /* of the keys */
};

/* The serial numbers make of the order in the file that of adding: the last is the first. */
static int add(void *context, struct span key, const struct db_trie_hit *hit, struct err *err)
{
	struct copy *copy = context;
	char *kept = arena_strndup(copy->arena, (const char *)key.p, key.n);

	copy->bytes += key.n;
	if (copy->bytes > 1 << 20)
		return err_set(err, -1, "long enough");
	return db_trie_add(&copy->trie, span_of(kept, key.n), hit->value, hit->priority, err);
}

enum { PRIORITIES = 8 };
static const uint32_t same[PRIORITIES] = {0, 1, 2, 3, 4, 5, 6, 7};
static const uint32_t some_gone[PRIORITIES] = {0, DB_TRIE_GONE, 1, 2, DB_TRIE_GONE,
					       3, DB_TRIE_GONE, 4};

/* Also into an index that is not sound. */
static int merge(struct span index, const char *word, struct buf *out)
{
	struct db_trie added = {{0}, {0}};
	struct err err = {0};
	int code;

	if (db_trie_add(&added, span_text(word), span_text("word"), 3, &err) < 0)
		abort();
	check(db_trie_merge(index, &added, same, PRIORITIES, out, &err), &err);
	buf_clear(out);
	check(db_trie_merge(index, &added, some_gone, PRIORITIES, out, &err), &err);
	buf_clear(out);
	code = db_trie_merge(index, &added, NULL, 0, out, &err);
	check(code, &err);
	db_trie_free(&added);
	return code;
}

static void add_word(struct db_trie *trie, struct span index, const char *word)
{
	struct buf merged = {0}, written = {0};
	struct err err = {0};
	int code = merge(index, word, &merged);

	if (db_trie_add(trie, span_text(word), span_text("word"), 3, &err) < 0)
		abort();
	if (code != db_trie_write(trie, &written, &err) ||
	    (code == 0 && !span_equal(buf_span(&merged), buf_span(&written))))
		abort();
	buf_free(&merged);
	buf_free(&written);
}

/* Returns whether all have priorities that are known. The last is added first: of equal priority
 * the one added later comes first. */
static bool add_staying(const struct db_trie *all, struct db_trie *rest)
{
	struct err err = {0};

	for (size_t i = all->keys.n; i-- > 0;) {
		const struct sort_key *key = &all->keys.p[i];
		const struct db_trie_value *value = &all->values.p[key->value];

		if (value->priority >= PRIORITIES)
			return false;
		if (some_gone[value->priority] != DB_TRIE_GONE &&
		    db_trie_add(rest, key->text, value->text, some_gone[value->priority], &err) < 0)
			abort();
	}
	return true;
}

/* The keys are in the order of the index. */
static void take_out(const struct db_trie *all, struct span index)
{
	struct db_trie rest = {{0}, {0}}, nothing = {{0}, {0}};
	struct buf out = {0}, written = {0};
	struct err err = {0};
	int code = db_trie_merge(index, &nothing, some_gone, PRIORITIES, &out, &err);

	check(code, &err);
	if (add_staying(all, &rest) != (code == 0))
		abort();
	if (code == 0 && (db_trie_write(&rest, &written, &err) < 0 ||
			  !span_equal(buf_span(&out), buf_span(&written))))
		abort();
	db_trie_free(&rest);
	buf_free(&out);
	buf_free(&written);
}

static void rewrite(const struct db_trie_view *view, const char *word)
{
	struct copy copy = {arena_new(), {{0}, {0}}, 0};
	struct buf out = {0};
	struct db_trie_view again;
	struct err err = {0};
	int code = db_trie_each(view, add, &copy, &err);

	check(code, &err);
	if (code == 0) {
		code = db_trie_write(&copy.trie, &out, &err);
		if (code < 0 ? code != -EILSEQ : db_trie_open(&again, buf_span(&out), &err) < 0)
			abort();
	}
	for (size_t i = 0; code == 0 && i < copy.trie.keys.n; i++) {
		struct db_trie_hits hits = {0};

		if (db_trie_find(&again, (const char *)copy.trie.keys.p[i].text.p, &hits, &err) <
			    0 ||
		    hits.list.n == 0)
			abort();
		db_trie_hits_free(&hits);
	}
	if (code == 0) {
		take_out(&copy.trie, buf_span(&out));
		add_word(&copy.trie, buf_span(&out), word);
	}
	buf_free(&out);
	db_trie_free(&copy.trie);
	arena_free(copy.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct db_trie_hits hits = {0};
	struct buf merged = {0};
	const char *word = span_string(span_of(data, size), 0);
	struct db_trie_view view;
	struct err err = {0};
	size_t length;

	if (!word)
		return 0;
	length = strlen(word) + 1;
	if (db_trie_open(&view, span_of(data + length, size - length), &err) < 0)
		return 0;
	check(db_trie_find(&view, word, &hits, &err), &err);
	check(db_trie_match(&view, word, &hits, &err), &err);
	db_trie_hits_free(&hits);
	merge(view.bytes, word, &merged);
	buf_free(&merged);
	rewrite(&view, word);
	return 0;
}
