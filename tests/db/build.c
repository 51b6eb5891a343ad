/* SPDX-License-Identifier: GPL-2.0-only */
/* Making the indexes while memory runs out: an error, and the old files stay; and what only the
 * sanitizers see. What is right to make is compare-kmod's part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../ko/sample.h"
#include "../scratch.h"
#include "base/file.h"
#include "base/mem.h"
#include "db/build.h"

static const char *config, *cache, *system_map; /* paths */

static void write_module(const char *name, const char *export, const char *import)
{
	DEFER(buf_free) struct buf crc = {0};
	DEFER(buf_free) struct buf file = {0};
	struct sample sample;

	buf_format(&crc, "__crc_%s", export);
	sample_init(&sample, true, false);
	sample_loaded(
		&sample, ".modinfo",
		SPAN_LITERAL("alias=pci:v*-[0-9]\0softdep=pre: x\0weakdep=y\0alias=devname:z\0"
			     "alias=char-major-1-2\0alias=bad]\0"));
	sample_symbol_table(&sample);
	sample_symbol(&sample, buf_string(&crc), 0, SHN_ABS, 0x1234);
	sample_symbol(&sample, import, 0x10, SHN_UNDEF, 0);
	sample_build(&sample, &file);
	scratch_write(name, buf_span(&file));
	sample_free(&sample);
}

static void remember(void *context, enum db_level level, const char *text)
{
	buf_text(context, text);
	buf_text(context, "\n");
}

static int build(struct buf *said, struct err *err)
{
	const char *const paths[] = {config, NULL};
	struct db_build_options options = {
		.dir = scratch_dir(),
		.release = "6.1.0",
		.config = paths,
		.system_map = system_map,
		.report_duplicates = true,
		.cache = cache,
		.listener = {remember, said},
	};
	DEFER(db_build_freep) struct db_build *result = NULL;
	int code = db_build(&result, &options, err);

	return code < 0 ? code : db_build_write(result, scratch_dir(), err);
}

static void expect_dep(const char *expected)
{
	DEFER(buf_free) struct buf dep = {0};

	assert_int_equal(file_read(scratch_path("modules.dep"), 1000, &dep, NULL), 0);
	assert_string_equal(buf_string(&dep), expected);
}

static void make_tree(void)
{
	write_module("low.ko", "low", "nobody");
	write_module("top.ko", "top", "low");
	scratch_write("broken.ko", SPAN_LITERAL("nothing"));
	scratch_write("modules.order", SPAN_LITERAL("top.ko\nlow.ko\n"));
	scratch_write("modules.builtin", SPAN_LITERAL("kernel/in-side.ko\n"));
	scratch_write("modules.builtin.modinfo", SPAN_LITERAL("in_side.alias=a-b\0"));
	config = scratch_write("x.conf", SPAN_LITERAL("search extra \\\n built-in\noverride a * b\n"
						      "exclude c\nexternal * /nonexistent\n"));
	cache = scratch_path("cache/file");
	usleep(20000); /* files of this instant are not kept */
}

/* Fails each allocation, with or without what a run before has kept, until one run needs no more of
 * them. Keeping is no duty: when memory runs out there, all else is done. */
static void fail_each_allocation(bool kept)
{
	for (unsigned long n = 1, done = 0; done < 2; n++) {
		DEFER(buf_free) struct buf said = {0};
		struct err err = {0};
		int code;

		if (!kept)
			unlink(cache);
		scratch_write("modules.dep", SPAN_LITERAL("old\n"));
		mem_fail_at(n, 1);
		code = build(&said, &err);
		mem_fail_at(0, 0);
		if (code < 0) {
			assert_int_equal(code, -ENOMEM);
			expect_dep("old\n");
			continue;
		}
		expect_dep("top.ko: low.ko\nlow.ko:\nbroken.ko:\n");
		done += access(cache, F_OK) == 0;
	}
}

static void test_no_memory(void **state)
{
	make_tree();
	fail_each_allocation(false);
	fail_each_allocation(true);
}

/* The kernel's symbols come to names of which there is just room for those that were kept. */
static void test_names_move(void **state)
{
	DEFER(buf_free) struct buf said = {0};
	char name[] = "toc0.ko", symbol[] = "TOC.";

	for (int i = 0; i < 9; i++, name[3]++, symbol[0]++)
		write_module(name, symbol, "nobody"); /* TOC., UOC., ... */
	make_tree();
	assert_int_equal(build(&said, NULL), 0);
	system_map = scratch_write("System.map", SPAN_LITERAL(""));
	assert_int_equal(build(&said, NULL), 0);
	system_map = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_memory, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(test_names_move, scratch_make, scratch_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
