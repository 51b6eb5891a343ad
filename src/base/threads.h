/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many things alike, done by several threads.
 */
#ifndef LKM_BASE_THREADS_H
#define LKM_BASE_THREADS_H

#include <stddef.h>

enum { THREADS_MAX = 64 };

/* Calls task once for each number below n, in any order, from as many threads, of which one is the
 * caller's, and THREADS_MAX at most. It is done by fewer when the system has no more. */
typedef void threads_task(void *context, size_t number);
void threads_each(unsigned int threads, size_t n, threads_task *task, void *context);

/* The same for a task that keeps something for each thread: calls with one number of a thread,
 * which is below THREADS_MAX, follow each other. The caller's thread is 0. */
typedef void threads_own_task(void *context, unsigned int thread, size_t number);
void threads_each_own(unsigned int threads, size_t n, threads_own_task *task, void *context);

#endif
