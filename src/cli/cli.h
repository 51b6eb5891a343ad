/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of src/cli share: commands as data, exit codes, and the way a command starts.
 *
 * A command is one const struct cli_command in a file of its own, listed in main.c (or, for
 * "lkm kernel ls", in the table of its parent). Everything that tells about it is taken from there:
 * the parser, "--help", "lkm help", the word completion.
 */
#ifndef LKM_CLI_CLI_H
#define LKM_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum cli_exit {
	CLI_OK = 0,	     /* it worked */
	CLI_REFUSED = 1,     /* the kernel refuses the module, or its init failed */
	CLI_USAGE = 2,	     /* wrong usage */
	CLI_MISBEHAVED = 3,  /* oops, BUG, WARN, leak, hang */
	CLI_UNAVAILABLE = 4, /* not possible here: kernel missing or not supported, no engine */
};

struct cli_option;

struct cli_command {
	const char *name;      /* as typed: "run" */
	const char *full_name; /* as shown: "lkm kernel ls" */
	const char *operands;  /* synopsis behind the options: "MODULE [PARAM=VALUE...]", or "" */
	const char *summary;   /* one line, no full stop */
	const char *details;   /* more help, shown below the options; NULL: none */
	int usage_status;      /* when the usage is wrong; 0: CLI_USAGE */
	const struct cli_option *options; /* up to one without long name; NULL: none */
	bool options_first; /* options end at the first operand, which may be another's command line
			     */

	/* argv[0] is the command's name. Returns the exit status. NULL for one that only has
	 * children. */
	int (*run)(int argc, char **argv);
	const struct cli_command *const *children; /* up to NULL; NULL: none */
};

/* Runs the child that argv[1] names, or shows help or what is wrong. */
int cli_dispatch(const struct cli_command *command, int argc, char **argv);

/* Runs the tool that has this name, when the program was started by it (a link), and returns true;
 * *status is its exit status. */
bool cli_run_tool(const struct cli_command *const *tools, int argc, char **argv, int *status);

/* Exact name, or NULL. */
const struct cli_command *cli_find(const struct cli_command *parent, const char *name);

/* The last thing: status, or another and a sentence when what was printed did not all arrive. */
int cli_end(const struct cli_command *command, int status);

/* The first thing a command does: options into the struct its table was written for, operands
 * into *operands (NULL-terminated, points into argv). Returns true to go on; false when help was
 * asked for or the usage is wrong: everything is said then, and *status is the exit status. */
bool cli_begin(const struct cli_command *command, int argc, char **argv, void *values,
	       char ***operands, int *status);

/* Says what is wrong, with the command's name in front, and returns status. */
int cli_fail(const struct cli_command *command, enum cli_exit status, const struct err *err);
int cli_no_memory(const struct cli_command *command); /* CLI_UNAVAILABLE */
/* The same for wrong usage, found by the command itself; points to --help. */
int cli_unknown(const struct cli_command *parent, const char *name); /* no child has this name */
int cli_usage(const struct cli_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

extern const struct cli_command cli_lkm; /* the root of the tree */
extern const struct cli_command cli_check;
extern const struct cli_command cli_run;
extern const struct cli_command cli_depmod;
extern const struct cli_command cli_help;
extern const struct cli_command cli_insmod;
extern const struct cli_command cli_kernel;
extern const struct cli_command cli_sign;
extern const struct cli_command cli_verify;
extern const struct cli_command cli_modprobe;
extern const struct cli_command cli_rmmod;
extern const struct cli_command cli_kmod;
extern const struct cli_command cli_lsmod;
extern const struct cli_command cli_modinfo;

#endif
