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

/* Appends what old has from begin up to end to out: neighbours, and the nodes below them. Their n
 * words, of which some may be 0, lie at table in out, and lead to the new nodes afterwards. Any
 * bytes may be given; -EBADMSG when they have no nodes in the order of an index. */
int trie_move_nodes(const struct trie_move *move, size_t begin, size_t end, size_t table, size_t n,
		    struct err *err);

#endif
