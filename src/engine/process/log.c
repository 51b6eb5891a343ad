/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmsg_dump_get_line() gives a record as "<level>[seconds.micros] text\n", and repeats that prefix
 * in each line of a record with several. It reads the lockless ring buffer.
 */
#include "engine/process/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/process/guest.h"
#include "engine/process/hook.h"
#include "engine/process/hooks.h"
#include "engine/process/syscall.h"
#include "engine/process/wire.h"

struct log_position log_position = {0, UINT64_MAX};

/* One kernel, one processor; a record cannot be passed on while another one is. */
static char record[4096];
static bool draining;
/* The last text had no newline: its record is not shown before it is continued or another begins.
 */
static bool line_is_open;

/* Length of "<6>[    1.234567] " at p; level and time are read from it. */
static size_t parse_prefix(const char *p, const char *end, int *level, uint64_t *ns)
{
	const char *at = p;
	unsigned long value = 0, seconds = 0, micros = 0;

	if (at < end && *at == '<') {
		for (at++; at < end && *at >= '0' && *at <= '9'; at++)
			value = value * 10 + (unsigned long)(*at - '0');
		at++;
	}
	*level = (int)(value & 7);
	if (at >= end || *at != '[')
		return (size_t)(at - p);
	for (at++; at < end && *at != ']'; at++) {
		if (*at == '.')
			seconds = micros, micros = 0;
		else if (*at >= '0' && *at <= '9')
			micros = micros * 10 + (unsigned long)(*at - '0');
	}
	*ns = seconds * 1000000000ull + micros * 1000ull;
	return (size_t)(at - p) + 2 <= (size_t)(end - p) ? (size_t)(at - p) + 2 : (size_t)(end - p);
}

static void pass_on(char *text, size_t length)
{
	const char *end = text + length;
	char *out = text;
	int level = 4;
	uint64_t ns = 0;

	for (const char *line = text; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *stop = newline ? newline : end;

		if (line != text)
			*out++ = '\n';
		line += parse_prefix(line, stop, &level, &ns);
		memmove(out, line, (size_t)(stop - line));
		out += stop - line;
		line = stop + 1;
	}
	wire_log(level, ns, text, (size_t)(out - text));
}

void log_drain(void)
{
	size_t length;

	if (draining)
		return;
	draining = true;
	while (guest.kmsg_dump_get_line(&log_position, true, record, sizeof(record), &length)) {
		pass_on(record, length);
		line_is_open = false;
	}
	draining = false;
}

void log_end_line(void)
{
	static const char newline[] = "\001c\n"; /* KERN_CONT */

	if (line_is_open)
		syscall_function((uint64_t)guest.printk, (long[6]){(long)newline});
	line_is_open = false;
}

void log_skip(void)
{
	size_t length;

	while (guest.kmsg_dump_get_line(&log_position, true, record, sizeof(record), &length))
		;
}

int log_vprintk_emit(int facility, int level, const void *info, const char *format, va_list args)
{
	int (*original)(int, int, const void *, const char *, va_list) =
		(void *)hook_originals.vprintk_emit;
	int length = original(facility, level, info, format, args);

	line_is_open = true;
	log_drain();
	return length;
}
