/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module files below a directory, for a db without modules.dep: names end in .ko, .ko.gz,
 * .ko.xz or .ko.zst. As with depmod, the first of two files for one module counts, and the links
 * "build" and "source" are not followed.
 */
#include "base/dir.h"
#include "db/store.h"

bool db_is_module_path(const char *path)
{
	static const char *const endings[] = {".ko", ".ko.gz", ".ko.xz", ".ko.zst"};
	size_t length = strlen(path);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);

		if (length > n && strcmp(path + length - n, endings[i]) == 0)
			return true;
	}
	return false;
}

static int take_file(void *context, const char *path, struct err *err)
{
	struct span nothing = span_of("", 0);

	if (!db_is_module_path(path))
		return 0;
	return db_add_module(context, nothing, span_text(path), nothing, err);
}

int db_tree_read(struct db *db, struct err *err)
{
	return dir_walk(db->dir, db->depth, take_file, db, err);
}
