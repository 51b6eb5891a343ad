/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Open addressing with linear probing, at most half full.
 */
#include "base/map.h"

#include "base/hash.h"
#include "base/mem.h"

void map_free(struct map *map)
{
	mem_free(map->slots);
	*map = (struct map){0};
}

/* The slot of key, or the free one where it belongs. */
static struct map_slot *find_slot(const struct map *map, struct span key, uint64_t hash)
{
	for (size_t i = hash;; i++) {
		struct map_slot *slot = &map->slots[i & (map->size - 1)];

		if (!slot->value || (slot->hash == hash && span_equal(slot->key, key)))
			return slot;
	}
}

bool map_reserve(struct map *map, size_t n)
{
	struct map larger = {.size = map->size ? map->size : 64, .n = map->n};

	while (larger.size < 2 * n)
		larger.size *= 2;
	if (larger.size == map->size)
		return true;
	larger.slots = mem_array(larger.size, sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < map->size; i++) {
		const struct map_slot *slot = &map->slots[i];

		if (slot->value)
			*find_slot(&larger, slot->key, slot->hash) = *slot;
	}
	mem_free(map->slots);
	*map = larger;
	return true;
}

void *map_get(const struct map *map, struct span key)
{
	return map->size ? find_slot(map, key, hash_short(key))->value : NULL;
}

void *map_add(struct map *map, struct span key, void *value)
{
	uint64_t hash = hash_short(key);
	struct map_slot *slot;

	if (2 * (map->n + 1) > map->size && !map_reserve(map, map->n + 1))
		return NULL;
	slot = find_slot(map, key, hash);
	if (!slot->value) {
		*slot = (struct map_slot){key, value, hash};
		map->n++;
	}
	return slot->value;
}
