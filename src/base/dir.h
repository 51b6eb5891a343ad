/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories.
 */
#ifndef LKM_BASE_DIR_H
#define LKM_BASE_DIR_H

#include <stdbool.h>

#include "base/err.h"

/* Called for each file with its path, which is the callee's for the time of the call. A negative
 * code ends the walk and is its result. */
typedef int dir_visit(void *context, const char *path, struct err *err);

/*
 * Visits the regular files (also behind symbolic links) of a directory and of those up to depth
 * levels below it (0: only the directory itself), in the order of their names' bytes. Hidden
 * entries and symbolic links to directories are left out.
 */
int dir_walk(const char *path, unsigned int depth, dir_visit *visit, void *context,
	     struct err *err);

/* One entry of a directory; a symbolic link is what it leads to. */
enum dir_type { DIR_FILE, DIR_DIRECTORY, DIR_OTHER };
struct dir_entry {
	const char *name; /* the callee's for the time of the call */
	enum dir_type type;
	int code;	/* negative errno: it cannot be told what it is */
	bool is_direct; /* no symbolic link: what it is changes only with the directory */
};
typedef int dir_each(void *context, const struct dir_entry *entry, struct err *err);

/* Calls each for the entries of one directory, without "." and "..", in the order in which the
 * file system gives them. A negative code ends it and is its result. */
int dir_scan(const char *path, dir_each *each, void *context, struct err *err);
/* The same of the directory that openat(2) finds below at; id, unless NULL, becomes what it was
 * before it was read. */
struct file_id;
int dir_scan_at(int at, const char *path, struct file_id *id, dir_each *each, void *context,
		struct err *err);

#endif
