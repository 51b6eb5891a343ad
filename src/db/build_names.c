/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of symbols, each kept once and known by a number: modules import the same few thousand
 * names again and again.
 *
 * Open addressing with linear probing, at most half full. A slot has the upper half of a name's
 * hash and its number + 1; 0 is a free one.
 */
#include "base/hash.h"
#include "db/build_internal.h"

static uint64_t slot_of(uint64_t hash, uint32_t number)
{
	return (hash & ~(uint64_t)UINT32_MAX) | (number + 1);
}

static bool is_named(const struct build_names *names, uint64_t slot, uint64_t hash,
		     struct span text)
{
	return slot >> 32 == hash >> 32 &&
	       span_equal(build_names_at(names, (uint32_t)slot - 1)->text, text);
}

/* The slot of text, or the free one where it belongs. */
static uint64_t *find_slot(const struct build_names *names, uint64_t hash, struct span text)
{
	for (size_t i = hash;; i++) {
		uint64_t *slot = &names->slots[i & (names->size - 1)];

		if (!*slot || is_named(names, *slot, hash, text))
			return slot;
	}
}

size_t build_names_room(size_t n)
{
	size_t size = 1024;

	while (size < 2 * (n + 1))
		size *= 2;
	return size;
}

void build_names_put(uint64_t *slots, size_t size, struct span text, uint32_t number)
{
	uint64_t hash = hash_short(text);
	size_t at = hash;

	while (slots[at & (size - 1)])
		at++;
	slots[at & (size - 1)] = slot_of(hash, number);
}

static void free_slots(struct build_names *names)
{
	if (!names->is_lent)
		mem_free(names->slots);
}

static bool grow(struct build_names *names, size_t n)
{
	size_t size = build_names_room(n);
	uint64_t *slots = mem_array(size, sizeof(*slots));

	if (!slots)
		return false;
	build_names_fetch_all(names);
	free_slots(names);
	names->slots = slots;
	names->size = size;
	names->is_lent = false;
	for (size_t i = 0; i < names->list.n; i++)
		build_names_put(slots, size, names->list.p[i].text, (uint32_t)i);
	return true;
}

static bool append(struct build_names *names, struct span text)
{
	struct build_name *name = vec_push(&names->list);

	if (!name)
		return false;
	*name = build_name_of(text);
	return true;
}

static bool add(struct build_names *names, uint64_t hash, struct span text, uint32_t *number)
{
	uint64_t *slot;
	char *kept;

	if (2 * (names->list.n + 1) > names->size && !grow(names, names->list.n + 1))
		return false;
	slot = find_slot(names, hash, text);
	if (!*slot) {
		kept = arena_strndup(names->arena, (const char *)text.p, text.n);
		if (!kept || !append(names, span_of(kept, text.n)))
			return false;
		*slot = slot_of(hash, (uint32_t)(names->list.n - 1));
	}
	*number = (uint32_t)*slot - 1;
	return true;
}

bool build_names_add(struct build_names *names, struct span text, uint32_t *number)
{
	return add(names, hash_short(text), text, number);
}

/* The number + 1 that is in the slot of a hash, in whatever way it came there; 0: none. */
static uint32_t guess(const struct build_names *names, uint64_t hash)
{
	return names->size ? (uint32_t)names->slots[hash & (names->size - 1)] : 0;
}

/* Slot, name and text are in three places, none of them near: what the next names need is on its
 * way while one is looked at. Most guesses are right. */
bool build_names_add_all(struct build_names *names, const struct span *texts, size_t n,
			 uint32_t *numbers)
{
	enum { BATCH = 32 };
	uint64_t hashes[BATCH];
	uint32_t guesses[BATCH];

	for (size_t begin = 0; begin < n; begin += BATCH, texts += BATCH, numbers += BATCH) {
		size_t count = n - begin < BATCH ? n - begin : BATCH;

		for (size_t i = 0; i < count; i++) {
			hashes[i] = hash_short(texts[i]);
			if (names->size)
				__builtin_prefetch(&names->slots[hashes[i] & (names->size - 1)]);
		}
		for (size_t i = 0; i < count; i++)
			if ((guesses[i] = guess(names, hashes[i])))
				__builtin_prefetch(&names->list.p[guesses[i] - 1]);
		for (size_t i = 0; names->cache && i < count; i++)
			if (guesses[i])
				build_names_fetch(names, guesses[i] - 1);
		for (size_t i = 0; i < count; i++)
			if (guesses[i])
				__builtin_prefetch(names->list.p[guesses[i] - 1].text.p);
		for (size_t i = 0; i < count; i++) {
			numbers[i] = guesses[i] - 1;
			if ((!guesses[i] ||
			     !span_equal(names->list.p[numbers[i]].text, texts[i])) &&
			    !add(names, hashes[i], texts[i], &numbers[i]))
				return false;
		}
	}
	return true;
}

bool build_names_reserve(struct build_names *names, size_t n)
{
	if (n > names->list.size &&
	    !vec_grow((void **)&names->list.p, &names->list.size, n, sizeof(*names->list.p)))
		return false;
	return build_names_room(n) <= names->size || grow(names, n);
}

struct build_name *build_names_find(const struct build_names *names, struct span text)
{
	uint64_t slot = names->size ? *find_slot(names, hash_short(text), text) : 0;

	return slot ? &names->list.p[(uint32_t)slot - 1] : NULL;
}

bool build_names_know(struct build_names *names, const struct build_cache *cache, size_t n)
{
	enum { OTHERS = 1024 }; /* that may come without moving the list */

	names->is_there = arena_array(names->arena, n, sizeof(*names->is_there));
	if (!names->is_there || !vec_grow((void **)&names->list.p, &names->list.size, n + OTHERS,
					  sizeof(*names->list.p)))
		return false;
	names->list.n = names->known = n;
	names->cache = cache;
	return true;
}

void build_names_fetch(const struct build_names *names, uint32_t number)
{
	if (number >= names->known || names->is_there[number])
		return;
	names->list.p[number] = build_cache_name(names->cache, number);
	names->is_there[number] = true;
}

void build_names_fetch_all(struct build_names *names)
{
	for (uint32_t i = 0; names->cache && i < names->known; i++)
		build_names_fetch(names, i);
	names->cache = NULL;
}

void build_names_free(struct build_names *names)
{
	vec_free(&names->list);
	free_slots(names);
}
