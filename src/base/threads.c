/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/threads.h"

#include <pthread.h>
#include <stdatomic.h>

struct job {
	threads_own_task *task;
	void *context;
	size_t n;
	atomic_size_t next;
	atomic_uint threads; /* that have a number */
};

static void work_as(struct job *job, unsigned int thread)
{
	size_t i;

	while ((i = job->next++) < job->n)
		job->task(job->context, thread, i);
}

static void *work_on(void *context)
{
	struct job *job = context;

	work_as(job, job->threads++);
	return NULL;
}

void threads_each_own(unsigned int threads, size_t n, threads_own_task *task, void *context)
{
	struct job job = {task, context, n, 0, 1};
	pthread_t others[THREADS_MAX - 1];
	unsigned int started = 0;

	while (started + 1 < threads && started + 1 < n && started < THREADS_MAX - 1 &&
	       pthread_create(&others[started], NULL, work_on, &job) == 0)
		started++;
	work_as(&job, 0);
	while (started)
		pthread_join(others[--started], NULL);
}

struct plain {
	threads_task *task;
	void *context;
};

static void forget_thread(void *context, unsigned int thread, size_t number)
{
	struct plain *plain = context;

	plain->task(plain->context, number);
}

void threads_each(unsigned int threads, size_t n, threads_task *task, void *context)
{
	struct plain plain = {task, context};

	threads_each_own(threads, n, forget_thread, &plain);
}
