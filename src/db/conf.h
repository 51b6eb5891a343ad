/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration files of modprobe.d and depmod.d: which are read, in which order, and how their
 * lines are put together. What a line means is the caller's.
 */
#ifndef LKM_DB_CONF_H
#define LKM_DB_CONF_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "db/say.h"

struct db_conf_file {
	char *path;
	const char *name; /* the last part of path */
};
/* {0} is empty. */
struct db_conf {
	VEC(struct db_conf_file) files;
};
void db_conf_free(struct db_conf *conf); /* serves as DEFER destructor */

/* Adds a file, unless there is one of that name already; takes over path, NULL: out of memory. */
int db_conf_add_file(struct db_conf *conf, char *path, struct err *err);
/* Adds a file, or the files *.conf of a directory. What cannot be read is only told. */
int db_conf_add(struct db_conf *conf, const char *path, const struct db_listener *listener,
		struct err *err);
/* Into the order of reading: by name, whatever directory they are in. */
void db_conf_sort(struct db_conf *conf);

/* Calls visit for each line that is neither empty nor a comment. The line is a text (it ends with
 * a NUL) of its own, which visit may change; number is that of its last line in the file. A
 * negative code ends it and is its result; so is that the file cannot be read. */
typedef int db_conf_visit(void *context, char *line, unsigned int number, struct err *err);
int db_conf_read(const char *path, db_conf_visit *visit, void *context, struct err *err);

/* Takes the next word, which a blank or tab ends, from the front of a line that it changes; NULL:
 * there is none. */
char *db_conf_word(char **line);
/* What follows behind the blank that ended the last word, NULL: nothing. */
char *db_conf_rest(char **line);

#endif
