/* SPDX-License-Identifier: GPL-2.0-only */
/* Binary indexes: bytes known from kmod, reading back, damage, and memory that runs out. That large
 * ones equal kmod's is compare-kmod's part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "db/trie.h"

static const struct {
	const char *key, *value;
	uint32_t priority;
} rows[] = {
	{"abc", "one", 3},  {"abd", "two", 1},	     {"ab", "three", 9},     {"abc", "four", 1},
	{"abc", "five", 3}, {"x*[0-9]y?", "six", 2}, {"x*", "seven", 2},     {"xa7yb", "eight", 0},
	{"ab*", "nine", 4}, {"", "nothing", 5},	     {"symbol:s", "ten", 0}, {"zzzzzzzz", "", 0},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int fill(struct db_trie *trie, struct err *err)
{
	int code = 0;

	for (int i = 0; code == 0 && i < ROWS; i++)
		code = db_trie_add(trie, span_text(rows[i].key), span_text(rows[i].value),
				   rows[i].priority, err);
	return code;
}

static void make(struct buf *out)
{
	DEFER(db_trie_free) struct db_trie trie = {0};

	assert_int_equal(fill(&trie, NULL), 0);
	assert_int_equal(db_trie_write(&trie, out, NULL), 0);
}

static void test_bytes(void **state)
{
	/* depmod of kmod 34 for modules.builtin with kernel/b.ko and kernel/a.ko */
	static const unsigned char known[] =
		"\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x0c" /* header, root */
		"ab\x40\0\0\x16\x40\0\0\x1f"	       /* children a, b */
		"\0\0\0\1\0\0\0\0\0"		       /* a: one value, "" */
		"\0\0\0\1\0\0\0\0";		       /* b; with the NUL of this literal */
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(buf_free) struct buf out = {0};

	assert_int_equal(db_trie_add(&trie, span_text("b"), span_text(""), 0, NULL), 0);
	assert_int_equal(db_trie_add(&trie, span_text("a"), span_text(""), 0, NULL), 0);
	assert_int_equal(db_trie_write(&trie, &out, NULL), 0);
	assert_int_equal(out.n, sizeof(known));
	assert_memory_equal(out.p, known, sizeof(known));
}

static void test_empty(void **state)
{
	DEFER(db_trie_hits_free) struct db_trie_hits hits = {0};
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(buf_free) struct buf out = {0};
	struct db_trie_view view;

	assert_int_equal(db_trie_write(&trie, &out, NULL), 0);
	assert_int_equal(out.n, 12);
	assert_memory_equal(out.p, "\xb0\x07\xf4\x57\0\2\0\1\0\0\0\x0c", 12);
	assert_int_equal(db_trie_open(&view, buf_span(&out), NULL), 0);
	assert_int_equal(db_trie_find(&view, "a", &hits, NULL), 0);
	assert_int_equal(db_trie_open(&view, span_of("", 0), NULL), 0);
	assert_int_equal(db_trie_match(&view, "a", &hits, NULL), 0);
	assert_int_equal(hits.list.n, 0);
}

static void refuse_key(struct span key)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(buf_free) struct buf out = {0};
	struct err err = {0};

	assert_int_equal(db_trie_add(&trie, span_text("before"), span_text("x"), 0, &err), 0);
	assert_int_equal(db_trie_add(&trie, key, span_text("x"), 0, &err), 0);
	assert_int_equal(db_trie_write(&trie, &out, &err), -EILSEQ);
	assert_non_null(strstr(err.text, "ASCII"));
}

static void test_refused(void **state)
{
	DEFER(db_trie_free) struct db_trie trie = {0};

	refuse_key(span_text("caf\xe9"));
	refuse_key(span_text("before\xe9"));
	refuse_key(span_text("\xe9"));
	refuse_key(span_of("a\0b", 3));
	refuse_key(span_of("\0before", 7));
	assert_int_equal(db_trie_add(&trie, span_text("x"), span_text("\x80"), 0, NULL), -EILSEQ);
}

/* Values, separated by blanks. */
static void expect(struct db_trie_hits *hits, const char *expected)
{
	DEFER(buf_free) struct buf text = {0};

	vec_foreach (&hits->list, hit)
		buf_format(&text, "%s%.*s", text.n ? " " : "", (int)hit->value.n,
			   (const char *)hit->value.p);
	assert_string_equal(buf_string(&text), expected);
	db_trie_hits_free(hits);
}

static void test_lookup(void **state)
{
	DEFER(buf_free) struct buf out = {0};
	struct db_trie_hits hits = {0};
	struct db_trie_view view;

	make(&out);
	assert_int_equal(db_trie_open(&view, buf_span(&out), NULL), 0);
	assert_int_equal(db_trie_find(&view, "abc", &hits, NULL), 0);
	expect(&hits, "four five one");
	assert_int_equal(db_trie_find(&view, "a", &hits, NULL), 0);
	expect(&hits, "");
	assert_int_equal(db_trie_find(&view, "abcd", &hits, NULL), 0);
	expect(&hits, "");
	assert_int_equal(db_trie_find(&view, "", &hits, NULL), 0);
	expect(&hits, "nothing");
	assert_int_equal(db_trie_match(&view, "ab", &hits, NULL), 0);
	expect(&hits, "nine three");
	assert_int_equal(db_trie_match(&view, "xa7yb", &hits, NULL), 0);
	expect(&hits, "eight seven six");
	assert_int_equal(db_trie_match(&view, "x*", &hits, NULL), 0);
	expect(&hits, "seven seven");
	assert_int_equal(db_trie_match(&view, "symbol:s", &hits, NULL), 0);
	expect(&hits, "ten");
}

/* Many keys of two letters: each shape of a node, and most keys more than once. Priorities differ,
 * so that the order of adding does not show. */
enum { MANY = 2000, LONGEST = 12 };

static const char *many_key(size_t i)
{
	static char key[LONGEST + 1];
	unsigned int random = (unsigned int)i * 2654435761u >> 8;
	size_t length = random % (LONGEST + 1);

	for (size_t at = 0; at < length; at++)
		key[at] = random >> (at + 4) & 1 ? 'b' : 'a';
	key[length] = 0;
	return key;
}

static int by_key(const void *a, const void *b)
{
	const size_t *x = a, *y = b;
	char left[LONGEST + 1];
	int order;

	strcpy(left, many_key(*x));
	order = strcmp(left, many_key(*y));
	return order ? order : (*x > *y) - (*x < *y);
}

/* In that order. */
static void make_many(const size_t *order, struct buf *out)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	static char texts[MANY][LONGEST + 1];

	for (size_t i = 0; i < MANY; i++) {
		strcpy(texts[i], many_key(order[i]));
		assert_int_equal(db_trie_add(&trie, span_text(texts[i]), span_text("v"),
					     (uint32_t)order[i], NULL),
				 0);
	}
	assert_int_equal(db_trie_write(&trie, out, NULL), 0);
}

/* All in order but the last, which are sorted into them. */
static void test_nearly_sorted(void **state)
{
	DEFER(buf_free) struct buf one = {0}, two = {0};
	size_t order[MANY], swapped;

	for (size_t i = 0; i < MANY; i++)
		order[i] = i;
	make_many(order, &one);
	qsort(order, MANY, sizeof(*order), by_key);
	for (size_t i = 0; i < 50; i++) {
		swapped = order[MANY - 1 - i];
		order[MANY - 1 - i] = order[i * 37];
		order[i * 37] = swapped;
	}
	make_many(order, &two);
	assert_int_equal(one.n, two.n);
	assert_memory_equal(one.p, two.p, one.n);
	buf_clear(&two);
	qsort(order, MANY - 50, sizeof(*order), by_key);
	make_many(order, &two);
	assert_int_equal(one.n, two.n);
	assert_memory_equal(one.p, two.p, one.n);
}

static void test_many(void **state)
{
	DEFER(buf_free) struct buf out = {0};
	size_t order[MANY];
	struct db_trie_view view;

	for (size_t i = 0; i < MANY; i++)
		order[i] = i;
	make_many(order, &out);
	assert_int_equal(db_trie_open(&view, buf_span(&out), NULL), 0);
	for (size_t i = 0; i < MANY; i++) {
		DEFER(db_trie_hits_free) struct db_trie_hits hits = {0};
		char key[LONGEST + 1];
		size_t n = 0;

		strcpy(key, many_key(i));
		assert_int_equal(db_trie_find(&view, key, &hits, NULL), 0);
		for (size_t other = 0; other < MANY; other++)
			if (strcmp(key, many_key(other)) == 0) {
				assert_true(n < hits.list.n);
				assert_int_equal(hits.list.p[n++].priority, other);
			}
		assert_int_equal(n, hits.list.n);
	}
}

static int count(void *context, struct span key, const struct db_trie_hit *hit, struct err *err)
{
	++*(int *)context;
	return 0;
}

static void use(struct span bytes)
{
	DEFER(db_trie_hits_free) struct db_trie_hits hits = {0};
	struct db_trie_view view;
	struct err err = {0};
	int n = 0;

	if (db_trie_open(&view, bytes, &err) < 0)
		return;
	db_trie_find(&view, "abc", &hits, &err);
	db_trie_match(&view, "xa7yb", &hits, &err);
	db_trie_each(&view, count, &n, &err);
}

static void test_damaged(void **state)
{
	DEFER(buf_free) struct buf out = {0};

	make(&out);
	for (size_t bit = 0; bit < 8 * out.n; bit++) {
		out.p[bit / 8] ^= (char)(1 << bit % 8);
		use(buf_span(&out));
		out.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t n = 0; n < out.n; n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, out.p, n);
		use(span_of(copy, n));
		free(copy);
	}
}

static void test_circle(void **state)
{
	/* the root is its own child */
	static const unsigned char bytes[] = "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x0c"
					     "aa\x20\0\0\x0c";
	struct db_trie_view view;
	struct err err = {0};
	int n = 0;

	assert_int_equal(db_trie_open(&view, span_of(bytes, 18), NULL), 0);
	assert_int_equal(db_trie_each(&view, count, &n, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "circles"));
}

static void test_no_memory(void **state)
{
	for (unsigned long n = 1;; n++) {
		DEFER(db_trie_free) struct db_trie trie = {0};
		DEFER(buf_free) struct buf out = {0};
		struct err err = {0};
		int code;

		mem_fail_at(n, 1);
		code = fill(&trie, &err);
		if (code == 0)
			code = db_trie_write(&trie, &out, &err);
		mem_fail_at(0, 0);
		if (code == 0)
			return;
		assert_int_equal(code, -ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),	      cmocka_unit_test(test_empty),
		cmocka_unit_test(test_refused),	      cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_damaged),	      cmocka_unit_test(test_circle),
		cmocka_unit_test(test_nearly_sorted), cmocka_unit_test(test_many),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
