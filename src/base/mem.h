/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one doorway for memory. Every allocation of lkm passes here, so that a test can make the
 * n-th one fail (mem_fail_at) and sizes are checked for overflow in one place.
 *
 * A parsed object lives in one arena and is freed as a whole.
 */
#ifndef LKM_BASE_MEM_H
#define LKM_BASE_MEM_H

#include <stddef.h>

#include "base/cleanup.h"

/* All return NULL when there is no memory or count * size overflows. Zero bytes give a valid
 * pointer. mem_resize() leaves the old block alone on failure; new bytes are not cleared. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_array(size_t count, size_t size);
void *mem_resize(void *block, size_t count, size_t size);
char *mem_strdup(const char *text);
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mem_free(void *block);

static inline void mem_freep(void *block)
{
	mem_free(*(void **)block);
}

/* For a program that soon uses about that much memory and then ends: asks for it at once, in large
 * pages where the system has them, and keeps what is freed. Each page that a program touches first
 * costs about a microsecond. */
void mem_expect(size_t size);

/* A block that serves again and again; {0} has none yet. What is taken is count * size zeroed
 * bytes, or NULL as from mem_array(), and what was taken before is gone. Threads have their own. */
struct mem_room {
	void *p;
	size_t size;
};
void *mem_room_take(struct mem_room *room, size_t count, size_t size);
void mem_room_free(struct mem_room *room);

/* Makes the n-th allocation from now on (1 is the next) fail, and with persistent also all that
 * follow; 0 ends it. For tests. */
void mem_fail_at(unsigned long n, int persistent);

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is accepted */
DEFINE_DEFER(struct arena, arena_free)

/* Gives back all that was taken from it; its memory serves again. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type; NULL when out of memory. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same, with any content: for what is filled at once. */
void *arena_bytes(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
