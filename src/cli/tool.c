/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/tool.h"

#include <stdarg.h>
#include <stdio.h>

void tool_say(const struct tool *tool, enum tool_level level, const char *format, ...)
{
	static const char *const names[] = {
		[TOOL_FATAL] = "FATAL",	  [TOOL_ERROR] = "ERROR", [TOOL_WARNING] = "WARNING",
		[TOOL_NOTICE] = "NOTICE", [TOOL_INFO] = "INFO",
	};
	va_list args;

	if (level > tool->shown)
		return;
	fflush(stdout);
	fprintf(stderr, "%s: %s: ", tool->command->name, names[level]);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void tool_version(void)
{
	puts("kmod version 34\n+ZSTD +XZ +ZLIB -OPENSSL");
}
