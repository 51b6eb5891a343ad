/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One node of a modules.*.bin, of which any bytes may be given.
 */
#ifndef LKM_DB_TRIE_NODE_H
#define LKM_DB_TRIE_NODE_H

#include "db/trie.h"

struct trie_node {
	const char *prefix;
	unsigned int first, last; /* last < first: no children */
	size_t table;		  /* of their node words */
	uint32_t value_count;
	size_t values; /* of a node without any: its end */
};

/* -EBADMSG: what it says of the index. */
int trie_damaged(const char *what, struct err *err);

int trie_node_read(const struct db_trie_view *view, uint32_t word, struct trie_node *out,
		   struct err *err);

/* The node word of a child, 0 when there is none. */
uint32_t trie_node_child(const struct db_trie_view *view, const struct trie_node *node,
			 unsigned int byte);

/* The value at *at, which is then behind it. */
int trie_node_value(const struct db_trie_view *view, size_t *at, struct db_trie_hit *out,
		    struct err *err);

#endif
