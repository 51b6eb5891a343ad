/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "db/say.h"

#include "base/buf.h"
#include "base/cleanup.h"

void db_vtell(const struct db_listener *listener, enum db_level level, const char *format,
	      va_list args)
{
	DEFER(buf_free) struct buf text = {0};

	if (!listener->say)
		return;
	buf_vformat(&text, format, args);
	listener->say(listener->context, level, buf_string(&text));
}

void db_tell(const struct db_listener *listener, enum db_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	db_vtell(listener, level, format, args);
	va_end(args);
}
