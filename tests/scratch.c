/* SPDX-License-Identifier: GPL-2.0-only */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

static char directory[32];
static struct arena *paths;

int scratch_make(void **state)
{
	strcpy(directory, "/tmp/lkm-test-XXXXXX");
	paths = arena_new();
	return paths && mkdtemp(directory) ? 0 : -1;
}

int scratch_remove(void **state)
{
	arena_free(paths);
	return file_remove_tree(directory, NULL);
}

const char *scratch_dir(void)
{
	return directory;
}

const char *scratch_path(const char *name)
{
	return arena_format(paths, "%s/%s", directory, name);
}

const char *scratch_write(const char *name, struct span bytes)
{
	const char *path = scratch_path(name);
	DEFER(mem_freep) char *parent = mem_strdup(path);

	*strrchr(parent, '/') = 0;
	assert_int_equal(file_make_dirs(parent, 0755, NULL), 0);
	assert_int_equal(file_replace(path, bytes, 0644, NULL), 0);
	return path;
}
