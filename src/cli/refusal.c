/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/refusal.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

/* The first row that fits gives the advice. */
static const struct advice {
	int code;	  /* errno; 0: any */
	const char *line; /* part of a line of the log; NULL: whatever it says */
	const char *todo;
} table[] = {
	{ENOEXEC, "version magic",
	 "it was built for another kernel; build it again with the headers of this one"},
	{0, "disagrees about version of symbol",
	 "it was built against another build of this kernel, or of a module that it needs; build "
	 "it "
	 "again with their headers and Module.symvers"},
	{0, "Unknown symbol",
	 "load the module that exports the symbol first, as modprobe does; where none does, build "
	 "it "
	 "again for this kernel"},
	{0, "uses symbol", "add MODULE_IMPORT_NS() of that namespace to its source"},
	{EINVAL, "decompression failed",
	 "the kernel cannot unpack this file; pack it with 'xz --check=crc32 --lzma2=dict=1MiB', "
	 "or "
	 "unpack it"},
	{0, "invalid for parameter", "'modinfo -p' shows the parameters that it takes"},
	{EKEYREJECTED, NULL,
	 "its signature is not by a key that this kernel trusts; sign it with one"},
	{ENOKEY, NULL, "its signature is not by a key that this kernel trusts; sign it with one"},
	{EPERM, "Lockdown", "this kernel is locked down and loads signed modules only; sign it"},
	{EPERM, NULL,
	 "it takes root's rights (CAP_SYS_MODULE), and /proc/sys/kernel/modules_disabled must be "
	 "0"},
	{ENODEV, NULL, "its init found no device that it could drive; that need not be an error"},
	{ENOEXEC, NULL, "'lkm check' tells what is wrong with the file"},
};

static const char *advice_for(int code, const char *log)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((!table[i].code || table[i].code == -code) &&
		    (!table[i].line || strstr(log, table[i].line)))
			return table[i].todo;
	return NULL;
}

/* The end of the log, which tells why; a driver may have said much before. */
static char *last_lines(char *text, unsigned int n)
{
	char *p = text + strlen(text);

	while (p > text && (p[-1] != '\n' || !*p || n-- > 0))
		p--;
	return p;
}

void refusal_explain(const struct tool *tool, int code, struct host_log *log)
{
	enum { LINES_MAX = 10 };
	DEFER(buf_free) struct buf text = {0};
	const char *todo;
	char *rest;

	host_log_read(log, &text);
	todo = advice_for(code, buf_string(&text));
	rest = text.p ? last_lines(text.p, LINES_MAX) : NULL;
	for (char *line; rest && (line = strsep(&rest, "\n"));)
		if (*line)
			tool_say(tool, TOOL_ERROR, "the kernel says: %s", line);
	if (todo)
		tool_say(tool, TOOL_ERROR, "to do: %s", todo);
}
