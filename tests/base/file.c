/* SPDX-License-Identifier: GPL-2.0-only */
/* Files: whole reads with a limit, unseen ones, replacement in one step, pruning. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/dir.h"
#include "base/file.h"

static void put(const char *path, const char *text)
{
	DEFER(file_abandon) struct file_new file = {.fd = -1};
	struct err err;

	assert_int_equal(file_create(path, 0644, &file, &err), 0);
	assert_int_equal(file_write_all(file.fd, text, strlen(text), path, &err), 0);
	assert_int_equal(file_commit(&file, &err), 0);
}

static void assert_content(const char *path, const char *text)
{
	DEFER(buf_free) struct buf buf = {0};
	struct err err;

	assert_int_equal(file_read(path, 1000, &buf, &err), 0);
	assert_string_equal(buf_string(&buf), text);
}

static int count_one(void *context, const char *path, struct err *err)
{
	++*(int *)context;
	return 0;
}

/* Hidden entries too: what was abandoned must be gone. */
static int entries(void)
{
	char command[128];
	int n = 0;
	FILE *list;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", scratch_dir());
	list = popen(command, "r");
	assert_int_equal(fscanf(list, "%d", &n), 1);
	pclose(list);
	return n;
}

static void test_replacement(void **state)
{
	const char *path = scratch_path("a");

	put(path, "old");
	{
		DEFER(file_abandon) struct file_new file = {.fd = -1};
		struct err err;

		assert_int_equal(file_create(path, 0644, &file, &err), 0);
		assert_int_equal(file_write_all(file.fd, "half", 4, path, &err), 0);
		assert_content(path, "old");
	}
	assert_content(path, "old");
	assert_int_equal(entries(), 1);
	put(path, "new");
	assert_content(path, "new");
	assert_int_equal(entries(), 1);
}

static void test_read_limit(void **state)
{
	DEFER(buf_free) struct buf buf = {0};
	struct err err;

	put(scratch_path("a"), "0123456789");
	assert_int_equal(file_read(scratch_path("a"), 9, &buf, &err), -EFBIG);
	assert_non_null(strstr(err.text, scratch_path("a")));
	assert_int_equal(file_read(scratch_path("none"), 9, &buf, &err), -ENOENT);
}

static void test_map_of_no_file(void **state)
{
	DEFER(file_unmap) struct file_map map = {0};
	struct err err;

	assert_int_equal(file_map(scratch_dir(), &map, &err), -EISDIR);
	put(scratch_path("empty"), "");
	assert_int_equal(file_map(scratch_path("empty"), &map, &err), 0);
	assert_int_equal(map.bytes.n, 0);
}

static void test_prune(void **state)
{
	const struct timespec long_ago[2] = {{1000000000, 0}, {1000000000, 0}};
	int n = 0;

	put(scratch_path("old"), "x");
	put(scratch_path("new"), "x");
	put(scratch_path("used"), "x");
	utimensat(AT_FDCWD, scratch_path("old"), long_ago, 0);
	utimensat(AT_FDCWD, scratch_path("used"), long_ago, 0);
	file_touch(scratch_path("used"));
	file_prune(scratch_dir(), 30);
	assert_int_equal(dir_walk(scratch_dir(), 0, count_one, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_not_equal(access(scratch_path("old"), F_OK), 0);
}

static void test_cache_dir_needs_a_home(void **state)
{
	struct err err;
	char *out = NULL;

	setenv("XDG_CACHE_HOME", "relative", 1);
	unsetenv("HOME");
	assert_int_equal(file_cache_dir(&out, &err), -ENOENT);
	assert_null(out);
}

/* An access before the last change would be written down by any file system that does so. */
static void test_reading_unseen(void **state)
{
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
	const char *path = scratch_path("file");
	DEFER(file_closep) int fd = -1;
	bool unseen = true;
	struct file_id id;
	struct stat st;
	struct err err;
	char byte;

	put(path, "text");
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	fd = file_open_at(AT_FDCWD, path, &unseen, &id, &err);
	assert_true(fd >= 0 && unseen);
	assert_int_equal(file_read_at(fd, 0, &byte, 1, path, &err), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_atime, 1000);
}

/* Only root can become somebody who does not own the file. */
static void test_unseen_refused(void **state)
{
	const char *path = scratch_path("file");
	bool unseen = true;
	struct file_id id;
	struct err err;
	int fd;

	if (geteuid() != 0)
		skip();
	put(path, "text");
	assert_int_equal(chmod(scratch_dir(), 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	fd = file_open_at(AT_FDCWD, path, &unseen, &id, &err);
	assert_int_equal(seteuid(0), 0);
	assert_true(fd >= 0 && !unseen);
	file_close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_replacement, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(test_read_limit, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(test_map_of_no_file, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(test_prune, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(test_reading_unseen, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(test_unseen_refused, scratch_make, scratch_remove),
		cmocka_unit_test(test_cache_dir_needs_a_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
