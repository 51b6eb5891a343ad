/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lkm --complete WORD...: what the last word can become, one per line; for the shells' scripts in
 * completions. Nothing where a file belongs, which the shell knows better. Commands and options
 * come from the tables of the commands; complete_module.c has modules and their parameters.
 */
#include "cli/complete.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/option.h"
#include "image/catalogue.h"

void complete_offer(const char *prefix, const char *candidate, const char *suffix, const char *word)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s%s%s", prefix, candidate, suffix);
	if (strncmp(whole, word, strlen(word)) == 0)
		puts(whole);
}

static void offer_kernels(const char *word)
{
	DEFER(kernel_list_free) struct kernel_list kernels = {0};

	if (catalogue_list(&kernels, NULL) < 0)
		return;
	vec_foreach (&kernels, kernel)
		complete_offer("", (*kernel)->release, "", word);
}

static void offer_options(const struct cli_command *command, const char *word)
{
	for (const struct cli_option *o = command->options; o && o->name; o++)
		complete_offer("--", o->name, "", word);
	complete_offer("--", "help", "", word);
}

static void offer_children(const struct cli_command *command, const char *word)
{
	for (const struct cli_command *const *c = command->children; c && *c; c++)
		complete_offer("", (*c)->name, "", word);
}

const struct cli_option *complete_awaited(const struct cli_command *command, const char *before)
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
	struct complete complete = {&cli_lkm, count - 1, words, words[count ? count - 1 : 0]};
	const struct cli_option *option;

	if (!count)
		return CLI_OK;
	for (const struct cli_command *child;
	     complete.count && (child = cli_find(complete.command, complete.before[0]));
	     complete.count--, complete.before++)
		complete.command = child;
	option = complete.count
			 ? complete_awaited(complete.command, complete.before[complete.count - 1])
			 : NULL;
	if (takes_kernel(complete.command, option))
		offer_kernels(complete.word);
	if (!option && complete.word[0] == '-') {
		offer_options(complete.command, complete.word);
	} else if (!option) {
		offer_children(complete.command == &cli_help ? &cli_lkm : complete.command,
			       complete.word);
		complete_module(&complete);
	}
	return CLI_OK;
}
