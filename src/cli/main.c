/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lkm COMMAND ...: the table of commands.
 *
 * The program may also be started by the name of one of the tools in by_name (a link to it); then
 * argv[0] is the command.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/option.h"
#include "cli/output.h"

static const struct cli_command *const commands[] = {
	&cli_run,     &cli_check,    &cli_sign,	  &cli_verify, &cli_kernel, &cli_depmod, &cli_lsmod,
	&cli_modinfo, &cli_modprobe, &cli_insmod, &cli_rmmod,  &cli_kmod,   &cli_help,	 NULL,
};

static const struct cli_command *const by_name[] = {
	&cli_depmod, &cli_lsmod, &cli_modinfo, &cli_modprobe,
	&cli_insmod, &cli_rmmod, &cli_kmod,    NULL,
};

/* Taken before a command is looked for; here to be listed. */
struct lkm_options {
	bool version;
};

static const struct cli_option options[] = {
	{'V', "version", NULL, OPTION_LAST(struct lkm_options, version), "show the version"}, {0}};

const struct cli_command cli_lkm = {
	.name = "lkm",
	.full_name = "lkm",
	.operands = "",
	.summary = "Run and inspect Linux kernel modules, on the distribution's own kernel",
	.details = "'lkm help COMMAND' explains a command.\n"
		   "\n"
		   "Exit status: 0 it worked; 1 the kernel refused the module or its init failed;\n"
		   "2 wrong usage; 3 the module misbehaved; 4 lkm cannot do this here.\n",
	.options = options,
	.children = commands,
};

int main(int argc, char **argv)
{
	int status;

	/* A limit on the size of files is an error of write(2), with a sentence, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	output_begin();
	if (cli_run_tool(by_name, argc, argv, &status))
		return status;
	if (argc >= 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
		puts("lkm " LKM_VERSION);
		return cli_end(&cli_lkm, CLI_OK);
	}
	if (argc >= 2 && strcmp(argv[1], "--complete") == 0)
		return cli_complete(argc - 2, argv + 2);
	return cli_dispatch(&cli_lkm, argc, argv);
}
