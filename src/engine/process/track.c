/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/track.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "engine/process/guest.h"
#include "engine/process/layout.h"
#include "engine/process/wire.h"

struct track_originals track_originals;

/* A place in module text that allocates. Its name is taken at the first call, while the module
 * is there. */
struct caller {
	uint64_t address;
	uint32_t generation;
	uint64_t count, bytes;
	uint32_t live; /* blocks that are not freed */
	char name[256];
};

struct block {
	uint64_t address, size; /* size 0: free record */
	const char *kind;
	uint32_t caller, next;
};

/* Fixed tables: memory that is never touched costs nothing. When they are full, what comes later
 * goes unrecorded. */
enum { BUCKETS = 1 << 16, BLOCKS = 1 << 20, CALLERS = 1 << 12 };

static uint32_t buckets[BUCKETS]; /* index + 1 of the first block */
static struct block blocks[BLOCKS];
static uint32_t block_count, free_block, live_count;
static struct caller callers[CALLERS];
static uint32_t caller_count, generation;

void track_new_generation(void)
{
	generation++;
}

static bool is_module_text(uint64_t address)
{
	return address >= MODULES_BASE && address < MODULES_END;
}

/* A place for another caller: when there is no new one, that of the oldest whose blocks are all
 * freed. A kernel that loads and unloads without end needs no more. CALLERS: there is none. */
static uint32_t new_caller(void)
{
	uint32_t oldest = CALLERS;

	if (caller_count < CALLERS)
		return caller_count++;
	for (uint32_t i = 0; i < CALLERS; i++)
		if (!callers[i].live && callers[i].generation != generation &&
		    (oldest == CALLERS || callers[i].generation < callers[oldest].generation))
			oldest = i;
	return oldest;
}

static uint32_t find_caller(uint64_t address)
{
	uint32_t i = caller_count;

	while (i-- > 0)
		if (callers[i].address == address && callers[i].generation == generation)
			return i;
	i = new_caller();
	if (i == CALLERS)
		return i;
	callers[i] = (struct caller){.address = address, .generation = generation};
	guest_symbol(callers[i].name, sizeof(callers[i].name), address);
	return i;
}

static uint32_t *bucket_of(uint64_t address)
{
	return &buckets[(address >> 3) * 0x9e3779b97f4a7c15ull >> 48];
}

static void forget(uint64_t address)
{
	if (!live_count)
		return;
	for (uint32_t *link = bucket_of(address); *link; link = &blocks[*link - 1].next) {
		uint32_t index = *link;
		struct block *block = &blocks[index - 1];

		if (block->address != address)
			continue;
		*link = block->next;
		callers[block->caller].live--;
		block->size = 0;
		block->next = free_block;
		free_block = index;
		live_count--;
		return;
	}
}

static void record(uint64_t address, uint64_t size, const char *kind, uint64_t caller_address)
{
	uint32_t caller = find_caller(caller_address), index = free_block;
	uint32_t *bucket = bucket_of(address);

	forget(address);
	if (caller == CALLERS || (!index && block_count == BLOCKS))
		return;
	if (index)
		free_block = blocks[index - 1].next;
	else
		index = ++block_count;
	blocks[index - 1] = (struct block){address, size ? size : 1, kind, caller, *bucket};
	*bucket = index;
	live_count++;
	callers[caller].live++;
	callers[caller].count++;
	callers[caller].bytes += size;
}

static long track_either(long a, long b)
{
	return is_module_text((uint64_t)a) ? a : b;
}

static void allocated(long address, long size, const char *kind, uint64_t from)
{
	if ((unsigned long)address > 4096 && is_module_text(from))
		record((uint64_t)address, (uint64_t)size, kind, from);
}

/* The kernel's object_size of a struct kmem_cache. */
static long track_object_size(long cache)
{
	return *(uint32_t *)(cache + guest.cache_object_size);
}

#define A(function, kind, size, caller)                                                            \
	long track_##function(long a, long b, long c, long d, long e, long f)                      \
	{                                                                                          \
		long (*original)(long, long, long, long, long, long) =                             \
			(void *)track_originals.function;                                          \
		long result = original(a, b, c, d, e, f);                                          \
                                                                                                   \
		allocated(result, size, kind,                                                      \
			  (uint64_t)((caller) ? (caller) : (long)__builtin_return_address(0)));    \
		return result;                                                                     \
	}
TRACK_ALLOCATORS(A)
#undef A

#define R(function, argument)                                                                      \
	void track_##function(long a, long b)                                                      \
	{                                                                                          \
		void (*original)(long, long) = (void *)track_originals.function;                   \
                                                                                                   \
		forget((uint64_t)(argument));                                                      \
		original(a, b);                                                                    \
	}
TRACK_RELEASES(R)
#undef R

void track_kmem_cache_free_bulk(long cache, long count, void **list)
{
	void (*original)(long, long, void **) = (void *)track_originals.kmem_cache_free_bulk;

	for (long i = 0; i < count; i++)
		forget((uint64_t)list[i]);
	original(cache, count, list);
}

/* "function+0x12/0x40 [module]" */
static bool is_of_module(const struct caller *caller, const char *module)
{
	const char *bracket = strrchr(caller->name, '[');
	size_t length = strlen(module);

	return bracket && !strncmp(bracket + 1, module, length) && bracket[1 + length] == ']';
}

static void report_block(const struct block *block)
{
	char text[320];
	int kind = snprintf(text, sizeof(text), "%s", block->kind);
	int name = snprintf(text + kind + 1, sizeof(text) - (size_t)kind - 1, "%s",
			    callers[block->caller].name);

	wire_say(WIRE_BLOCK, (int64_t)block->address, block->size, text, (size_t)(kind + 1 + name));
}

uint64_t track_report(const char *module, uint64_t *bytes)
{
	uint64_t count = 0;

	*bytes = 0;
	for (uint32_t i = 0; i < caller_count; i++) {
		if (!is_of_module(&callers[i], module))
			continue;
		count += callers[i].count;
		*bytes += callers[i].bytes;
	}
	for (uint32_t i = 0; i < block_count; i++)
		if (blocks[i].size && is_of_module(&callers[blocks[i].caller], module))
			report_block(&blocks[i]);
	return count;
}
