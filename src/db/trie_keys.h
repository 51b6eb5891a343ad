/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys of an index that is to be written, in the order of their bytes. Those that are the same
 * are a group.
 */
#ifndef LKM_DB_TRIE_KEYS_H
#define LKM_DB_TRIE_KEYS_H

#include "db/trie.h"

/* The keys of a group are in the order in which the index has their values. */
struct trie_keys {
	struct sort_key *keys; /* those of the trie, like the values */
	const struct db_trie_value *values;
	uint16_t *shared; /* how much of a key is that of the one before; of the first: 0 */
	uint32_t *groups; /* the first key of each, and the number of keys */
	size_t n;	  /* groups */
};
void trie_keys_free(struct trie_keys *keys); /* serves as DEFER destructor */

/* The keys of the trie are in that order then. -EILSEQ when one has a byte that an index cannot
 * hold. */
int trie_keys_sort(struct trie_keys *out, const struct db_trie *trie, struct err *err);

static inline struct span trie_keys_text(const struct trie_keys *keys, size_t group)
{
	return keys->keys[keys->groups[group]].text;
}

static inline const struct db_trie_value *trie_keys_value(const struct trie_keys *keys, size_t key)
{
	return &keys->values[keys->keys[key].value];
}

static inline uint16_t trie_keys_shared(const struct trie_keys *keys, size_t group)
{
	return keys->shared[keys->groups[group]];
}

/* -EFBIG for an index of that many bytes that is larger than places in it can be. */
int trie_check_size(size_t size, struct err *err);

#endif
