/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sorting many keys, texts without NUL, by their bytes.
 */
#ifndef LKM_DB_SORT_H
#define LKM_DB_SORT_H

#include "base/span.h"

struct sort_key {
	struct span text;
	uint64_t word;	 /* for sort.c */
	uint32_t number; /* the caller's; of equal keys the smaller comes first */
	uint32_t value;	 /* the caller's */
};

/* Fills in how many bytes of a key are those of the one before, from the second on; a key has less
 * than 64 KiB. Fast for any order, and faster when only a few keys behind the others are out of
 * order. */
void sort_keys(struct sort_key *keys, size_t n, uint16_t *shared);

#endif
