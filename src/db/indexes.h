/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The binary indexes of a release, modules.*.bin, and what modprobe finds in them. Each is mapped
 * when it is first needed, hence the functions take a struct db_indexes that is not const.
 */
#ifndef LKM_DB_INDEXES_H
#define LKM_DB_INDEXES_H

#include "base/cleanup.h"
#include "base/err.h"
#include "db/config.h"
#include "db/trie.h"

enum db_index {
	DB_INDEX_DEP,
	DB_INDEX_ALIAS,
	DB_INDEX_SYMBOL,
	DB_INDEX_BUILTIN_ALIAS,
	DB_INDEX_BUILTIN,
	DB_INDEX_COUNT
};

/* dir is the release's; nothing is opened, and it need not be there. */
struct db_indexes;
int db_indexes_new(struct db_indexes **out, const char *dir, struct err *err);
void db_indexes_free(struct db_indexes *indexes); /* NULL is accepted */
DEFINE_DEFER(struct db_indexes, db_indexes_free)

const char *db_indexes_dir(const struct db_indexes *indexes);

/* An index for db_trie_find() and its like; *out is NULL when there is no such file. All that is
 * found in it lives as long as indexes. */
int db_indexes_view(struct db_indexes *indexes, enum db_index index,
		    const struct db_trie_view **out, struct err *err);
/* db_trie_match() in it; a file that is not there has nothing. */
int db_indexes_match(struct db_indexes *indexes, enum db_index index, const char *word,
		     struct db_trie_hits *out, struct err *err);
/* Whether the file of an index that was used is not the one that is there now. */
bool db_indexes_have_changed(const struct db_indexes *indexes);

/* A module's line of modules.dep, "path: path path", by its name with '_': 1, 0 when it is not
 * there, or a negative errno. */
int db_indexes_dep_line(struct db_indexes *indexes, const char *name, const char **line,
			struct err *err);
/* The file of a path in such a line; the caller's, for mem_free(). NULL: out of memory. */
char *db_indexes_file(const struct db_indexes *indexes, struct span path);
/* 1, 0, or a negative errno. */
int db_indexes_is_builtin(struct db_indexes *indexes, const char *name, struct err *err);

/* What a word can stand for. */
struct db_candidate {
	const char *name;  /* of a module, with '_' */
	const char *alias; /* by which it was found; NULL: by its own name */
	bool builtin;	   /* known to be; where it is false it is not known */
	/* The line that it was found by, which counts before patterns; the config's. NULL: none. */
	const char *install, *remove;
};
struct db_candidates {
	struct arena *arena;
	VEC(struct db_candidate) list;
};
void db_candidates_free(struct db_candidates *candidates); /* serves as DEFER destructor */

/* The modules that a word stands for, from the first of these that knows it: aliases of the
 * configuration, names of modules, "symbol:NAME", names in install and remove lines, aliases of
 * modules, names of built-in modules, their aliases. config may be NULL. None is no error. -EINVAL:
 * its brackets do not fit. *out must be {0}. */
int db_candidates_find(struct db_candidates *out, struct db_indexes *indexes,
		       const struct db_config *config, const char *word, struct err *err);
/* Only from names of modules, names of built-in modules and their aliases. */
int db_candidates_find_name(struct db_candidates *out, struct db_indexes *indexes, const char *name,
			    struct err *err);

#endif
