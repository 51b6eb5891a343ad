/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm help [COMMAND...] */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/option.h"

struct help_options {
	char none;
};

static int help_run(int argc, char **argv)
{
	struct help_options options = {0};
	const struct cli_command *command = &cli_lkm, *child;
	char **operands;
	int status;

	if (!cli_begin(&cli_help, argc, argv, &options, &operands, &status))
		return status;
	for (; *operands; operands++) {
		child = cli_find(command, *operands);
		if (!child)
			return cli_unknown(command, *operands);
		command = child;
	}
	cli_option_help(command, stdout);
	return CLI_OK;
}

const struct cli_command cli_help = {
	.name = "help",
	.full_name = "lkm help",
	.operands = "[COMMAND...]",
	.summary = "Explain a command",
	.run = help_run,
};
