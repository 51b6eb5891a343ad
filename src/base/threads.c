/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/threads.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS_MAX = 64 };

struct job {
	threads_task *task;
	void *context;
	size_t n;
	atomic_size_t next;
};

static void *work_on(void *context)
{
	struct job *job = context;
	size_t i;

	while ((i = job->next++) < job->n)
		job->task(job->context, i);
	return NULL;
}

void threads_each(unsigned int threads, size_t n, threads_task *task, void *context)
{
	struct job job = {task, context, n, 0};
	pthread_t others[THREADS_MAX - 1];
	unsigned int started = 0;

	while (started + 1 < threads && started < THREADS_MAX - 1 &&
	       pthread_create(&others[started], NULL, work_on, &job) == 0)
		started++;
	work_on(&job);
	while (started)
		pthread_join(others[--started], NULL);
}
