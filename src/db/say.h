/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is worth a message but stops nothing: said to a listener, which alone knows how to show it.
 */
#ifndef LKM_DB_SAY_H
#define LKM_DB_SAY_H

#include <stdarg.h>

enum db_level { DB_ERROR, DB_WARNING, DB_NOTICE, DB_INFO, DB_NEEDS };
/* DB_NEEDS tells, for each module that depmod looks at, which symbol makes it depend on which
 * other. Called by the caller's own thread only. */
typedef void db_say(void *context, enum db_level level, const char *text);

struct db_listener {
	db_say *say; /* NULL: nobody listens */
	void *context;
};
void db_tell(const struct db_listener *listener, enum db_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void db_vtell(const struct db_listener *listener, enum db_level level, const char *format,
	      va_list args) __attribute__((format(printf, 3, 0)));

#endif
