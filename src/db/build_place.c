/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where files are looked at from. The way to a module file leads through some five directories, and
 * walking it costs as much as looking at the file; hence directories with many files below are kept
 * open, and what lies below one is looked at from there.
 */
#include <fcntl.h>

#include "db/build_internal.h"

enum { OPEN_MAX = 128 };

struct build_below build_below_open(struct db_build *build, struct build_below above,
				    const char *path)
{
	int *slot = build->open.n < OPEN_MAX ? vec_push(&build->open) : NULL;

	if (!slot)
		return above;
	*slot = file_open_below(above.dir, path + above.skip, O_PATH | O_DIRECTORY);
	return *slot < 0 ? above : (struct build_below){*slot, strlen(path) + 1};
}

void build_place_free(struct db_build *build)
{
	vec_foreach (&build->open, directory)
		file_close(*directory);
	vec_free(&build->open);
}
