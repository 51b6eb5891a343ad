/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

int err_add(struct err *err, const char *format, ...)
{
	char tail[sizeof(err->text)];
	size_t used;
	va_list args;

	if (!err)
		return 0;
	memcpy(tail, err->text, sizeof(tail));
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", tail);
	return err->code;
}

int err_errno(struct err *err, const char *format, ...)
{
	int code = errno ? -errno : -EIO;
	size_t used;
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(-code));
	return code;
}

int err_no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}
