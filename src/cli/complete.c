/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lkm --complete WORD...: what the last word can become, one per line; for completions/lkm.bash.
 * Nothing where a file belongs, which the shell knows better. The tables of the commands are all
 * there is to know.
 */
#include "cli/complete.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/option.h"
#include "image/catalogue.h"

static void offer(const char *prefix, const char *candidate, const char *word)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s%s", prefix, candidate);
	if (strncmp(whole, word, strlen(word)) == 0)
		puts(whole);
}

static void offer_kernels(const char *word)
{
	DEFER(kernel_list_free) struct kernel_list kernels = {0};

	if (catalogue_list(&kernels, NULL) < 0)
		return;
	vec_foreach (&kernels, kernel)
		offer("", (*kernel)->release, word);
}

static void offer_options(const struct cli_command *command, const char *word)
{
	for (const struct cli_option *o = command->options; o && o->name; o++)
		offer("--", o->name, word);
	offer("--", "help", word);
}

static void offer_children(const struct cli_command *command, const char *word)
{
	for (const struct cli_command *const *c = command->children; c && *c; c++)
		offer("", (*c)->name, word);
}

/* The option that the word before stands for, when it takes a value. */
static const struct cli_option *awaited(const struct cli_command *command, const char *before)
{
	bool is_long = before[0] == '-' && before[1] == '-';

	for (const struct cli_option *o = command->options; o && o->name; o++) {
		bool is_it = is_long ? strcmp(before + 2, o->name) == 0
				     : before[0] == '-' && o->letter && before[1] == o->letter &&
					       !before[2];

		if (is_it && o->argument)
			return o;
	}
	return NULL;
}

static bool takes_kernel(const struct cli_command *command, const struct cli_option *option)
{
	return option ? strcmp(option->argument, "KERNEL") == 0
		      : strncmp(command->operands, "KERNEL", 6) == 0 ||
				strncmp(command->operands, "RELEASE", 7) == 0;
}

int cli_complete(int count, char *const *words)
{
	const struct cli_command *command = &cli_lkm;
	const struct cli_option *option;
	const char *word;

	if (!count)
		return CLI_OK;
	word = words[count - 1];
	for (int i = 0; i < count - 1; i++) {
		const struct cli_command *child = cli_find(command, words[i]);

		command = child ? child : command;
	}
	option = count > 1 ? awaited(command, words[count - 2]) : NULL;
	if (takes_kernel(command, option))
		offer_kernels(word);
	if (!option && word[0] == '-')
		offer_options(command, word);
	else if (!option)
		offer_children(command == &cli_help ? &cli_lkm : command, word);
	return CLI_OK;
}
