/* SPDX-License-Identifier: GPL-2.0-only */
/* kmod COMMAND: what kmod offers besides the tools that have names of their own. */
#include <stdio.h>
#include <string.h>

#include "cli/kmod.h"
#include "cli/tool.h"

static int list_run(int argc, char **argv);
static int help_run(int argc, char **argv);

static const struct cli_command kmod_list = {
	.name = "list",
	.full_name = "kmod list",
	.operands = "",
	.summary = "List the modules that are loaded",
	.options = cli_lsmod_options,
	.run = list_run,
	.usage_status = TOOL_FAILED,
};

static const struct cli_command kmod_help = {
	.name = "help",
	.full_name = "kmod help",
	.operands = "",
	.summary = "Show the commands",
	.run = help_run,
};

static const struct cli_command *const commands[] = {&kmod_help, &kmod_list, &cli_kmod_static_nodes,
						     NULL};

static int list_run(int argc, char **argv)
{
	return cli_list_modules(&kmod_list, &cli_kmod, argc, argv);
}

static int help_run(int argc, char **argv)
{
	cli_option_help(&cli_kmod, stdout);
	return 0;
}

/* Long options may be cut short, as everywhere. */
static bool is_option(const char *word, char letter, const char *name)
{
	size_t length = strlen(word);

	return (word[0] == '-' && word[1] == letter && !word[2]) ||
	       (length > 2 && strncmp(word, "--", 2) == 0 &&
		strncmp(word + 2, name, length - 2) == 0);
}

static int no_option(const char *word)
{
	return word[1] == '-' ? cli_usage(&cli_kmod, "unrecognized option '%s'", word)
			      : cli_usage(&cli_kmod, "invalid option -- '%c'", word[1]);
}

static int kmod_run(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct cli_command *command = word ? cli_find(&cli_kmod, word) : NULL;

	if (command)
		return command->run(argc - 1, argv + 1);
	if (word && is_option(word, 'h', "help"))
		return help_run(argc, argv);
	if (word && is_option(word, 'V', "version")) {
		tool_version();
		return 0;
	}
	if (word && strcmp(word, "--") == 0)
		word = NULL;
	if (word && word[0] == '-' && word[1])
		return no_option(word);
	if (word)
		fprintf(stderr, "invalid command '%s'\n", word);
	else
		fputs("missing command\n", stderr);
	help_run(argc, argv);
	return TOOL_FAILED;
}

struct kmod_options {
	bool version;
};

static const struct cli_option table[] = {
	{'V', "version", NULL, OPTION_LAST(struct kmod_options, version), "show the version"}, {0}};

const struct cli_command cli_kmod = {
	.name = "kmod",
	.full_name = "kmod",
	.operands = "",
	.summary = "What kmod offers besides lsmod, modinfo, depmod and the like",
	.options = table,
	.run = kmod_run,
	.children = commands,
	.usage_status = TOOL_FAILED,
};
