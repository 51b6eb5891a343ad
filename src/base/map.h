/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hash map from text to pointers. Keys are borrowed and must live as long as the map.
 * {0} is an empty map.
 */
#ifndef LKM_BASE_MAP_H
#define LKM_BASE_MAP_H

#include "base/span.h"

struct map_slot {
	struct span key;
	void *value; /* NULL: the slot is free */
	uint64_t hash;
};

struct map {
	struct map_slot *slots;
	size_t size, n; /* size is a power of two, or 0 */
};

void map_free(struct map *map); /* and makes it empty; serves as DEFER destructor */

/* Makes room for n keys in all, which saves growing; false: out of memory. */
bool map_reserve(struct map *map, size_t n);

/* The value of key, NULL when it has none. */
void *map_get(const struct map *map, struct span key);

/* Gives key a value, which must not be NULL, unless it has one already. Returns the value that
 * key has then; NULL: out of memory. */
void *map_add(struct map *map, struct span key, void *value);

#endif
