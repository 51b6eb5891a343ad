/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options as data. One table per command; its last row is {0}.
 *
 *	static const struct cli_option options[] = {
 *		{'k', "kernel", "KERNEL", OPTION_TEXT(struct ls_options, kernel), "which kernel"},
 *		{'n', "dry-run", NULL, OPTION_FLAG(struct ls_options, dry_run), "do nothing"},
 *		{0}};
 *
 * The usual forms are understood: -k X, -kX, -nk X, --kernel X, --kernel=X, unambiguous beginnings
 * (--ker), "--" in front of operands that begin with a dash. -h and --help need no row.
 */
#ifndef LKM_CLI_OPTION_H
#define LKM_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/vec.h"

enum cli_option_kind {
	CLI_FLAG,    /* bool */
	CLI_LAST,    /* bool; what is behind it is not looked at */
	CLI_TEXT,    /* const char *; the last one counts */
	CLI_NAME,    /* const char *, the option's own name; for several with one target */
	CLI_LIST,    /* struct cli_list, all of them in order */
	CLI_COUNT,   /* unsigned int, how often it was given */
	CLI_SECONDS, /* unsigned int milliseconds, given as seconds ("0.5", "30") */
};

struct cli_list {
	const char **p;
	size_t n, size;
};
void cli_list_free(struct cli_list *list); /* serves as DEFER destructor */
/* Puts a NULL behind a list that is not empty, which counts; false: out of memory. */
bool cli_list_end(struct cli_list *list);

struct cli_option {
	char letter; /* 0: none */
	const char *name;
	const char *argument; /* name of the value, NULL for a flag */
	enum cli_option_kind kind;
	size_t offset; /* of the target in the command's struct */
	const char *help;
	bool whole; /* its name has no abbreviations: those of other options stay what they are */
};

#define OPTION_TARGET(kind, type, member, expected)                                                \
	kind, offsetof(type, member) + 0 * sizeof((expected *)0 == &((type *)0)->member)
#define OPTION_FLAG(type, member) OPTION_TARGET(CLI_FLAG, type, member, bool)
#define OPTION_LAST(type, member) OPTION_TARGET(CLI_LAST, type, member, bool)
#define OPTION_TEXT(type, member) OPTION_TARGET(CLI_TEXT, type, member, const char *)
#define OPTION_NAME(type, member) OPTION_TARGET(CLI_NAME, type, member, const char *)
#define OPTION_LIST(type, member) OPTION_TARGET(CLI_LIST, type, member, struct cli_list)
#define OPTION_COUNT(type, member) OPTION_TARGET(CLI_COUNT, type, member, unsigned int)
#define OPTION_SECONDS(type, member) OPTION_TARGET(CLI_SECONDS, type, member, unsigned int)

struct cli_command;

enum cli_parsed { CLI_PARSED, CLI_ASKED_HELP, CLI_WRONG };

/* argv is reordered: the operands end up together at *operands, NULL behind the last. err tells
 * what is wrong, with the name that was probably meant. */
enum cli_parsed cli_option_parse(const struct cli_command *command, int argc, char **argv,
				 void *values, char ***operands, struct err *err);

/* The help text of a command: synopsis, summary, options or children, details. */
void cli_option_help(const struct cli_command *command, FILE *out);

#endif
