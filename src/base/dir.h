/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories.
 */
#ifndef LKM_BASE_DIR_H
#define LKM_BASE_DIR_H

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

#endif
