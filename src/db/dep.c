/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modules.dep: a line per module,
 *
 *	kernel/fs/foo/foo.ko.xz: kernel/lib/b.ko.xz kernel/lib/a.ko.xz
 *
 * its file and all that it needs, directly or not, in reverse order of loading. Paths are relative
 * to the directory of modules.dep or absolute. No path has a NUL: a line with one is damaged, and
 * none.
 */
#include "db/store.h"

int db_dep_read(struct db *db, struct err *err)
{
	struct span rest = db->dep.map.bytes, dir = span_text(db->dir), line;
	int code = 0;

	while (code == 0 && db_next_line(&rest, &line)) {
		const unsigned char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
		struct span path;

		if (!colon || line.p[0] == '#' || memchr(line.p, '\0', line.n))
			continue;
		path = span_of(line.p, (size_t)(colon - line.p));
		code = db_add_module(db, dir, path, span_of(colon + 1, line.n - path.n - 1), err);
	}
	return code;
}
