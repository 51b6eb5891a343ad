/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of ours that the kernel takes for a user's: it lies at user addresses, so our programs can
 * hand it to system calls, and costs nothing to reach. No mm of the kernel's knows it: what shall
 * be a user's memory to get_user_pages(), too, is in user.h.
 */
#ifndef LKM_ENGINE_PROCESS_WINDOW_H
#define LKM_ENGINE_PROCESS_WINDOW_H

#include <stddef.h>

#include "base/err.h"

int window_create(struct err *err);

/* Whole blocks, of at most some 100 MiB in all; NULL when there is no room. */
void *window_take(size_t length);
void window_give(void *block, size_t length);

/* What one request of the worker needs, as a stack: everything above top goes at once. NULL when
 * it is full. */
void *window_push(size_t length);
char *window_push_text(const char *text);
size_t window_top(void);
void window_pop(size_t top);

#endif
