/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The binary indexes modules.*.bin: from keys to values with priorities. trie_format.h has the
 * format.
 */
#ifndef LKM_DB_TRIE_H
#define LKM_DB_TRIE_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "db/sort.h"

/* Writing. Keys and values are borrowed until db_trie_write(); {0} is an empty index. */
struct db_trie_value {
	struct span text;
	uint32_t priority;
};
struct db_trie {
	VEC(struct sort_key) keys; /* number: how many were added before; value: its place below */
	VEC(struct db_trie_value) values;
};
void db_trie_free(struct db_trie *trie); /* serves as DEFER destructor */

/* Makes room for n keys, which saves growing; false: out of memory. */
bool db_trie_reserve(struct db_trie *trie, size_t n);
/* -EILSEQ when the value has a byte that an index cannot hold: not ASCII, or NUL. */
int db_trie_add(struct db_trie *trie, struct span key, struct span value, uint32_t priority,
		struct err *err);

/* The same in two steps, for a value that many keys have: it gets a number. */
int db_trie_add_value(struct db_trie *trie, struct span value, uint32_t priority, uint32_t *number,
		      struct err *err);
int db_trie_add_key(struct db_trie *trie, struct span key, uint32_t value, struct err *err);

/* Appends the file's bytes to out, which must be empty; the keys are in order then. -EILSEQ when a
 * key has a byte that an index cannot hold. */
int db_trie_write(struct db_trie *trie, struct buf *out, struct err *err);

#define DB_TRIE_GONE UINT32_MAX /* no priority: a value that is no longer there */

/* Appends to out, which must be empty, what db_trie_write() would make of the keys in the index old
 * and, added after them, those of added, which are in order then. now: the priorities that values
 * of old have now, by those that they had, which are below n; they ascend, but for DB_TRIE_GONE:
 * such values are left out. NULL: the same ones; then, as when now says so, it is faster. Any bytes
 * may be given as old; -EBADMSG when they are damaged or in another order than those of
 * db_trie_write(). But of what only moves little is looked at: what was wrong there stays wrong.
 * After an error, what is in out is of no use. */
int db_trie_merge(struct span old, struct db_trie *added, const uint32_t *now, size_t n,
		  struct buf *out, struct err *err);

/* Reading: from the bytes of a file, which are borrowed, also by all that is returned. Any bytes
 * may be given; -EBADMSG when they are damaged. */
struct db_trie_view {
	struct span bytes;
	uint32_t root;
};
int db_trie_open(struct db_trie_view *out, struct span bytes, struct err *err);

/* The caller's list of values, ascending by priority; {0} is empty. Functions insert; at equal
 * priority the one that is found later comes first. */
struct db_trie_hit {
	struct span value;
	uint32_t priority;
};
struct db_trie_hits {
	VEC(struct db_trie_hit) list;
};
void db_trie_hits_free(struct db_trie_hits *hits); /* serves as DEFER destructor */

/* The values of that key; none is no error. */
int db_trie_find(const struct db_trie_view *view, const char *key, struct db_trie_hits *out,
		 struct err *err);
/* The values of all keys that, taken as patterns, match text, which has '_' for '-'. */
int db_trie_match(const struct db_trie_view *view, const char *text, struct db_trie_hits *out,
		  struct err *err);

/* Calls visit for each value, keys in order of their bytes. A negative code ends it and is its
 * result. */
typedef int db_trie_visit(void *context, struct span key, const struct db_trie_hit *hit,
			  struct err *err);
int db_trie_each(const struct db_trie_view *view, db_trie_visit *visit, void *context,
		 struct err *err);

#endif
