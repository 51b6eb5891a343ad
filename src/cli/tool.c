/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "base/buf.h"
#include "base/cleanup.h"

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

void tool_version(void)
{
	puts("kmod version 34\n+ZSTD +XZ +ZLIB -OPENSSL");
}
