/* SPDX-License-Identifier: GPL-2.0-only */
/* What is in an index before keys are put into it and values taken out, and what is in it then.
 * Include it behind cmocka.h. */
#ifndef LKM_TESTS_DB_TRIE_SETS_H
#define LKM_TESTS_DB_TRIE_SETS_H

#include "db/trie.h"

enum { PRIORITIES = 8 };

/* now: the priorities that those of the first have in the end, if they are still there, or NULL. */
struct sets {
	struct db_trie before, added, all;
	const uint32_t *now;
};

void sets_free(struct sets *sets); /* serves as DEFER destructor */
void add_before(struct sets *sets, const char *key, const char *value, uint32_t priority);
void add_later(struct sets *sets, const char *key, const char *value, uint32_t priority);

void add(struct db_trie *trie, const char *key, const char *value, uint32_t priority);
void write_all(struct db_trie *trie, struct buf *out);
void expect_same(const struct buf *one, const struct buf *two);

#endif
