/* SPDX-License-Identifier: GPL-2.0-only */
/* Unpacked images that are kept: when they are used again, and when not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "../scratch.h"
#include "kernel.h"

static char *cached_file(void)
{
	glob_t found;
	char *path;

	assert_int_equal(glob(scratch_path("cache/images/[0-9a-f][0-9a-f]*"), 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	path = mem_strdup(found.gl_pathv[0]);
	globfree(&found);
	return path;
}

static void open_cached(const char *path, uint64_t identity)
{
	struct image *image = NULL;
	struct err err = {0};

	if (image_open(&image, path, scratch_path("cache"), &err) < 0)
		fail_msg("%s", err.text);
	if (identity)
		assert_int_equal(image_identity(image), identity);
	kernel_check_symbols(image, &kernel_plain);
	assert_int_equal(image_relocs(image)->abs64.n, 4 * SAMPLE_ABS64);
	assert_string_equal(image_release(image), SAMPLE_RELEASE);
	image_close(image);
}

static struct stat stat_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st;
}

static void check_remade(const char *path, const char *cached, const char *how)
{
	struct stat before = stat_of(cached), after;

	open_cached(path, 0);
	after = stat_of(cached);
	if (before.st_ino == after.st_ino)
		fail_msg("a cache file that was %s is still used", how);
}

static void poke(const char *path, long offset, int value)
{
	FILE *file = fopen(path, "r+b");

	assert_non_null(file);
	fseek(file, offset, SEEK_SET);
	fputc(value, file);
	fclose(file);
}

static void test_cache(void **state)
{
	struct buf file = {0};
	struct stat before;
	char *cached;
	const char *path;

	kernel_bzimage("zstd", &file);
	path = scratch_write("vmlinuz", buf_span(&file));
	open_cached(path, 0);
	cached = cached_file();
	before = stat_of(cached);
	open_cached(path, 0);
	assert_int_equal(stat_of(cached).st_ino, before.st_ino);
	poke(cached, 0, 'x');
	check_remade(path, cached, "damaged at its start");
	poke(cached, 8, 99);
	check_remade(path, cached, "made by another version");
	poke(cached, 60, 0x55);
	check_remade(path, cached, "damaged in its header");
	assert_int_equal(truncate(cached, 100000), 0);
	check_remade(path, cached, "cut short");
	assert_int_equal(truncate(cached, 0), 0);
	check_remade(path, cached, "emptied");
	mem_free(cached);
	buf_free(&file);
	file_remove_tree(scratch_path("cache"), NULL);
}

/* The link by which a file is known without being read: not before its times are some seconds old,
 * and not any more when it has changed. */
static void test_cache_link(void **state)
{
	const struct utimbuf old = {1000000000, 1000000000};
	const time_t later = time(NULL) + 1000; /* however slow this is */
	const struct utimbuf young = {later, later};
	struct buf file = {0};
	glob_t found;
	const char *path;

	kernel_bzimage("lz4", &file);
	path = scratch_write("vmlinuz", buf_span(&file));
	utime(path, &young);
	open_cached(path, 0);
	assert_int_equal(glob(scratch_path("cache/images/at-*"), 0, NULL, &found), GLOB_NOMATCH);
	utime(path, &old);
	sleep(4);
	open_cached(path, 0);
	assert_int_equal(glob(scratch_path("cache/images/at-*"), 0, NULL, &found), 0);
	globfree(&found);
	assert_int_equal(chmod(path, 0600), 0); /* the same content with another time of change */
	open_cached(path, 0);
	image_forget(path, scratch_path("cache"));
	assert_int_equal(glob(scratch_path("cache/images/*"), 0, NULL, &found), GLOB_NOMATCH);
	buf_free(&file);
	file_remove_tree(scratch_path("cache"), NULL);
}

/* Without a place to write to, memory will do. */
static void test_no_cache(void **state)
{
	struct buf file = {0};
	const char *path;

	scratch_write("cache", span_text("this is no directory"));
	kernel_bzimage("gzip", &file);
	path = scratch_write("vmlinuz", buf_span(&file));
	open_cached(path, 0);
	unlink(scratch_path("cache"));
	buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_cache_link),
		cmocka_unit_test(test_no_cache),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
