/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of a struct db_build; for the files build*.c only.
 */
#ifndef LKM_DB_BUILD_INTERNAL_H
#define LKM_DB_BUILD_INTERNAL_H

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "db/build.h"

/* build_config.c: what depmod.d says. Lists are in the order of reading. */
enum search_kind { SEARCH_PATH, SEARCH_BUILTIN, SEARCH_EXTERNAL };
struct search {
	enum search_kind kind;
	struct span path;
};
struct build_config {
	VEC(struct search) searches;
	VEC(struct span) overrides; /* SUBDIR/MODULE, below the release's directory */
	VEC(const char *) externals, excludes;
};
void build_config_free(struct build_config *config);

/* build_names.c: names of symbols, and who exports them. */
struct build_module;
struct build_name {
	struct span text;
	struct build_module *module; /* that exports it; NULL: the kernel, or nobody */
	uint64_t crc;		     /* as it is exported */
	uint32_t mark;		     /* for the reader of a file */
	char first;		     /* of text */
	bool is_exported;
};
struct build_names {
	struct arena *arena; /* for the texts */
	VEC(struct build_name) list;
	uint64_t *slots;
	size_t size;  /* of slots: a power of two, or 0 */
	bool is_lent; /* slots are somebody else's */
	/* An earlier run's are the first of the list, where each comes when it is asked for. */
	const struct build_cache *cache; /* NULL: there are none, or all are there */
	bool *is_there;
	size_t known;
};
/* How many slots n names need, and putting the name of a number into such, where it is not yet. */
size_t build_names_room(size_t n);
void build_names_put(uint64_t *slots, size_t size, struct span text, uint32_t number);
/* Begins with n names of an earlier run. False: out of memory. */
bool build_names_know(struct build_names *names, const struct build_cache *cache, size_t n);
/* False: out of memory. A name is in the list when its number was given. */
bool build_names_add(struct build_names *names, struct span text, uint32_t *number);
/* Faster for many. */
bool build_names_add_all(struct build_names *names, const struct span *texts, size_t n,
			 uint32_t *numbers);
/* Makes room for n names in all, which saves growing. */
bool build_names_reserve(struct build_names *names, size_t n);
struct build_name *build_names_find(const struct build_names *names, struct span text);
void build_names_free(struct build_names *names);
static inline struct build_name build_name_of(struct span text)
{
	return (struct build_name){.text = text, .first = text.n ? (char)text.p[0] : 0};
}
void build_names_fetch(const struct build_names *names, uint32_t number);
/* The name of a number that is below list.n, until names are added. */
static inline struct build_name *build_names_at(const struct build_names *names, uint32_t number)
{
	if (names->cache)
		build_names_fetch(names, number);
	return &names->list.p[number];
}
/* For those who go through the list. */
void build_names_fetch_all(struct build_names *names);

/* What one file says, in its own order. Names are numbers in the build's names; texts live in the
 * arena of the thread that read it. */
struct build_export {
	uint64_t crc;
	uint32_t name;
};
struct build_import {
	uint32_t name : 31, weak : 1;
};
struct build_facts {
	struct build_export *exports;
	struct build_import *imports;
	uint64_t *crcs; /* of the imports; NULL when nobody compares them */
	struct span *aliases, *softdeps, *weakdeps;
	uint32_t export_count, import_count, alias_count, softdep_count, weakdep_count;
	uint32_t thread; /* that read it */
	int code;	 /* negative errno: the file cannot be read, and why */
	const char *why;
};

/* What an earlier run knows of a directory: of its directories and module files, in its order, a
 * byte of the kind and the name, each; and what is known of each. */
enum { BUILD_FILE = 'f', BUILD_DIRECTORY = 'd' };
struct build_listing {
	const char *path;
	struct file_id id;
	struct span entries;
	const uint32_t *known; /* of entries: numbers for build_cache.c; NULL: nothing */
};

/* build_place.c: a path as openat(2) has it. */
struct build_place {
	int dir;
	const char *path;
};

/* What is found out about a module while files are made. */
enum build_note {
	BUILD_HAS_DEVNAME = 1,
	BUILD_HAS_ODD_ALIAS = 2, /* that has no place in an index, which is said each time */
};

enum { BUILD_MODULES_MAX = 65534 }; /* as in kmod */

/* What all steps look at comes first, what is read of the file last. */
struct build_module {
	struct build_place place;
	struct span name;
	uint32_t index;
	uint32_t known;	 /* number for build_cache.c; 0: it may know the path */
	uint32_t notes;	 /* enum build_note */
	bool is_cached;	 /* the facts are from the cache, and what follows, too */
	bool line_holds; /* that of the earlier run is right now, too */
	/* Of one that is cached: its place, and its line of modules.dep, in the earlier run. */
	uint32_t old_index;
	struct span old_line; /* without its end */

	struct build_module **depends; /* direct, in order of first use */
	size_t depend_count;
	size_t users; /* modules that depend on it directly */
	size_t rank;  /* no module has a lower one than those that need it */
	size_t mark;

	const char *path, *shown; /* shown: relative to the release's directory where it is below */
	struct span order_key;	  /* its path in modules.order; empty for one outside */
	long order;		  /* place there, among modules; -1: it is not listed */
	struct build_facts facts;
	struct file_id id;     /* of the file that the facts are from */
	uint64_t exports_hash; /* of build_exports_hash() */
};

/* modules.symbols and its index: a hash of what they are made from, and which files they are. */
struct build_symbols {
	uint64_t source;
	struct file_id text, index;
};

struct db_build {
	struct db_build_options options;
	struct arena *arena;
	struct arena **thread_arenas;
	unsigned int thread_count;
	struct build_config config;
	struct map names;		    /* of struct build_module, while files are looked for */
	VEC(struct build_module *) modules; /* in order of their index */
	struct build_names symbols;
	size_t marks;

	VEC(int) open;		   /* for build_place.c */
	int64_t clock;		   /* file_clock() before anything was looked at */
	struct build_cache *cache; /* NULL: none is wanted */
	VEC(struct build_listing) listings;
	struct build_symbols symbols_written;
	size_t reused; /* modules whose facts are from the cache */

	struct buf path; /* scratch */
};

void build_say(struct db_build *build, enum db_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As many threads as are worth to be used for something small of each module. */
unsigned int build_useful_threads(const struct db_build *build);

/* build_kept.c: the file of an earlier run. One that is not there, or damaged, is as an empty one.
 */
int build_kept_read(struct db_build *build, struct err *err);
void build_kept_free(struct build_cache *cache);

/* build_cache.c: what is in there. Things known have numbers, for these functions; 0 is none, and
 * lets them look for the path. */
/* What an entry of a listing stands for: its path, and the name of a module. */
struct build_known {
	const char *path;
	struct span name;
};
struct build_known build_cache_known(const struct db_build *build, uint32_t number);
/* Fills in the listing of a directory, if that is as it was. */
bool build_cache_listing(struct db_build *build, const char *path, struct build_place place,
			 uint32_t number, struct build_listing *out);
/* The numbers of modules begin with 1, in the order of that run. */
size_t build_cache_module_count(const struct db_build *build);
/* Fills in facts and id of the modules whose files are as they were. */
void build_cache_take(struct db_build *build);
/* A module that is cached has its aliases here only after it was asked for them; the lines that
 * they make in modules.alias are there. False: out of memory. */
bool build_cache_aliases(const struct db_build *build, struct build_module *module);
struct span build_cache_alias_lines(const struct db_build *build,
				    const struct build_module *module);
/* The name of a symbol, with the module that exports it. */
struct build_name build_cache_name(const struct build_cache *cache, uint32_t number);
/* Of the names of what a module exports, in the file's order. */
uint64_t build_exports_hash(const struct db_build *build, const struct build_module *module);
/* The symbols' files as they were written last. */
struct build_symbols build_cache_symbols(const struct db_build *build);
/* Whether so little has changed that what is kept may stay as it is. */
bool build_cache_suffices(const struct db_build *build);

/* build_recall.c: what the earlier run worked out, as far as it still holds. */
/* Whether what the modules that are cached need is the same; it is filled in, then. */
int build_recall_depends(struct db_build *build, bool *same, struct err *err);
/* The same for their lines of modules.dep, when all have ranks. */
int build_recall_lines(struct db_build *build, struct err *err);
/* Indexes as they were written, where old_index is the priority. */
struct build_recalled {
	struct span dep, alias;
	uint32_t
		*places; /* for db_trie_merge(), by old_index: where that module is now, if it is */
	size_t n;	 /* of places; 0: nothing is known that can be used */
};
void build_recalled_free(struct build_recalled *recalled); /* serves as DEFER destructor */
int build_recall_indexes(const struct db_build *build, struct build_recalled *out, struct err *err);

int build_config_read(struct db_build *build, struct err *err);
int build_search(struct db_build *build, struct err *err);
/* Into the order of modules.order, the others behind in that of kmod's hash of the names. */
int build_order(struct db_build *build, struct err *err);
int build_read_threads(struct db_build *build, unsigned int wanted, struct err *err);
int build_read(struct db_build *build, struct err *err);
int build_kernel_symbols(struct db_build *build, struct err *err);
int build_depend(struct db_build *build, struct err *err);
/* -ELOOP, after each circle was said. */
int build_report_cycles(struct db_build *build, struct err *err);

/* Sorts into the order in which kmod walks through a hash table of that many buckets, a power of
 * two. False: out of memory. */
struct build_key {
	struct span name;
	void *value;
	uint32_t bucket; /* filled in */
};
bool build_hash_order(struct build_key *keys, size_t n, uint32_t buckets);

/* Fills out with what a module needs, directly or not, by rank. */
struct build_modules {
	VEC(struct build_module *) list;
};
void build_modules_free(struct build_modules *modules);
bool build_modules_push(struct build_modules *modules, struct build_module *module);
int build_closure(struct db_build *build, const struct build_module *module,
		  struct build_modules *out, struct err *err);

/* Where what lies in a directory is looked at from: a descriptor, and how much of its path is left
 * out then. */
struct build_below {
	int dir;
	size_t skip;
};
/* Keeps the directory of that path, which is below another, open if it can; for one thread. */
struct build_below build_below_open(struct db_build *build, struct build_below above,
				    const char *path);
static inline struct build_place build_place(struct build_below below, const char *path)
{
	return (struct build_place){below.dir, path + below.skip};
}
void build_place_free(struct db_build *build);

/* Reads a file of the release's directory; a warning, and present is false, when it cannot be. */
int build_source(struct db_build *build, const char *name, struct buf *out, bool *present,
		 struct err *err);

#endif
