/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting keys into an index that is there, and taking values out of it: the bytes are those of
 * writing all that is in it then at once, which tests/depmod compares with kmod's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "db/trie.h"

enum { PRIORITIES = 8, ROUNDS = 20000, KEY_SIZE = 4096 };

static const uint32_t next_place[PRIORITIES] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint32_t some_gone[PRIORITIES] = {0, DB_TRIE_GONE, 1, 2, DB_TRIE_GONE, 3, 4, 5};
static const uint32_t *const all_nows[] = {NULL, next_place, some_gone};
enum { NOWS = sizeof(all_nows) / sizeof(all_nows[0]) };

/* Always the same numbers. */
static unsigned int below(unsigned int n)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(state >> 33) % n;
}

static void write_all(struct db_trie *trie, struct buf *out)
{
	assert_int_equal(db_trie_write(trie, out, NULL), 0);
}

static void add(struct db_trie *trie, const char *key, const char *value, uint32_t priority)
{
	assert_int_equal(db_trie_add(trie, span_text(key), span_text(value), priority, NULL), 0);
}

static void expect_same(const struct buf *one, const struct buf *two)
{
	assert_int_equal(one->n, two->n);
	assert_memory_equal(one->p, two->p, one->n);
}

/* Two sets of keys; now: the priorities that those of the first have in the end, if they are still
 * there, or NULL. */
struct sets {
	struct db_trie before, added, all;
	const uint32_t *now;
};

static void sets_free(struct sets *sets)
{
	db_trie_free(&sets->before);
	db_trie_free(&sets->added);
	db_trie_free(&sets->all);
}

static void add_before(struct sets *sets, const char *key, const char *value, uint32_t priority)
{
	uint32_t now = sets->now ? sets->now[priority] : priority;

	add(&sets->before, key, value, priority);
	if (now != DB_TRIE_GONE)
		add(&sets->all, key, value, now);
}

static void add_later(struct sets *sets, const char *key, const char *value, uint32_t priority)
{
	add(&sets->added, key, value, priority);
	add(&sets->all, key, value, priority);
}

static void check(struct sets *sets)
{
	DEFER(buf_free) struct buf before = {0}, merged = {0}, all = {0};
	struct err err = {0};

	write_all(&sets->before, &before);
	write_all(&sets->all, &all);
	assert_int_equal(db_trie_merge(buf_span(&before), &sets->added, sets->now, PRIORITIES,
				       &merged, &err),
			 0);
	expect_same(&merged, &all);
}

/* Of few letters, so that keys share much, end in each other and part everywhere. */
static const char *random_key(unsigned int letters, unsigned int longest)
{
	static char key[KEY_SIZE];
	unsigned int length = below(longest + 1);

	for (unsigned int i = 0; i < length; i++)
		key[i] = (char)('a' + (letters == 26 ? below(letters) : below(letters) * 3));
	key[length] = 0;
	return key;
}

static void test_random(void **state)
{
	static const char *const values[] = {"", "one", "another_one", "module"};
	uint32_t now[PRIORITIES];

	for (int round = 0; round < ROUNDS; round++) {
		DEFER(arena_freep) struct arena *arena = arena_new();
		DEFER(sets_free) struct sets sets = {.now = round % 2 ? now : NULL};
		unsigned int letters = 1 + below(4), longest = below(9), n = below(40);

		for (unsigned int i = 0; i < PRIORITIES; i++)
			now[i] = (i ? now[i - 1] + 1 : 0) + (round % 4 == 1 ? below(3) : 0);
		for (unsigned int i = 0; i < n; i++)
			add_before(&sets, arena_strdup(arena, random_key(letters, longest)),
				   values[below(4)], below(PRIORITIES));
		n = below(10);
		for (unsigned int i = 0; i < n; i++)
			add_later(&sets, arena_strdup(arena, random_key(letters, longest)),
				  values[below(4)], below(2 * PRIORITIES));
		check(&sets);
	}
}

/* Of each n priorities, one is gone. */
static void fill_now(uint32_t now[PRIORITIES], unsigned int n)
{
	for (unsigned int i = 0; i < PRIORITIES; i++)
		now[i] = below(n) ? i : DB_TRIE_GONE;
}

/* From almost none to almost all. */
static void test_random_gone(void **state)
{
	uint32_t now[PRIORITIES];

	for (int round = 0; round < ROUNDS; round++) {
		DEFER(arena_freep) struct arena *arena = arena_new();
		DEFER(sets_free) struct sets sets = {.now = now};
		unsigned int letters = 1 + below(4), longest = below(9), n = below(40);

		fill_now(now, 1 + below(PRIORITIES));
		for (unsigned int i = 0; i < n; i++)
			add_before(&sets, arena_strdup(arena, random_key(letters, longest)),
				   "module", below(PRIORITIES));
		n = below(5);
		for (unsigned int i = 0; i < n; i++)
			add_later(&sets, arena_strdup(arena, random_key(letters, longest)),
				  "module", below(PRIORITIES));
		check(&sets);
	}
}

/* Thousands, of which some share thousands of bytes. */
static void test_many(void **state)
{
	DEFER(arena_freep) struct arena *arena = arena_new();
	DEFER(sets_free) struct sets sets = {0};
	char *key;

	for (unsigned int i = 0; i < 6000; i++) {
		key = arena_strdup(arena, random_key(26, i % 50 ? 20 : KEY_SIZE - 1));
		if (i % 3)
			add_before(&sets, key, "module", i);
		else
			add_later(&sets, key, "module", i);
		if (i % 100 == 0) {
			key = arena_strdup(arena, key);
			memset(key + strlen(key) / 2, 'z', strlen(key) - strlen(key) / 2);
			add_before(&sets, key, "module", i);
		}
	}
	check(&sets);
}

/* Each node is on the way to the longest key, and a new one parts from each. */
static void check_deep(const uint32_t *now, size_t step)
{
	DEFER(arena_freep) struct arena *arena = arena_new();
	DEFER(sets_free) struct sets sets = {.now = now};
	char key[KEY_SIZE];

	memset(key, 'a', sizeof(key));
	key[sizeof(key) - 1] = 0;
	for (size_t n = 0; n < sizeof(key); n += step)
		add_before(&sets, arena_strndup(arena, key, n), "module", n % PRIORITIES);
	for (size_t n = 1; n < sizeof(key); n += 16) {
		add_later(&sets, arena_strndup(arena, key, n), "module", 1);
		key[n] = '-';
		add_later(&sets, arena_strndup(arena, key, n + 3), "module", 1);
		key[n] = 'a';
	}
	check(&sets);
}

static void test_deep(void **state)
{
	static const uint32_t gone[] = {0, DB_TRIE_GONE, 1, 2, 3, DB_TRIE_GONE, DB_TRIE_GONE, 4};

	check_deep(NULL, 2);
	check_deep(gone, 1);
}

static void test_by_hand(void **state)
{
	static const char *const keys[][3] = {
		{"", "", ""},	     {"b", "a", "c"},	   {"abc", "ab", "abcd"},
		{"abc", "abd", "b"}, {"ab", "abc", "abd"}, {"zz", "zz", "zz"},
	};
	static const size_t n = sizeof(keys) / sizeof(keys[0]);

	for (size_t i = 0; i < n; i++)
		for (int before = 0; before <= 3; before++) {
			DEFER(sets_free) struct sets sets = {0};

			for (int at = 0; at < before; at++)
				add_before(&sets, keys[i][at], "v", 1);
			for (int at = before; at < 3; at++)
				add_later(&sets, keys[i][at], "w", 1);
			check(&sets);
		}
}

/* A bit of drops tells whether the value of that priority is gone; priorities are places in keys.
 */
static void check_gone(const char *const *keys, size_t n, unsigned int drops)
{
	DEFER(sets_free) struct sets sets = {0};
	uint32_t now[PRIORITIES];

	for (uint32_t i = 0; i < PRIORITIES; i++)
		now[i] = drops >> i & 1 ? DB_TRIE_GONE : i;
	sets.now = now;
	for (uint32_t i = 0; i < n; i++)
		add_before(&sets, keys[i], i % 2 ? "" : "module", i);
	check(&sets);
}

/* All of it, nothing, and any part. */
static void test_gone_by_hand(void **state)
{
	static const char *const keys[][PRIORITIES] = {
		/* keys that end in others, down to the root's */
		{"", "a", "ab", "abc", "abcd", "abcdef", "abcdefgh", "abcdefghi"},
		/* tables that become shorter at either end, or have holes */
		{"b", "d", "f", "h", "ma", "mc", "me", "mg"},
		/* nodes that become one with what is left below them */
		{"pci:v1d2", "pci:v1d3", "pci:v2d1", "pci:v2d", "pci:", "usb:v1*", "usb:v2*", "x"},
		/* several values of a key */
		{"abc", "abc", "abc", "abd", "abd", "a", "", ""},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (unsigned int drops = 0; drops < 1 << PRIORITIES; drops++)
			check_gone(keys[i], PRIORITIES, drops);
}

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
		cmocka_unit_test(test_random),	     cmocka_unit_test(test_random_gone),
		cmocka_unit_test(test_gone_by_hand), cmocka_unit_test(test_many),
		cmocka_unit_test(test_deep),	     cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_damaged),	     cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_other_order),  cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_priority),     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
