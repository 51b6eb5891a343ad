/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What "kmod list" shares with lsmod, and the commands below kmod.
 */
#ifndef LKM_CLI_KMOD_H
#define LKM_CLI_KMOD_H

#include "cli/cli.h"
#include "cli/option.h"

/* Lists the loaded modules as command does, whose options are cli_lsmod_options; speaker's name
 * stands in front of messages. */
extern const struct cli_option cli_lsmod_options[];
int cli_list_modules(const struct cli_command *command, const struct cli_command *speaker, int argc,
		     char **argv);

extern const struct cli_command cli_kmod_static_nodes;

#endif
