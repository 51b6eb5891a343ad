/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All modules of a release: /lib/modules/REL, as depmod describes it in modules.dep, modules.alias,
 * modules.softdep, modules.symbols and modules.builtin; or as its module files say where depmod
 * has not been.
 *
 * In names of modules '-' and '_' are the same; the db gives them with '_'. Each file is read when
 * it is first needed, hence the functions take a struct db that is not const, and two threads must
 * not use one at the same time. Everything given out lives until db_close().
 */
#ifndef LKM_DB_DB_H
#define LKM_DB_DB_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "ko/ko.h"

struct db;

/* dir is a release's directory. Fails when it is not there; nothing more is read. */
int db_open(struct db **out, const char *dir, struct err *err);
/* Only the module files that lie in a directory itself, without what depmod may have written. */
int db_open_folder(struct db **out, const char *dir, struct err *err);
void db_close(struct db *db); /* NULL is accepted */
DEFINE_DEFER(struct db, db_close)

struct db_module {
	const char *name;
	const char *path; /* the file, below dir as it was given */
};

/* The caller's own list; {0} is empty. Functions append, each module once. */
struct db_list {
	VEC(const struct db_module *) modules;
};
void db_list_free(struct db_list *list); /* and makes it empty; serves as DEFER destructor */

/* The module of that name; -ENOENT when there is none. */
int db_find(struct db *db, const char *name, const struct db_module **out, struct err *err);

/* The module whose name comes next to one that is not there, NULL when none is near. */
const char *db_similar(struct db *db, const char *name);

/* Whether modules.builtin has the name: 1, 0, or a negative errno. */
int db_is_builtin(struct db *db, const char *name, struct err *err);

/* What modprobe would load for a word: the module of that name, else those that export it
 * ("symbol:NAME"), else those with an alias that matches. An empty list and 0 when it is built
 * into the kernel, -ENOENT when it is unknown. */
int db_lookup(struct db *db, const char *word, struct db_list *out, struct err *err);

/* What must be loaded before a module, in order of loading. Without modules.dep that is found out
 * from the symbols which the files import and export. */
int db_dependencies(struct db *db, const struct db_module *module, struct db_list *out,
		    struct err *err);

/* The same for a module file that is not part of the db: from its depends= where there is a
 * modules.dep, else from symbols. -ENOENT names a module of depends= that the db has not; out has
 * the others. */
int db_dependencies_of(struct db *db, const struct ko *ko, struct db_list *out, struct err *err);

/* What should be loaded with a module ("softdep"); words for db_lookup(). */
struct db_softdep {
	const char *word;
	bool post; /* after the module, else before it */
};
struct db_softdeps {
	VEC(struct db_softdep) words;
};
void db_softdeps_free(struct db_softdeps *softdeps); /* as db_list_free() */
int db_softdeps(struct db *db, const struct db_module *module, struct db_softdeps *out,
		struct err *err);
/* The same for a module file that is not part of the db; the words live as long as the db. */
int db_softdeps_of(struct db *db, const struct ko *ko, struct db_softdeps *out, struct err *err);

/* All that modprobe would load for a module, in order, itself included: dependencies, and for each
 * of them and itself its softdeps with their dependencies. Softdeps that are not there are left
 * out. */
int db_load_order(struct db *db, const struct db_module *module, struct db_list *out,
		  struct err *err);

/* The same for a module file that is not part of the db: what goes before and what after it. The
 * db's own module of that name is in neither. */
int db_load_order_of(struct db *db, const struct ko *ko, struct db_list *before,
		     struct db_list *after, struct err *err);

#endif
