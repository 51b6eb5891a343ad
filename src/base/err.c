/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The text becomes the formatted one and, behind a colon, the tail; a long one is cut. */
static void set_text(struct err *err, const char *tail, const char *format, va_list args)
{
	size_t used;

	vsnprintf(err->text, sizeof(err->text), format, args);
	used = strlen(err->text);
	if (tail)
		snprintf(err->text + used, sizeof(err->text) - used, ": %s", tail);
}

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	set_text(err, NULL, format, args);
	va_end(args);
	return code;
}

int err_add(struct err *err, const char *format, ...)
{
	char tail[sizeof(err->text)];
	va_list args;

	if (!err)
		return 0;
	memcpy(tail, err->text, sizeof(tail));
	va_start(args, format);
	set_text(err, tail, format, args);
	va_end(args);
	return err->code;
}

int err_errno(struct err *err, const char *format, ...)
{
	int code = errno ? -errno : -EIO;
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	set_text(err, strerror(-code), format, args);
	va_end(args);
	return code;
}

int err_no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}
