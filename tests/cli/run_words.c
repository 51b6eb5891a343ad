/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of lkm run: commands as they are typed, errnos as they are shown. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/run.h"

static void words_of_commands(void **state)
{
	static const struct {
		const char *text;
		const char *words[4];
		const char *wrong;
	} cases[] = {
		{"cat /proc/x", {"/proc/x"}, NULL},
		{"  cat\t'/proc/a b' ", {"/proc/a b"}, NULL},
		{"write /x a\\ b \"c d\" ''", {"/x", "a b", "c d", ""}, NULL},
		{"write /x a\\n'\\n'", {"/x", "a\\n\\n"}, NULL},
		{"cat", {NULL}, "'cat' is not complete or has too much; it is: cat PATH"},
		{"cat a b", {NULL}, "'cat a b' is not complete or has too much; it is: cat PATH"},
		{"cta a", {NULL}, "there is no command 'cta'; did you mean 'cat'?"},
		{"cat 'a", {NULL}, "the quote ' is not closed"},
		{" ", {NULL}, "a command is empty"},
	};
	DEFER(arena_freep) struct arena *arena = arena_new();
	struct run run = {.arena = arena};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run_command command = {0};
		struct err err = {0};
		int rc = run_command_parse(&run, cases[i].text, &command, &err);

		if (cases[i].wrong) {
			assert_int_equal(rc, -EINVAL);
			assert_string_equal(err.text, cases[i].wrong);
			continue;
		}
		assert_int_equal(rc, 0);
		for (size_t k = 0; k < command.count; k++)
			assert_string_equal(command.words[k], cases[i].words[k]);
		assert_true(command.count == 4 || !cases[i].words[command.count]);
	}
}

static void names_of_errors(void **state)
{
	char space[16];

	assert_string_equal(run_errno_name(2, space, sizeof(space)), "ENOENT");
	assert_string_equal(run_errno_name(524, space, sizeof(space)), "ENOTSUPP");
	assert_string_equal(run_errno_name(517, space, sizeof(space)), "EPROBE_DEFER");
	assert_string_equal(run_errno_name(4000, space, sizeof(space)), "4000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_commands),
		cmocka_unit_test(names_of_errors),
	};

	return cmocka_run_group_tests_name("run-words", tests, NULL, NULL);
}
