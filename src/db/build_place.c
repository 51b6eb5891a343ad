/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where files are looked at from. The way to a module file leads through some five directories, and
 * walking it costs as much as looking at the file; hence those of the second level, of which there
 * are few with many files below, are kept open.
 */
#include <fcntl.h>

#include "db/build_internal.h"

enum { OPEN_MAX = 32 };

/* The first two directories, with the slash behind; empty when there are not so many. */
static struct span second_level(const char *path)
{
	const char *slash = strchr(path, '/');

	slash = slash ? strchr(slash + 1, '/') : NULL;
	return span_of(path, slash ? (size_t)(slash + 1 - path) : 0);
}

/* As a rule that which was asked for last. */
static struct build_open *find(struct db_build *build, struct span path)
{
	if (build->open_last < build->open.n &&
	    span_equal(build->open.p[build->open_last].path, path))
		return &build->open.p[build->open_last];
	vec_foreach (&build->open, directory)
		if (span_equal(directory->path, path)) {
			build->open_last = (size_t)(directory - build->open.p);
			return directory;
		}
	return NULL;
}

/* NULL when there are enough of them, or it cannot be opened. */
static const struct build_open *open_directory(struct db_build *build, struct span path)
{
	char *name = build->open.n < OPEN_MAX
			     ? arena_strndup(build->arena, (const char *)path.p, path.n)
			     : NULL;
	struct build_open *slot = name ? vec_push(&build->open) : NULL;

	if (!slot)
		return NULL;
	*slot = (struct build_open){span_of(name, path.n),
				    file_open_below(build->dir, name, O_PATH | O_DIRECTORY)};
	return slot;
}

struct build_place build_place(struct db_build *build, const char *path)
{
	struct span dir = span_text(build->options.dir), front;
	const struct build_open *directory;

	if (build->dir < 0 || strncmp(path, build->options.dir, dir.n) != 0 ||
	    (path[dir.n] && path[dir.n] != '/'))
		return (struct build_place){AT_FDCWD, path};
	if (!path[dir.n])
		return (struct build_place){build->dir, "."};
	path += dir.n + 1;
	front = second_level(path);
	directory = front.n ? find(build, front) : NULL;
	if (front.n && !directory)
		directory = open_directory(build, front);
	if (!directory || directory->fd < 0)
		return (struct build_place){build->dir, path};
	return (struct build_place){directory->fd, path + front.n};
}

void build_place_free(struct db_build *build)
{
	vec_foreach (&build->open, directory)
		file_close(directory->fd);
	vec_free(&build->open);
}
