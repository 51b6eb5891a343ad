/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What modinfo tells of a module that is built into the kernel.
 */
#ifndef LKM_DB_BUILTIN_H
#define LKM_DB_BUILTIN_H

#include "base/mem.h"
#include "ko/ko.h"

/* The strings of modules.builtin.modinfo in a release's directory that are of the module (name with
 * '_'), in file order; they live in arena. None is no error, -ENOENT: there is no such file. */
int db_builtin_infos(const char *dir, const char *name, struct arena *arena, struct ko_info **out,
		     size_t *count, struct err *err);

#endif
