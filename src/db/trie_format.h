/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The format of modules.*.bin, which trie_node.c reads and trie_write.c writes. All integers are
 * big-endian.
 *
 *	file	u32 magic 0xb007f457, u32 version 0x00020001, node word of the root
 *	word	u32: bits 0-27 the node's place in the file, bit 31 it has a prefix, bit 30 values,
 *		bit 29 children
 *	node	[prefix, NUL] [u8 first, u8 last, a node word for each byte from first to last, 0
 *		where there is none] [u32 count, as many values]
 *	value	u32 priority, text, NUL
 *
 * It is a trie with compressed paths: a key is the prefix of the root, the byte of a child, the
 * child's prefix, and so on down to the node that has its values. A node is there where keys part
 * or one ends. The root is there always and has no prefix. An empty index is a root with nothing
 * in it, at the end of the header. Keys and values are ASCII.
 *
 * A node comes before its children, and these in order of their bytes. Up to kmod 33 children came
 * first and the root last; readers need not care.
 *
 * Values ascend by priority; of equal priority, the one added last comes first.
 */
#ifndef LKM_DB_TRIE_FORMAT_H
#define LKM_DB_TRIE_FORMAT_H

#include <endian.h>

#include "base/span.h"

enum {
	TRIE_MAGIC = (int)0xb007f457,
	TRIE_VERSION = 0x00020001,
	TRIE_HEADER_SIZE = 12,
	TRIE_OFFSET_MAX = 0x0fffffff,
	TRIE_HAS_CHILDREN = 0x20000000,
	TRIE_HAS_VALUES = 0x40000000,
	TRIE_DEPTH_MAX = 4096, /* no key of kmod's is longer */
};
#define TRIE_HAS_PREFIX 0x80000000u

static inline uint32_t trie_number(const unsigned char *p)
{
	return (uint32_t)span_load(p, 4, true);
}

/* Returns what is behind it. */
static inline unsigned char *trie_put_number(unsigned char *p, uint32_t value)
{
	value = htobe32(value);
	memcpy(p, &value, sizeof(value));
	return p + sizeof(value);
}

#endif
