/* SPDX-License-Identifier: GPL-2.0-only */
/* Patterns of aliases, as fnmatch(3) has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fnmatch.h>

#include "db/store.h"

static const char *pick(const char *const *words, size_t n, unsigned int *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return words[(*seed >> 16) % n];
}

static void make_word(char *out, const char *const *words, size_t n, unsigned int *seed)
{
	static const char *const lengths[] = {"", "1", "12", "123", "1234", "12345"};
	size_t length = strlen(pick(lengths, 6, seed));

	for (*out = 0; length; length--)
		strcat(out, pick(words, n, seed));
}

/* Random patterns against random words, compared with fnmatch(3). */
static void test_like_fnmatch(void **state)
{
	static const char *const parts[] = {"a",    "b",    "*",      "?",	 "[ab]", "[!a-b]",
					    "[^b]", "[]a]", "[a-]",   "[b-a]",	 "\\*",	 "\\a",
					    "[",    "]",    "[\\]a]", "[a\\-b]", "\\",	 "[!]"};
	static const char *const letters[] = {"a", "b", "c", "]", "[", "*", "\\", "-", "!"};
	unsigned int seed = 1, matches = 0;

	for (int i = 0; i < 300000; i++) {
		char pattern[64], text[16];
		bool expected;

		make_word(pattern, parts, sizeof(parts) / sizeof(parts[0]), &seed);
		make_word(text, letters, sizeof(letters) / sizeof(letters[0]), &seed);
		expected = fnmatch(pattern, text, 0) == 0;
		matches += expected;
		if (db_alias_match(span_text(pattern), span_text(text)) != expected)
			fail_msg("'%s' and '%s': fnmatch says %d", pattern, text, expected);
	}
	assert_true(matches > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_fnmatch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
