/* SPDX-License-Identifier: GPL-2.0-only */
/* Word completion; complete.c says what a shell asks and gets. */
#ifndef LKM_CLI_COMPLETE_H
#define LKM_CLI_COMPLETE_H

struct cli_command;
struct cli_option;

/* The words of a command line behind "lkm"; the last is the one to complete. */
int cli_complete(int count, char *const *words);

struct complete {
	const struct cli_command *command;
	int count; /* of the words between the command and the one to complete */
	char *const *before;
	const char *word; /* the one to complete */
};

/* Prints PREFIX CANDIDATE SUFFIX without spaces, when the word can become that. */
void complete_offer(const char *prefix, const char *candidate, const char *suffix,
		    const char *word);
/* The option that the word before stands for, when it takes a value; or NULL. */
const struct cli_option *complete_awaited(const struct cli_command *command, const char *before);

/* complete_module.c: modules, and behind the word for one its parameters. */
void complete_module(const struct complete *complete);

#endif
