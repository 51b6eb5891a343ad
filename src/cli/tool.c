/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "ko/ko.h"

void tool_say(const struct tool *tool, enum tool_level level, const char *format, ...)
{
	static const struct {
		const char *name;
		int priority;
	} levels[] = {
		[TOOL_FATAL] = {"FATAL", LOG_CRIT},	   [TOOL_ERROR] = {"ERROR", LOG_ERR},
		[TOOL_WARNING] = {"WARNING", LOG_WARNING}, [TOOL_NOTICE] = {"NOTICE", LOG_NOTICE},
		[TOOL_INFO] = {"INFO", LOG_INFO},
	};
	DEFER(buf_free) struct buf text = {0};
	va_list args;

	if (level > tool->shown)
		return;
	va_start(args, format);
	buf_vformat(&text, format, args);
	va_end(args);
	if (tool->syslog) {
		openlog(tool->command->name, LOG_CONS, LOG_DAEMON);
		syslog(levels[level].priority, "%s: %s", levels[level].name, buf_string(&text));
		return;
	}
	fflush(stdout);
	fprintf(stderr, "%s: %s: %s\n", tool->command->name, levels[level].name, buf_string(&text));
}

enum tool_level tool_level_of(enum db_level level)
{
	static const enum tool_level levels[] = {
		[DB_ERROR] = TOOL_ERROR,
		[DB_WARNING] = TOOL_WARNING,
		[DB_NOTICE] = TOOL_NOTICE,
		[DB_INFO] = TOOL_INFO,
	};

	return levels[level];
}

bool tool_begin(struct tool *tool, const struct cli_command *command, int argc, char **argv,
		struct tool_options *options, char ***operands, int *status)
{
	if (!cli_begin(command, argc, argv, options, operands, status))
		return false;
	tool->shown += options->verbose;
	tool->syslog = options->syslog;
	if (!options->version)
		return true;
	tool_version();
	*status = 0;
	return false;
}

char *tool_release_dir(const char *base, const char *moduledir, const char *release)
{
	DEFER(mem_freep) char *root = file_absolute(base);

	return root ? mem_format("%s/%s/%s", root, moduledir + strspn(moduledir, "/"), release)
		    : NULL;
}

char *tool_module_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char *copy = mem_strdup(name);

	if (copy)
		ko_normal_name(copy);
	return copy;
}

void tool_version(void)
{
	puts("kmod version 34\n+ZSTD +XZ +ZLIB -OPENSSL");
}
