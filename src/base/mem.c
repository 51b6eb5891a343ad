/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/mem.h"

#include <limits.h>
#include <malloc.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
	unsigned long countdown; /* 0: nothing fails */
	bool persistent;
} fault;

static bool must_fail(void)
{
	if (fault.countdown == 0)
		return false;
	if (fault.countdown > 1) {
		fault.countdown--;
		return false;
	}
	if (!fault.persistent)
		fault.countdown = 0;
	return true;
}

void mem_fail_at(unsigned long n, int persistent)
{
	fault.countdown = n;
	fault.persistent = persistent;
}

/* A large page is given where nothing was touched before: malloc's own words about the heap lie
 * before the first, and behind all that is expected. */
void mem_expect(size_t size)
{
	static const uintptr_t large_page = 2 << 20, page = 4096;
	uintptr_t begin;
	void *block;

	mallopt(M_MMAP_THRESHOLD, (int)size);
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_TOP_PAD, (int)size);
	mallopt(M_ARENA_MAX, 1); /* also for other threads */
	sbrk((intptr_t)(-((uintptr_t)sbrk(0) + page) &
			(large_page - 1))); /* here the heap goes on */
	block = malloc(size - page); /* more than the heap has: it grows by this and M_TOP_PAD */
	begin = ((uintptr_t)block + large_page - 1) & ~(large_page - 1);
	if (block && begin < (uintptr_t)sbrk(0)) /* no more than a wish: it may fail */
		madvise((void *)begin, (uintptr_t)sbrk(0) - begin, MADV_HUGEPAGE);
	free(block);
}

void *mem_alloc(size_t size)
{
	return must_fail() ? NULL : malloc(size ? size : 1);
}

void *mem_zalloc(size_t size)
{
	return must_fail() ? NULL : calloc(1, size ? size : 1);
}

void *mem_array(size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return mem_zalloc(total);
}

void *mem_resize(void *block, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total) || must_fail())
		return NULL;
	return realloc(block, total ? total : 1);
}

char *mem_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = mem_alloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

/* arena NULL: a block of its own. */
static char *format_in(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	size_t size;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		return NULL;
	size = (size_t)length + 1;
	text = arena ? arena_bytes(arena, size) : mem_alloc(size);
	if (text)
		vsnprintf(text, size, format, args);
	return text;
}

char *mem_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = format_in(NULL, format, args);
	va_end(args);
	return text;
}

void mem_free(void *block)
{
	free(block);
}

void mem_room_free(struct mem_room *room)
{
	mem_free(room->p);
	*room = (struct mem_room){0};
}

/* A new block is clean already, and of a huge one most is never touched: it is not cleared. */
void *mem_room_take(struct mem_room *room, size_t count, size_t size)
{
	static const size_t huge = 16 << 20;
	size_t total, grown;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	if (room->p && total <= room->size && room->size <= huge)
		return memset(room->p, 0, total);
	grown = total < huge / 2 && total < 2 * room->size ? 2 * room->size : total;
	mem_room_free(room);
	room->p = mem_zalloc(grown);
	room->size = room->p ? grown : 0;
	return room->p;
}

/* An arena is a list of blocks, newest first; only the newest has room. What must be zeroed is when
 * it is handed out: much of a block is for what is filled at once, or is never used. */
struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *newest;
	size_t wanted; /* size of the next block, when larger than the usual one */
};

/* Many arenas hold a few strings. */
enum { FIRST_BLOCK_SIZE = 1024, BLOCK_SIZE = 16 * 1024 };

struct arena *arena_new(void)
{
	return mem_zalloc(sizeof(struct arena));
}

static void free_blocks(struct arena *arena)
{
	struct block *block, *next;

	for (block = arena->newest; block; block = next) {
		next = block->next;
		mem_free(block);
	}
	arena->newest = NULL;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	free_blocks(arena);
	mem_free(arena);
}

/* Several blocks make room for one that holds as much as all of them. */
void arena_reset(struct arena *arena)
{
	struct block *block = arena->newest;
	size_t total = 0;

	if (!block)
		return;
	if (!block->next) {
		block->used = 0;
		return;
	}
	for (; block; block = block->next)
		total += block->size;
	free_blocks(arena);
	arena->wanted = total;
}

static struct block *add_block(struct arena *arena, size_t need)
{
	size_t least = arena->newest ? BLOCK_SIZE : FIRST_BLOCK_SIZE;
	size_t usual = arena->wanted > least ? arena->wanted : least;
	size_t room = need > usual ? need : usual;
	struct block *block = mem_alloc(sizeof(*block) + room);

	if (!block)
		return NULL;
	arena->wanted = 0;
	*block = (struct block){.next = arena->newest, .size = room};
	arena->newest = block;
	return block;
}

void *arena_bytes(struct arena *arena, size_t size)
{
	struct block *block = arena->newest;
	void *result;
	size_t need;

	if (size > SIZE_MAX - sizeof(*block) - alignof(max_align_t))
		return NULL;
	need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!block || block->size - block->used < need)
		block = add_block(arena, need);
	if (!block)
		return NULL;
	result = block->bytes + block->used;
	block->used += need;
	return result;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *result = arena_bytes(arena, size);

	return result ? memset(result, 0, size) : NULL;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return arena_alloc(arena, total);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? arena_bytes(arena, length + 1) : NULL;

	if (!copy)
		return NULL;
	if (length > 0) /* an empty span may have no bytes to point to */
		memcpy(copy, text, length);
	copy[length] = 0;
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = format_in(arena, format, args);
	va_end(args);
	return text;
}
