/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that depmod writes. Each text file is made first, and its binary index from the lines
 * of it where both have the same.
 *
 *	modules.dep		PATH: PATH...
 *	modules.dep.bin		the module's name -> that line
 *	modules.alias		alias PATTERN MODULE
 *	modules.alias.bin	PATTERN, '-' as '_' outside of [] -> MODULE
 *	modules.softdep		softdep MODULE VALUE
 *	modules.weakdep		weakdep MODULE VALUE
 *	modules.symbols		alias symbol:NAME MODULE
 *	modules.symbols.bin	symbol:NAME -> MODULE
 *	modules.devname		MODULE DEVNAME cMAJOR:MINOR (or b)
 *	modules.builtin.bin		the names of modules.builtin -> ""
 *	modules.builtin.alias.bin	the aliases of modules.builtin.modinfo -> the module
 *
 * The priority of a value is the module's place. Without modules.builtin or modules.builtin.modinfo
 * the indexes that come from them are empty files.
 */
#ifndef LKM_DB_BUILD_OUTPUT_H
#define LKM_DB_BUILD_OUTPUT_H

#include "db/build_internal.h"

/* In the order in which kmod makes them. */
enum build_file {
	BUILD_DEP,
	BUILD_DEP_BIN,
	BUILD_ALIAS,
	BUILD_ALIAS_BIN,
	BUILD_SOFTDEP,
	BUILD_WEAKDEP,
	BUILD_SYMBOLS,
	BUILD_SYMBOLS_BIN,
	BUILD_BUILTIN_BIN,
	BUILD_BUILTIN_ALIAS_BIN,
	BUILD_DEVNAME,
	BUILD_FILES
};

enum { BUILD_HEAD_MAX = 64 }; /* bytes of the line that text files begin with */

struct build_output {
	struct db_build *build;
	struct buf files[BUILD_FILES];
	struct build_key *symbols; /* in the order of the file; values are struct build_name */
	size_t *symbol_lines;	   /* where "symbol:NAME" of each is in the file */
	size_t symbol_count;
	size_t *dep_ends; /* of the lines of modules.dep */
	bool keeps;	  /* what was found is kept afterwards */
};

/* Each appends its file's bytes to out. */
typedef int build_make(struct build_output *output, struct buf *out, struct err *err);

/* build_text.c */
build_make build_make_dep, build_make_alias, build_make_softdep, build_make_weakdep,
	build_make_symbols, build_make_devname;
/* build_index.c; an index is made after the text whose lines it has. */
build_make build_make_dep_bin, build_make_alias_bin, build_make_symbols_bin, build_make_builtin_bin,
	build_make_builtin_alias_bin;

#endif
