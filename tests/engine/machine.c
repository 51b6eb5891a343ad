/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine host, as far as it can be tried without a module: calls that hang, die, fail. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "engine/machine/machine.h"

static struct machine machine;
static const char *path; /* of the test's file */

static int set_up(void **state)
{
	machine = (struct machine){.log.fd = -1, .uevents = -1, .timeout_ms = 5000};
	machine.answer =
		mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	signals_hold(&machine.signals);
	return machine.answer == MAP_FAILED;
}

static int tear_down(void **state)
{
	munmap(machine.answer, sizeof(long));
	signals_release(&machine.signals);
	unlink(path);
	return 0;
}

static const char *place(const char *name)
{
	return path = scratch_path(name);
}

static void test_file(void **state)
{
	DEFER(buf_free) struct buf text = {0};
	struct err err = {0};
	long ret = 0;

	close(open(place("file"), O_CREAT | O_WRONLY, 0600));
	assert_int_equal(machine_write(&machine.base, path, span_text("hello"), &ret, &err), 0);
	assert_int_equal(ret, 5);
	assert_int_equal(machine_read(&machine.base, path, 4, &text, &ret, &err), 0);
	assert_int_equal(ret, 4);
	assert_string_equal(buf_string(&text), "hell");
	assert_int_equal(machine_read(&machine.base, "/nowhere", 4, &text, &ret, &err), 0);
	assert_int_equal(ret, -ENOENT);
}

static void test_mapping(void **state)
{
	DEFER(buf_free) struct buf out = {0};
	struct err err = {0};
	long ret = 0;
	int fd = open(place("file"), O_CREAT | O_RDWR, 0600);

	assert_int_equal(ftruncate(fd, 4096), 0);
	close(fd);
	assert_int_equal(
		machine_mmap(&machine.base, path, 0, 8, span_text("abc"), &out, &ret, &err), 0);
	assert_int_equal(ret, 8);
	assert_int_equal(out.n, 8);
	assert_memory_equal(out.p, "abc\0\0\0\0", 8);
	/* Behind the end of the file there is no page to be had. */
	assert_int_equal(
		machine_mmap(&machine.base, path, 0, 8192, span_of(NULL, 0), &out, &ret, &err), 0);
	assert_int_equal(ret, -EFAULT);
	assert_int_equal(out.n, 8);
}

static void see(void *context, const struct engine_node *node)
{
	buf_format(context, "%c%o %s\n", node->type, (unsigned int)node->mode,
		   strrchr(node->path, '/') + 1);
}

static void test_list(void **state)
{
	DEFER(buf_free) struct buf seen = {0};
	char paths[64];
	struct err err = {0};
	long ret = 1;
	int length = snprintf(paths, sizeof(paths), "%s", scratch_dir()) + 1;

	assert_int_equal(mkfifo(place("pipe"), 0640), 0);
	assert_int_equal(machine_list(&machine.base, span_of(paths, (size_t)length), 0, see, &seen,
				      &ret, &err),
			 0);
	assert_int_equal(ret, 0);
	assert_string_equal(buf_string(&seen), "p640 pipe\n");
}

static void test_poll(void **state)
{
	unsigned int events = 0;
	struct err err = {0};
	long ret = 0;

	assert_int_equal(
		machine_poll(&machine.base, "/dev/null", POLLIN | POLLOUT, 0, &events, &ret, &err),
		0);
	assert_int_equal(ret, 1);
	assert_int_equal(events, POLLIN | POLLOUT);
}

static long die(const void *request, int out)
{
	kill(getpid(), SIGKILL);
	return 0;
}

/* As a task that oopsed. */
static void test_killed(void **state)
{
	DEFER(buf_free) struct buf nothing = {0};
	struct err err = {0};
	long ret = 0;

	assert_int_equal(machine_call(&machine, &(struct machine_call){die, NULL, true}, &nothing,
				      &ret, &err),
			 0);
	assert_int_equal(ret, ENGINE_KILLED);
	assert_int_equal(machine.end.kind, ENGINE_RUNNING);
}

/* A pipe that nobody reads from is not even opened. */
static void test_hangs(void **state)
{
	struct err err = {0};
	long ret = 0;

	machine.timeout_ms = 200;
	assert_int_equal(mkfifo(place("pipe"), 0600), 0);
	assert_int_equal(machine_write(&machine.base, path, span_text("x"), &ret, &err),
			 -ECONNRESET);
	assert_int_equal(machine.end.kind, ENGINE_TIMEOUT);
	assert_int_equal(machine_write(&machine.base, "/dev/null", span_text("x"), &ret, &err),
			 -ECONNRESET);
}

static void test_interrupted(void **state)
{
	struct err err = {0};
	long ret = 0;

	assert_int_equal(mkfifo(place("pipe"), 0600), 0);
	kill(getpid(), SIGINT);
	assert_int_equal(machine_write(&machine.base, path, span_text("x"), &ret, &err), 0);
	assert_int_equal(ret, -EINTR);
	assert_int_equal(machine_wait(&machine, 1000000000), -EINTR);
	signal(SIGINT, SIG_IGN); /* or it would end the test when it is let go */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mapping, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_poll, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hangs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_interrupted, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("machine", tests, scratch_make, scratch_remove);
}
