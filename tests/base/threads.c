/* SPDX-License-Identifier: GPL-2.0-only */
/* Work for several threads: each part once, and at the same time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "base/threads.h"

enum { PARTS = 1000 };

static void count(void *context, size_t number)
{
	atomic_uint *counts = context;

	counts[number]++;
}

static void test_once(void **state)
{
	static const unsigned int threads[] = {0, 1, 2, 7, 1000};

	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		atomic_uint counts[PARTS] = {0};

		threads_each(threads[i], PARTS, count, counts);
		for (size_t at = 0; at < PARTS; at++)
			assert_int_equal(counts[at], 1);
	}
	threads_each(2, 0, count, NULL);
}

static void meet(void *context, size_t number)
{
	pthread_barrier_wait(context);
}

/* Each waits for the others: one thread alone would never end. */
static void test_together(void **state)
{
	pthread_barrier_t barrier;

	assert_int_equal(pthread_barrier_init(&barrier, NULL, 3), 0);
	threads_each(3, 3, meet, &barrier);
	pthread_barrier_destroy(&barrier);
}

struct meeting {
	pthread_barrier_t barrier;
	atomic_uint calls[THREADS_MAX]; /* by number of the thread */
	pthread_t first;
};

static void meet_with_number(void *context, unsigned int thread, size_t number)
{
	struct meeting *meeting = context;

	pthread_barrier_wait(&meeting->barrier);
	if (thread < THREADS_MAX)
		meeting->calls[thread]++;
	if (thread == 0)
		meeting->first = pthread_self();
}

/* Three at the same time have three numbers, and the caller's is 0. */
static void test_numbers(void **state)
{
	struct meeting meeting = {0};

	assert_int_equal(pthread_barrier_init(&meeting.barrier, NULL, 3), 0);
	threads_each_own(3, 3, meet_with_number, &meeting);
	pthread_barrier_destroy(&meeting.barrier);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(meeting.calls[i], 1);
	assert_true(pthread_equal(meeting.first, pthread_self()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
