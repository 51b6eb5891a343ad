/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/window.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/process/layout.h"

/* Blocks are handed out by the MiB; the first ones are the stack of the worker's requests. */
enum {
	UNIT = 1 << 20,
	STACK_UNITS = 4,
	UNITS = (WINDOW_END - WINDOW_BASE) / UNIT,
};

static bool taken[UNITS];
static size_t top;

static char *unit(size_t index)
{
	return (char *)WINDOW_BASE + index * UNIT;
}

static void *map(void *at, size_t length, int fixed)
{
	return mmap(at, length, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
}

int window_create(struct err *err)
{
	if (map(unit(0), (size_t)UNITS * UNIT, MAP_FIXED_NOREPLACE) != unit(0))
		return err_set(err, -ENOMEM, "cannot map user memory at %#x: %s", WINDOW_BASE,
			       strerror(errno));
	memset(taken, true, STACK_UNITS);
	return 0;
}

static size_t units_of(size_t length)
{
	return (length + UNIT - 1) / UNIT;
}

static bool all_free(size_t index, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (taken[index + i])
			return false;
	return true;
}

void *window_take(size_t length)
{
	size_t count = units_of(length);

	for (size_t i = 0; count <= UNITS && i + count <= UNITS; i++) {
		if (!all_free(i, count))
			continue;
		memset(taken + i, true, count);
		return unit(i);
	}
	return NULL;
}

void window_give(void *block, size_t length)
{
	size_t count = units_of(length);

	memset(taken + ((uint64_t)block - WINDOW_BASE) / UNIT, false, count);
	map(block, count * UNIT, MAP_FIXED);
}

void *window_push(size_t length)
{
	void *at = unit(0) + top;

	length = (length + 15) & ~(size_t)15;
	if (length > (size_t)STACK_UNITS * UNIT - top)
		return NULL;
	top += length;
	return at;
}

char *window_push_text(const char *text)
{
	size_t length = strlen(text) + 1;
	char *copy = window_push(length);

	return copy ? memcpy(copy, text, length) : NULL;
}

size_t window_top(void)
{
	return top;
}

void window_pop(size_t to)
{
	top = to;
}
