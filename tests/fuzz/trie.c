/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzzes the reader of binary indexes: the input is one, and a word to look up in front of it,
 * ended by a NUL. What is read from a sound index and written again must read the same, if it is
 * text; and putting the word into it must be the same as writing it with the word. */
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

/* Also into an index that is not sound. */
static int merge(struct span index, const char *word, struct buf *out)
{
	static const uint32_t same[] = {0, 1, 2, 3, 4, 5, 6, 7};
	struct db_trie added = {{0}, {0}};
	struct err err = {0};
	int code;

	if (db_trie_add(&added, span_text(word), span_text("word"), 3, &err) < 0)
		abort();
	check(db_trie_merge(index, &added, same, 8, out, &err), &err);
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
	if (code == 0)
		add_word(&copy.trie, buf_span(&out), word);
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
