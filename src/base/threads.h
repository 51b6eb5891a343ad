/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many things alike, done by several threads.
 */
#ifndef LKM_BASE_THREADS_H
#define LKM_BASE_THREADS_H

#include <stddef.h>

/* Calls task once for each number below n, in any order, from as many threads, of which one is the
 * caller's. It is done by fewer when the system has no more. */
typedef void threads_task(void *context, size_t number);
void threads_each(unsigned int threads, size_t n, threads_task *task, void *context);

#endif
