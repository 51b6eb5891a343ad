/* SPDX-License-Identifier: GPL-2.0-only */
/* Merging into an index that is damaged or of another order, of what an index cannot hold, and out
 * of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "trie_sets.h"

static const uint32_t next_place[PRIORITIES] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint32_t some_gone[PRIORITIES] = {0, DB_TRIE_GONE, 1, 2, DB_TRIE_GONE, 3, 4, 5};
static const uint32_t *const all_nows[] = {NULL, next_place, some_gone};
enum { NOWS = sizeof(all_nows) / sizeof(all_nows[0]) };

static void make_sample(struct sets *sets)
{
	static const char *const before[] = {"abc",	"abd", "ab",	     "abc",	 "pci:v*d",
					     "pci:v*e", "",    "usb:v1dest", "usb:v1d*", "usb:v2"};

	for (uint32_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		add_before(sets, before[i], "module", i % PRIORITIES);
	add_later(sets, "pci:v", "other", 3);
	add_later(sets, "abc", "other", 2);
	add_later(sets, "abcdefgh", "other", 2);
}

/* Whether it can still be used is all that is asked: a changed letter is no damage. */
static void use(struct span before, struct sets *sets)
{
	DEFER(buf_free) struct buf merged = {0};
	struct err err = {0};
	int code = db_trie_merge(before, &sets->added, sets->now, PRIORITIES, &merged, &err);

	if (code < 0) {
		assert_int_equal(code, -EBADMSG);
		assert_non_null(strstr(err.text, "index is damaged"));
	}
}

static void damage(struct buf *before, struct sets *sets)
{
	for (size_t bit = 0; bit < 8 * before->n; bit++) {
		before->p[bit / 8] ^= (char)(1 << bit % 8);
		use(buf_span(before), sets);
		before->p[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void test_damaged(void **state)
{
	DEFER(sets_free) struct sets sets = {0};
	DEFER(buf_free) struct buf before = {0};

	make_sample(&sets);
	write_all(&sets.before, &before);
	for (int i = 0; i < NOWS; i++) {
		sets.now = all_nows[i];
		damage(&before, &sets);
	}
}

static void expect_damaged(struct span bytes, struct db_trie *added, const uint32_t *now)
{
	DEFER(buf_free) struct buf merged = {0};

	assert_int_equal(db_trie_merge(bytes, added, now, PRIORITIES, &merged, NULL), -EBADMSG);
}

static void test_truncated(void **state)
{
	DEFER(sets_free) struct sets sets = {0};
	DEFER(buf_free) struct buf before = {0};

	make_sample(&sets);
	write_all(&sets.before, &before);
	for (size_t n = 0; n < before.n; n++) {
		char *bytes = malloc(n ? n : 1);

		memcpy(bytes, before.p, n);
		expect_damaged(span_of(bytes, n), &sets.added, next_place);
		expect_damaged(span_of(bytes, n), &sets.added, some_gone);
		free(bytes);
	}
}

/* The new key is before all others, so that these move. */
static void expect_refused(const void *bytes, size_t n)
{
	DEFER(db_trie_free) struct db_trie added = {0};

	add(&added, "A", "", 0);
	expect_damaged(span_of(bytes, n), &added, next_place);
	expect_damaged(span_of(bytes, n), &added, some_gone);
}

static void test_other_order(void **state)
{
	/* depmod of kmod 30: children first */
	static const unsigned char old[] = "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x15"
					   "\0\0\0\1\0\0\0\0"
					   "aa\x40\0\0\x0c";
	/* the root is its own child */
	static const unsigned char circle[] = "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x0c"
					      "aa\x20\0\0\x0c";
	/* one leaf for two */
	static const unsigned char shared[] = "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x0c"
					      "ab\x40\0\0\x16\x40\0\0\x16"
					      "\0\0\0\1\0\0\0\0";

	/* something before the root */
	static const unsigned char before[] = "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x0e\0\0"
					      "aa\x40\0\0\x14"
					      "\0\0\0\1\0\0\0\0";
	/* and behind all nodes */
	static const unsigned char behind[] = "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x0c"
					      "AA\x40\0\0\x12"
					      "\0\0\0\1\0\0\0\0\0";

	expect_refused(old, sizeof(old) - 1);
	expect_refused(circle, sizeof(circle) - 1);
	expect_refused(shared, sizeof(shared));
	expect_refused(before, sizeof(before));
	expect_refused(behind, sizeof(behind));
}

/* Wrong where it is seen only when the node beside it goes. */
static void test_gone_beside(void **state)
{
	/* something between two leaves, of which the first is gone */
	static const unsigned char between[] = "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x0c"
					       "ab\x40\0\0\x16\x40\0\0\x20"
					       "\0\0\0\1\0\0\0\1\0"
					       "\0"
					       "\0\0\0\1\0\0\0\0";
	/* what is left is the child of a NUL, which no prefix can hold */
	static const unsigned char nul[] = "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x0c"
					   "aa\x20\0\0\x12"
					   "\0\1\x40\0\0\x1c\x40\0\0\x25"
					   "\0\0\0\1\0\0\0\0\0"
					   "\0\0\0\1\0\0\0\1";
	DEFER(db_trie_free) struct db_trie nothing = {0};

	expect_damaged(span_of(between, sizeof(between)), &nothing, some_gone);
	expect_damaged(span_of(nul, sizeof(nul)), &nothing, some_gone);
}

/* More nodes below one another than a key can lead through. */
static void test_too_deep(void **state)
{
	enum { DEPTH = 200000 };
	DEFER(buf_free) struct buf bytes = {0};
	unsigned char node[] = {'a', 'a', 0, 0, 0, 0};

	buf_add(&bytes, "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x0c", 12);
	for (size_t i = 1; i <= DEPTH; i++) {
		size_t place = bytes.n + sizeof(node);

		node[2] = i < DEPTH ? 0x20 : 0x40;
		node[3] = (unsigned char)(place >> 16);
		node[4] = (unsigned char)(place >> 8);
		node[5] = (unsigned char)place;
		buf_add(&bytes, node, sizeof(node));
	}
	buf_add(&bytes, "\0\0\0\1\0\0\0\0", 9);
	expect_refused(bytes.p, bytes.n);
}

static void test_priority(void **state)
{
	static const uint32_t now[] = {4, 5}, gone[] = {4, DB_TRIE_GONE};
	DEFER(db_trie_free) struct db_trie before = {0}, added = {0};
	DEFER(buf_free) struct buf bytes = {0}, merged = {0};

	add(&before, "a", "", 2);
	write_all(&before, &bytes);
	assert_int_equal(db_trie_merge(buf_span(&bytes), &added, now, 2, &merged, NULL), -EBADMSG);
	buf_clear(&merged);
	assert_int_equal(db_trie_merge(buf_span(&bytes), &added, gone, 2, &merged, NULL), -EBADMSG);
	add(&added, "a", "", 0);
	buf_clear(&merged);
	assert_int_equal(db_trie_merge(buf_span(&bytes), &added, now, 2, &merged, NULL), -EBADMSG);
}

static void test_refused(void **state)
{
	DEFER(db_trie_free) struct db_trie added = {0}, nothing = {0};
	DEFER(buf_free) struct buf empty = {0}, merged = {0};

	write_all(&nothing, &empty);
	add(&added, "caf\xe9", "", 0);
	assert_int_equal(db_trie_merge(buf_span(&empty), &added, NULL, 0, &merged, NULL), -EILSEQ);
}

static void check_no_memory(const uint32_t *now)
{
	DEFER(sets_free) struct sets sets = {.now = now};
	DEFER(buf_free) struct buf before = {0}, all = {0};
	int code = -ENOMEM;

	make_sample(&sets);
	write_all(&sets.before, &before);
	write_all(&sets.all, &all);
	for (unsigned long n = 1; code < 0; n++) {
		DEFER(buf_free) struct buf merged = {0};
		struct err err = {0};

		mem_fail_at(n, 1);
		code = db_trie_merge(buf_span(&before), &sets.added, now, PRIORITIES, &merged,
				     &err);
		mem_fail_at(0, 0);
		if (code < 0)
			assert_int_equal(code, -ENOMEM);
		else
			expect_same(&merged, &all);
	}
}

static void test_no_memory(void **state)
{
	for (int i = 0; i < NOWS; i++)
		check_no_memory(all_nows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damaged),	    cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_other_order), cmocka_unit_test(test_gone_beside),
		cmocka_unit_test(test_too_deep),    cmocka_unit_test(test_priority),
		cmocka_unit_test(test_refused),	    cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
