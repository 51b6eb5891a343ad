/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding a command, starting it, and saying what is wrong. */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/similar.h"
#include "cli/option.h"
#include "cli/output.h"

const struct cli_command *cli_find(const struct cli_command *parent, const char *name)
{
	for (const struct cli_command *const *c = parent->children; c && *c; c++) {
		if (strcmp((*c)->name, name) == 0)
			return *c;
	}
	return NULL;
}

/* Some type "version" and "help" as commands, and some as options. */
static const char *near_option(const struct cli_command *command, const char *name)
{
	struct similar similar = {.wanted = name + strspn(name, "-")};

	similar_offer(&similar, "help");
	for (const struct cli_option *o = command->options; o && o->name; o++)
		similar_offer(&similar, o->name);
	return similar.best;
}

static int no_option(const struct cli_command *command, const char *name)
{
	const char *near = near_option(command, name);

	if (near)
		return cli_usage(command, "there is no option %s here; did you mean --%s?", name,
				 near);
	return cli_usage(command, "there is no option %s here; a command comes first", name);
}

int cli_unknown(const struct cli_command *parent, const char *name)
{
	struct similar similar = {.wanted = name};
	DEFER(buf_free) struct buf names = {0};

	for (const struct cli_option *o = parent->options; o && o->name; o++)
		if (strcmp(o->name, name) == 0)
			return cli_usage(parent, "there is no command '%s'; it is an option: --%s",
					 name, name);
	for (const struct cli_command *const *c = parent->children; c && *c; c++) {
		similar_offer(&similar, (*c)->name);
		buf_format(&names, "%s%s", names.n ? ", " : "; there are ", (*c)->name);
	}
	if (similar.best)
		return cli_usage(parent, "there is no command '%s'; did you mean '%s'?", name,
				 similar.best);
	return cli_usage(parent, "there is no command '%s'%s", name, buf_string(&names));
}

int cli_dispatch(const struct cli_command *command, int argc, char **argv)
{
	const struct cli_command *child;

	if (argc < 2) {
		cli_option_help(command, stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
		cli_option_help(command, stdout);
		return cli_end(command, CLI_OK);
	}
	if (argv[1][0] == '-')
		return no_option(command, argv[1]);
	child = cli_find(command, argv[1]);
	if (!child)
		return cli_unknown(command, argv[1]);
	return child->run ? cli_end(child, child->run(argc - 1, argv + 1))
			  : cli_dispatch(child, argc - 1, argv + 1);
}

bool cli_run_tool(const struct cli_command *const *tools, int argc, char **argv, int *status)
{
	const char *slash = argc ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc ? argv[0] : "";

	for (; *tools; tools++)
		if (strcmp((*tools)->name, name) == 0) {
			*status = cli_end(*tools, (*tools)->run(argc, argv));
			return true;
		}
	return false;
}

int cli_end(const struct cli_command *command, int status)
{
	if (output_end())
		return status;
	output_error(command->full_name, "standard output cannot be written to");
	return command->usage_status ? command->usage_status : CLI_UNAVAILABLE;
}

bool cli_begin(const struct cli_command *command, int argc, char **argv, void *values,
	       char ***operands, int *status)
{
	struct err err = {0};

	switch (cli_option_parse(command, argc, argv, values, operands, &err)) {
	case CLI_PARSED:
		return true;
	case CLI_ASKED_HELP:
		cli_option_help(command, stdout);
		*status = CLI_OK;
		return false;
	default:
		*status = cli_usage(command, "%s", err.text);
		return false;
	}
}

int cli_fail(const struct cli_command *command, enum cli_exit status, const struct err *err)
{
	output_error(command->full_name, "%s", err->text);
	return status;
}

int cli_no_memory(const struct cli_command *command)
{
	struct err err = {0};

	err_no_memory(&err);
	return cli_fail(command, CLI_UNAVAILABLE, &err);
}

int cli_usage(const struct cli_command *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	output_verror(command->full_name, format, args);
	va_end(args);
	fprintf(stderr, "Try '%s --help'.\n", command->full_name);
	return command->usage_status ? command->usage_status : CLI_USAGE;
}
