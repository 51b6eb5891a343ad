/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting keys into an index that is there, and taking values out of it: the bytes are those of
 * writing all that is in it then at once, which tests/depmod compares with kmod's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "trie_sets.h"

enum { ROUNDS = 20000, KEY_SIZE = 4096 };

/* Always the same numbers. */
static unsigned int below(unsigned int n)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(state >> 33) % n;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),	cmocka_unit_test(test_random_gone),
		cmocka_unit_test(test_many),	cmocka_unit_test(test_deep),
		cmocka_unit_test(test_by_hand), cmocka_unit_test(test_gone_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
