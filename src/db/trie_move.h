/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes that go from one index into another, with all that is below them.
 */
#ifndef LKM_DB_TRIE_MOVE_H
#define LKM_DB_TRIE_MOVE_H

#include "base/buf.h"
#include "base/err.h"

struct trie_move {
	struct span old;
	const uint32_t *now; /* the new priorities, by the old ones, below n; NULL: the same */
	size_t n;
	struct buf *out; /* begins with the new index */
};

/* False for a priority that there is not. */
static inline bool trie_move_priority(const struct trie_move *move, uint32_t *priority)
{
	if (!move->now)
		return true;
	if (*priority >= move->n)
		return false;
	*priority = move->now[*priority];
	return true;
}

/* Appends what old has from the node of that word on and before end to out, and puts its new word
 * at slot there. -EBADMSG unless it is that node and those below it, one behind the other in the
 * order of an index; any bytes may be given. */
int trie_move_nodes(const struct trie_move *move, uint32_t word, size_t end, size_t slot,
		    struct err *err);

#endif
