/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/similar.h"
#include "cli/cli.h"
#include "cli/option.h"

struct values {
	bool keep, json, version, jump;
	const char *kernel;
	struct cli_list commands;
	unsigned int timeout;
};

static const struct cli_option options[] = {
	{'k', "kernel", "KERNEL", OPTION_TEXT(struct values, kernel), "which"},
	{'c', "command", "COMMAND", OPTION_LIST(struct values, commands), "do it"},
	{0, "keep", NULL, OPTION_FLAG(struct values, keep), "keep it"},
	{'j', "json", NULL, OPTION_FLAG(struct values, json), "as JSON"},
	{'V', "version", NULL, OPTION_LAST(struct values, version), "show it"},
	{0, "jump", NULL, OPTION_FLAG(struct values, jump), "of ours alone", .whole = true},
	{'t', "timeout", "SECONDS", OPTION_SECONDS(struct values, timeout), "limit"},
	{0},
};

static const struct cli_command command = {
	.name = "try",
	.full_name = "lkm try",
	.operands = "MODULE",
	.summary = "Try",
	.options = options,
};

/* One case: the words, then what is expected. */
struct fixture {
	struct values values;
	struct err err;
	char text[256];
	char *argv[16];
	char **operands;
	enum cli_parsed parsed;
};

static void parse(struct fixture *f, const struct cli_command *of, const char *line)
{
	int argc = 1;

	cli_list_free(&f->values.commands);
	memset(f, 0, sizeof(*f));
	strcpy(f->text, line);
	f->argv[0] = f->text + sizeof(f->text) - 1;
	for (char *word = strtok(f->text, " "); word; word = strtok(NULL, " "))
		f->argv[argc++] = word;
	f->parsed = cli_option_parse(of, argc, f->argv, &f->values, &f->operands, &f->err);
}

static void forms_of_options(void **state)
{
	static const char *const lines[] = {
		"-k 6.1 m.ko",	  "-k6.1 m.ko",	  "--kernel 6.1 m.ko", "--kernel=6.1 m.ko",
		"m.ko --ker=6.1", "-jk 6.1 m.ko", "-jk6.1 -- m.ko",
	};
	struct fixture f = {0};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse(&f, &command, lines[i]);
		assert_int_equal(f.parsed, CLI_PARSED);
		assert_string_equal(f.values.kernel, "6.1");
		assert_string_equal(f.operands[0], "m.ko");
		assert_null(f.operands[1]);
	}
}

static void the_last_option_ends_the_line(void **state)
{
	static const char *const lines[] = {"-V --nonsense m.ko", "--vers -Z", "-jVZ", "-jV -Z"};
	struct fixture f = {0};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse(&f, &command, lines[i]);
		assert_int_equal(f.parsed, CLI_PARSED);
		assert_true(f.values.version);
		assert_null(f.operands[0]);
	}
}

static void a_whole_name_is_no_rival(void **state)
{
	struct fixture f = {0};

	parse(&f, &command, "--j m.ko");
	assert_int_equal(f.parsed, CLI_PARSED);
	assert_true(f.values.json && !f.values.jump);
	parse(&f, &command, "--jump m.ko");
	assert_true(f.values.jump);
	parse(&f, &command, "--jum m.ko");
	assert_int_equal(f.parsed, CLI_WRONG);
}

static void operands_and_lists_keep_their_order(void **state)
{
	struct fixture f = {0};

	parse(&f, &command, "m.ko -c one a=1 --command=two b=-2 --keep -- -c");
	assert_int_equal(f.parsed, CLI_PARSED);
	assert_int_equal(f.values.commands.n, 2);
	assert_string_equal(f.values.commands.p[0], "one");
	assert_string_equal(f.values.commands.p[1], "two");
	assert_true(f.values.keep);
	assert_false(f.values.json);
	assert_string_equal(f.operands[1], "a=1");
	assert_string_equal(f.operands[2], "b=-2");
	assert_string_equal(f.operands[3], "-c");
	assert_null(f.operands[4]);
	cli_list_free(&f.values.commands);
}

static void options_first(void **state)
{
	struct cli_command first = command;
	struct fixture f = {0};

	first.options_first = true;
	parse(&f, &first, "-k 6.1 make --jobs -j");
	assert_int_equal(f.parsed, CLI_PARSED);
	assert_string_equal(f.operands[1], "--jobs");
	assert_string_equal(f.operands[2], "-j");
	assert_false(f.values.json);
}

static void seconds(void **state)
{
	struct fixture f = {0};

	parse(&f, &command, "-t 0.25");
	assert_int_equal(f.values.timeout, 250);
	parse(&f, &command, "--timeout=30");
	assert_int_equal(f.values.timeout, 30000);
	for (const char *const *bad =
		     (const char *const[]){"-t x", "-t -1", "-t 1s", "-t nan", NULL};
	     *bad; bad++) {
		parse(&f, &command, *bad);
		assert_int_equal(f.parsed, CLI_WRONG);
	}
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
		{"--kernal 6.1", "unrecognized option '--kernal'; did you mean --kernel?"},
		{"--timoeut 1", "unrecognized option '--timoeut'; did you mean --timeout?"},
		{"--wurzelbrunft", "unrecognized option '--wurzelbrunft'"},
		{"-x", "invalid option -- 'x'"},
		{"-jx", "invalid option -- 'x'"},
		{"--ke", "option '--ke' is ambiguous: --kernel or --keep"},
		{"m.ko -k", "option requires an argument -- 'k': KERNEL"},
		{"--keep=yes", "option '--keep' doesn't allow an argument"},
	};
	struct fixture f = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(&f, &command, cases[i].line);
		assert_int_equal(f.parsed, CLI_WRONG);
		assert_string_equal(f.err.text, cases[i].text);
	}
}

static void help_is_always_there(void **state)
{
	static const char *const lines[] = {"-h", "--help", "m.ko --hel", "-jh"};
	struct fixture f = {0};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse(&f, &command, lines[i]);
		assert_int_equal(f.parsed, CLI_ASKED_HELP);
	}
}

static void distance_of_names(void **state)
{
	assert_int_equal(similar_distance("kitten", "sitting"), 3);
	assert_int_equal(similar_distance("abcd", "abdc"), 1);
	assert_int_equal(similar_distance("", "abc"), 3);
	assert_int_equal(similar_distance("snd-dummy", "SND_dummy"), 0);
}

static void best_of_names(void **state)
{
	struct similar similar = {.wanted = "numbr"}, far = {.wanted = "x"};

	similar_offer(&similar, "member");
	similar_offer(&similar, "number");
	similar_offer(&similar, "umber");
	assert_string_equal(similar.best, "number");
	similar_offer(&far, "y");
	assert_null(far.best);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_options),
		cmocka_unit_test(the_last_option_ends_the_line),
		cmocka_unit_test(a_whole_name_is_no_rival),
		cmocka_unit_test(operands_and_lists_keep_their_order),
		cmocka_unit_test(options_first),
		cmocka_unit_test(seconds),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(help_is_always_there),
		cmocka_unit_test(distance_of_names),
		cmocka_unit_test(best_of_names),
	};

	return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
