/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making the indexes of a release, modules.dep and its like, from the module files: depmod.
 *
 * The order of things in these files is kmod's, byte for byte, since other programs have come to
 * rely on it; the files named build_*.c say where it comes from.
 */
#ifndef LKM_DB_BUILD_H
#define LKM_DB_BUILD_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "db/say.h"

struct db_build_options {
	const char *dir;	   /* of the release, as its name appears in messages */
	const char *release;	   /* which lines of the configuration are for */
	const char *const *config; /* files and directories up to NULL; NULL: depmod's own */
	const char *symvers,
		*system_map; /* the kernel's symbols: the first, or the second, or NULL */
	const char *const
		*files; /* modules up to NULL; NULL: all below dir and what configuration adds */
	char symbol_prefix; /* dropped from the front of symbols; 0: none */
	bool report_unknown, report_duplicates, report_needs;
	unsigned int threads; /* that read files; 0: one */
	const char *cache;    /* file that keeps what was read for the next run; NULL: none */
	struct db_listener listener;
};

/* Reads and works out everything. A file that cannot be read is said to be so, and counts as one
 * without symbols. */
struct db_build;
int db_build(struct db_build **out, const struct db_build_options *options, struct err *err);
void db_build_free(struct db_build *build); /* NULL is accepted */
DEFINE_DEFER(struct db_build, db_build_free)

/* Appends the files that are text, one behind the other. */
int db_build_text(struct db_build *build, struct buf *out, struct err *err);

/* What the text files tell of a module; all is lent for the time of the visit. The path and those
 * of dependencies, also indirect ones, are as modules.dep has them; symbols, that it exports, come
 * without "symbol:". */
struct db_build_list {
	const struct span *p;
	size_t n;
};
struct db_build_module {
	struct span path, name;
	struct db_build_list dependencies, aliases, softdeps, weakdeps, symbols;
};

/* Calls visit for each module, in the order of modules.dep. A negative code ends it and is its
 * result. */
typedef int db_build_visit(void *context, const struct db_build_module *module, struct err *err);
int db_build_each(struct db_build *build, db_build_visit *visit, void *context, struct err *err);

/* Writes all files into a directory, which is made when it is not there. They are complete before
 * the first takes its name, so that a full disk leaves the old ones. */
int db_build_write(struct db_build *build, const char *dir, struct err *err);

/* Whether modules.dep in dir is older than one of the module files there, or does not exist. A
 * module that was removed is not noticed. 1, 0, or a negative errno. */
int db_build_is_outdated(const char *dir, struct err *err);

#endif
