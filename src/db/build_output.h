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
	const char *dir; /* where the files go */
	struct buf files[BUILD_FILES];
	struct build_key *symbols; /* in the order of the file; values are struct build_name */
	size_t *symbol_lines;	   /* where "symbol:NAME" of each is in the file */
	size_t symbol_count;
	/* Where each module's part begins, and behind the last one where that ends. */
	size_t *dep_begins;   /* in modules.dep */
	size_t *alias_begins; /* in modules.alias */
	bool said_aliases;    /* that have no place in an index */
	bool keeps;	      /* what was found is kept afterwards */
};

static inline struct span build_part(struct span text, const size_t *begins, size_t number)
{
	return span_of(text.p + begins[number], begins[number + 1] - begins[number]);
}
/* The part of modules.dep is a line, here without its end. */
static inline struct span build_line(const struct build_output *output, size_t number)
{
	struct span line =
		build_part(buf_span(&output->files[BUILD_DEP]), output->dep_begins, number);

	return span_of(line.p, line.n - 1);
}

/* Which files those of the symbols are, once they have their names. */
void build_note_symbols(struct build_output *output);

/* build_keep.c: keeps what was found, and the files. A failure is no harm. */
void build_keep(struct build_output *output);

/* Each appends its file's bytes to out. */
typedef int build_make(struct build_output *output, struct buf *out, struct err *err);

/* A line of modules.alias: "alias ", the alias, " ", the module's name and the end. */
enum { BUILD_ALIAS_BEGIN = sizeof("alias ") - 1 };
static inline uint64_t build_alias_line_length(uint64_t alias, uint64_t name)
{
	return BUILD_ALIAS_BEGIN + alias + 1 + name + 1;
}

/* build_text.c */
build_make build_make_dep, build_make_alias, build_make_softdep, build_make_weakdep,
	build_make_symbols, build_make_devname;
/* build_index.c; an index is made after the text whose lines it has. */
build_make build_make_dep_bin, build_make_alias_bin, build_make_symbols_bin, build_make_builtin_bin,
	build_make_builtin_alias_bin;

#endif
