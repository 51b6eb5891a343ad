/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tools that people know from kmod share: depmod and its like, as "lkm depmod" or by a
 * link of that name. They keep kmod's manners: status 0 or 1, and messages "NAME: LEVEL: text" on
 * standard error, of which -v shows more and -s makes entries of the system's log.
 */
#ifndef LKM_CLI_TOOL_H
#define LKM_CLI_TOOL_H

#include "cli/cli.h"
#include "cli/option.h"
#include "db/say.h"

enum { TOOL_FAILED = 1 };
enum tool_level { TOOL_NOTHING, TOOL_FATAL, TOOL_ERROR, TOOL_WARNING, TOOL_NOTICE, TOOL_INFO };

struct tool {
	const struct cli_command *command;
	enum tool_level shown; /* this level and those before it */
	bool syslog;	       /* to the system's log instead of standard error */
};
void tool_say(const struct tool *tool, enum tool_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
enum tool_level tool_level_of(enum db_level level); /* not of DB_NEEDS */

/* What the simpler ones have alike: their own options begin with these. */
struct tool_options {
	bool syslog, version;
	unsigned int verbose;
};
#define TOOL_OPTIONS                                                                               \
	{'s', "syslog", NULL, OPTION_FLAG(struct tool_options, syslog),                            \
	 "send messages to the system's log"},                                                     \
		{'v', "verbose", NULL, OPTION_COUNT(struct tool_options, verbose), "say more"},    \
	{                                                                                          \
		'V', "version", NULL, OPTION_LAST(struct tool_options, version),                   \
			"show the version"                                                         \
	}
/* Reads a command line, and does what these options ask for. False: that was all, with *status. */
bool tool_begin(struct tool *tool, const struct cli_command *command, int argc, char **argv,
		struct tool_options *options, char ***operands, int *status);

/* BASE/MODULEDIR/RELEASE, absolute also when base is not; NULL: out of memory. */
char *tool_release_dir(const char *base, const char *moduledir, const char *release);
/* The module that a file's name stands for, NULL: out of memory. */
char *tool_module_name(const char *path);

/* -V: the version of kmod that the tools act like, and what they can unpack. */
void tool_version(void);

#endif
