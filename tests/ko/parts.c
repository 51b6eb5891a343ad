/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of which only parts are read tell the same as those that are read as a whole; and what
 * cannot be read is not taken for empty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../scratch.h"
#include "base/file.h"
#include "base/mem.h"
#include "ko/ko.h"
#include "pack.h"
#include "sample.h"

enum { GAP = 20000 }; /* more than is ever read on the way */

/* A module with all tables, and much that nobody asks for in front of its section headers. */
static void make_module(struct buf *out)
{
	static const unsigned char gap[GAP];
	struct sample sample;

	sample_init(&sample, true, false);
	sample_loaded(&sample, ".modinfo", SPAN_LITERAL("license=GPL\0alias=a:*\0alias=b:*\0"));
	sample_loaded(&sample, "gap", span_of(gap, sizeof(gap)));
	sample_symbol_table(&sample);
	sample_symbol(&sample, "needed", 0x10, 0, 0);
	sample_symbol(&sample, "__crc_given", 0, 0xfff1, 7);
	sample_loaded(&sample, "gap2", span_of(gap, sizeof(gap)));
	sample_loaded(&sample, "__versions",
		      SPAN_LITERAL("\1\0\0\0\0\0\0\0needed\0\0"
				   "aaaaaaaabbbbbbbbaaaaaaaabbbbbbbbaaaaaaaabbbbbbbb"));
	sample_loaded(&sample, "gap3", span_of(gap, sizeof(gap)));
	sample_build(&sample, out);
	sample_free(&sample);
}

static void check_tables(const struct ko *ko)
{
	const struct ko_version *versions;
	const struct ko_symbol *symbols;
	const struct ko_info *infos;
	size_t n;

	infos = ko_infos(ko, &n);
	assert_int_equal(n, 3);
	assert_string_equal(infos[2].value, "b:*");
	symbols = ko_symbols(ko, &n);
	assert_int_equal(n, 3);
	assert_string_equal(symbols[1].name, "needed");
	assert_string_equal(symbols[2].name, "__crc_given");
	assert_int_equal(symbols[2].value, 7);
	versions = ko_versions(ko, &n);
	assert_int_equal(n, 1);
	assert_string_equal(versions[0].name, "needed");
	assert_false(ko_is_signed(ko));
}

static void test_same(void **state)
{
	static const char *const names[] = {"plain.ko", "g.ko.gz", "x.ko.xz", "z.ko.zst"};
	DEFER(ko_memory_freep) struct ko_memory *memory = ko_memory_new();
	struct buf files[4] = {{0}};
	int at = open(scratch_dir(), O_RDONLY | O_DIRECTORY);

	make_module(&files[0]);
	pack_gzip(buf_span(&files[0]), &files[1]);
	pack_xz(buf_span(&files[0]), &files[2]);
	pack_zstd(buf_span(&files[0]), &files[3]);
	for (int i = 0; i < 4; i++)
		scratch_write(names[i], buf_span(&files[i]));
	for (int turn = 0; turn < 12; turn++) {
		DEFER(ko_closep) struct ko *ko = NULL;

		assert_int_equal(
			ko_open_at(&ko, at, names[turn % 4], turn < 8 ? memory : NULL, NULL), 0);
		check_tables(ko);
		assert_true(span_equal(ko_bytes(ko), buf_span(&files[0])));
		assert_int_equal(ko_failed(ko, NULL), 0);
		assert_int_equal(ko_file(ko)->size, files[turn % 4].n);
	}
	for (int i = 0; i < 4; i++)
		buf_free(&files[i]);
	close(at);
}

static void test_cut_while_read(void **state)
{
	DEFER(buf_free) struct buf file = {0};
	DEFER(ko_closep) struct ko *ko = NULL;
	struct err err = {0};
	const char *path;
	size_t n;

	make_module(&file);
	path = scratch_write("cut.ko", buf_span(&file));
	assert_int_equal(ko_open_at(&ko, AT_FDCWD, path, NULL, &err), 0);
	assert_int_equal(truncate(path, 1000), 0);
	ko_symbols(ko, &n);
	assert_int_equal(n, 0);
	assert_int_equal(ko_failed(ko, &err), -EIO);
	assert_non_null(strstr(err.text, "cut.ko"));
}

static void test_no_file(void **state)
{
	struct ko *ko = NULL;
	struct err err = {0};

	assert_int_equal(ko_open_at(&ko, AT_FDCWD, scratch_dir(), NULL, &err), -EISDIR);
	assert_int_equal(ko_open_at(&ko, AT_FDCWD, "/nonexistent.ko", NULL, &err), -ENOENT);
	assert_null(ko);
}

static void test_no_memory(void **state)
{
	DEFER(buf_free) struct buf file = {0};
	const char *path;

	make_module(&file);
	path = scratch_write("memory.ko", buf_span(&file));
	for (unsigned long i = 1;; i++) {
		DEFER(ko_closep) struct ko *ko = NULL;
		struct err err = {0};
		size_t symbols = 0, versions = 0;
		int code;

		mem_fail_at(i, 1);
		code = ko_open_at(&ko, AT_FDCWD, path, NULL, &err);
		if (code == 0 && ko_symbols(ko, &symbols) && ko_versions(ko, &versions))
			code = ko_failed(ko, &err);
		mem_fail_at(0, 0);
		if (code == 0 && symbols && versions)
			break;
		assert_true(code == 0 || code == -ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_cut_while_read),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
