/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of a struct db; for the files of src/db only.
 */
#ifndef LKM_DB_STORE_H
#define LKM_DB_STORE_H

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "db/db.h"

/* The marks hold the serial number of the operation that has seen the module, so that each
 * operation begins with none marked. */
struct module {
	struct db_module public;
	struct span depends; /* paths, in modules.dep; its line behind the colon */
	unsigned long listed, visited, expanded, placed;
};

/* One of depmod's text files, mapped at its first use; empty when it does not exist. */
struct text {
	bool tried;
	struct file_map map;
};

struct db {
	char *dir;
	struct arena *arena;
	bool by_depmod;	    /* there is a modules.dep; else the files themselves tell */
	unsigned int depth; /* how far below dir module files are looked for */

	bool indexed; /* modules and names are filled */
	VEC(struct module) modules;
	struct map names; /* of struct module */

	bool exports_indexed;
	struct map exporters; /* symbol -> struct module */

	struct text dep, alias, symbols, softdep, builtin, builtin_infos;
	unsigned long serial;
};

static inline struct module *db_mutable(const struct db_module *module)
{
	return (struct module *)module;
}

/* Fills modules and names. */
int db_index(struct db *db, struct err *err);
/* NULL when there is no such module; the name is normal (below). db_index() came before. */
struct module *db_named(const struct db *db, struct span name);

int db_text(struct db *db, struct text *text, const char *name, struct span *out, struct err *err);

/* Takes the next line, or word of a line, from the front of rest; false when there is none. A line
 * comes without its line feed. */
bool db_next_line(struct span *rest, struct span *line);
/* The same as kmod reads it into size bytes: what does not fit, with its end, comes as a line of
 * its own. */
bool db_next_piece(struct span *rest, size_t size, struct span *line);
bool db_next_word(struct span *rest, struct span *word);

/* The module that a path stands for: its last part up to the first '.', with '-' as '_'. */
struct span db_name_part(struct span path);
char *db_normal_name(struct span name); /* the caller's, for mem_free(); NULL: out of memory */
bool db_same_name(struct span a, struct span b);
/* Gives a pattern the form that it has in an index, '_' for '-' outside of brackets; false when
 * these do not fit. */
bool db_normal_pattern(char *pattern);

int db_list_add(struct db_list *list, const struct module *module, struct err *err);

/* dep.c, tree.c: the two sources of modules. They push to db->modules. */
int db_dep_read(struct db *db, struct err *err);
int db_tree_read(struct db *db, struct err *err);
bool db_is_module_path(const char *path); /* by its ending */
int db_add_module(struct db *db, struct span dir, struct span path, struct span depends,
		  struct err *err);

/* exports.c: appends the owners of the symbols that a file imports, each once; self is left out. */
int db_owners_of_imports(struct db *db, const struct ko *ko, const struct module *self,
			 struct db_list *out, struct err *err);

bool db_alias_match(struct span pattern, struct span text);
/* 1, 0, or a negative errno. */
int db_has_builtin_alias(struct db *db, const char *word, struct err *err);

#endif
