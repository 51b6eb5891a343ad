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
		{"sleep x", {NULL}, "sleep takes a number of seconds, not 'x'"},
		{"sleep -1", {NULL}, "sleep takes a number of seconds, not '-1'"},
		{"ioctl /x get", {NULL}, "'get' is no number of an ioctl request, such as 0x5401"},
		{"ioctl /x 1 0",
		 {NULL},
		 "'0' is no row of bytes: two hexadecimal digits for each, such as 01ff"},
		{"mmap /x -1 8", {NULL}, "'-1' is no offset in a file, such as 4096"},
		{"mmap /x 0 all", {NULL}, "'all' is no number of bytes, such as 4096"},
		{"mmap /x 0 1 0102",
		 {NULL},
		 "mmap maps up to 16777216 bytes, and at least those it stores"},
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

static void numbers_of_commands(void **state)
{
	static const struct {
		const char *text;
		uint64_t numbers[2];
		size_t bytes;
	} cases[] = {
		{"sleep 0.25", {250000000}, 0},
		{"ioctl /x 0x10", {16}, 0},
		{"ioctl /x 7 00ff", {7}, 2},
		{"mmap /x 4096 0x10 01", {4096, 16}, 1},
	};
	DEFER(arena_freep) struct arena *arena = arena_new();
	struct run run = {.arena = arena};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run_command command = {0};

		assert_int_equal(run_command_parse(&run, cases[i].text, &command, NULL), 0);
		assert_memory_equal(command.numbers, cases[i].numbers, sizeof(command.numbers));
		assert_int_equal(command.bytes.n, cases[i].bytes);
	}
}

static void a_module_that_is_not_there(void **state)
{
	DEFER(arena_freep) struct arena *arena = arena_new();
	struct run run = {.arena = arena};
	struct run_command command = {0};

	assert_int_equal(run_command_parse(&run, "insmod /dev/null/x.ko", &command, NULL),
			 -ENOTDIR);
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
		cmocka_unit_test(numbers_of_commands),
		cmocka_unit_test(a_module_that_is_not_there),
		cmocka_unit_test(names_of_errors),
	};

	return cmocka_run_group_tests_name("run-words", tests, NULL, NULL);
}
