/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taking values out of an index.
 */
#ifndef LKM_DB_TRIE_DROP_H
#define LKM_DB_TRIE_DROP_H

#include "db/trie_move.h"
#include "db/trie_node.h"

/* Makes of what stays in move->old an index in move->out, which must be empty. Its priorities are
 * the new ones; its nodes begin at the root and end at its end, but what is in front of them is of
 * no use. move->now is not NULL. Any bytes may be given; -EBADMSG when they have no nodes in the
 * order of an index. */
int trie_drop(const struct trie_move *move, struct db_trie_view *out, struct err *err);

#endif
