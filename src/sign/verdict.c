/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "sign/internal.h"

void verdict_say(struct sign_verdict *out, int level, const char *format, ...)
{
	struct sign_line *line = &out->lines[out->line_count];
	va_list args;

	if (out->line_count == SIGN_LINES)
		return;
	out->line_count++;
	line->level = level;
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
}

void verdict_decide(struct sign_verdict *out, const char *id, int code, const char *format, ...)
{
	va_list args;

	out->id = id;
	out->code = code;
	va_start(args, format);
	vsnprintf(out->sentence, sizeof(out->sentence), format, args);
	va_end(args);
}

void verdict_hex(char *out, size_t size, struct span bytes)
{
	*out = 0;
	for (size_t i = 0; i < bytes.n && 2 * i + 3 <= size; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes.p[i]);
}

void verdict_refuse(struct sign_verdict *out, const struct verdict_fault *fault)
{
	out->id = fault->id;
	out->code = fault->code;
	snprintf(out->sentence, sizeof(out->sentence), "%s", fault->sentence);
	if (fault->line)
		verdict_say(out, fault->level, "%s", fault->line);
}
