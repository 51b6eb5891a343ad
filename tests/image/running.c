/* SPDX-License-Identifier: GPL-2.0-only */
/* What is read of a running kernel whose image is not at hand, on a /proc made for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>

#include "../ko/pack.h"
#include "../scratch.h"
#include "image/image.h"

static void write_kallsyms(const char *start, const char *visit, const char *go)
{
	DEFER(buf_free) struct buf text = {0};

	buf_format(&text, "%s T _text\n%s r __ksymtab_visit\n%s R __start___ksymtab_gpl\n", start,
		   visit, start);
	buf_format(&text, "%s r __ksymtab_go\n%s r __ksymtab_other\t[other]\n", go, go);
	scratch_write("proc/kallsyms", buf_span(&text));
}

static void check_kernel(bool gpl_known)
{
	DEFER(image_closep) struct image *image = NULL;
	struct image_export export;
	bool known;

	assert_int_equal(image_open_running(&image, scratch_dir(), NULL, &known, NULL), 0);
	assert_int_equal(known, gpl_known);
	assert_string_equal(image_release(image), "6.1.0-test");
	assert_string_equal(image_vermagic(image), "6.1.0-test SMP mod_unload modversions ");
	assert_int_equal(image_machine(image), EM_X86_64);
	assert_string_equal(image_config(image, "CONFIG_SMP"), "y");
	assert_int_equal(image_export_count(image), 2);
	assert_true(image_export(image, "visit", &export));
	assert_false(export.gpl);
	assert_false(export.has_crc);
	assert_true(image_export(image, "go", &export));
	assert_int_equal(export.gpl, gpl_known);
	assert_false(image_export(image, "other", &export));
}

static void test_running(void **state)
{
	static const char zero[] = "0000000000000000";

	write_kallsyms("ffffffff82000100", "ffffffff82000000", "ffffffff82000200");
	check_kernel(true);
	write_kallsyms(zero, zero, zero);
	check_kernel(false);
}

static void test_refused(void **state)
{
	struct image *image = NULL;
	bool known;

	scratch_write("proc/kallsyms", SPAN_LITERAL("\n \n  \nx\n1 T\n2 T __ksymtab_"));
	image_open_running(&image, scratch_dir(), NULL, &known, NULL);
	image_close(image);
	image = NULL;
	scratch_write("proc/kallsyms", SPAN_LITERAL("ffffffff81000000 T _text\n"));
	assert_int_equal(image_open_running(&image, scratch_dir(), NULL, &known, NULL), -ENOENT);
	assert_int_equal(image_open_running(&image, "/nowhere", NULL, &known, NULL), -ENOENT);
	scratch_write("proc/config.gz", SPAN_LITERAL("\x1f\x8b\x08 no gzip"));
	assert_true(image_open_running(&image, scratch_dir(), NULL, &known, NULL) < 0);
	assert_null(image);
}

static int make_root(void **state)
{
	static const char config[] =
		"CONFIG_X86_64=y\nCONFIG_SMP=y\nCONFIG_MODULE_UNLOAD=y\nCONFIG_MODVERSIONS=y\n";
	DEFER(buf_free) struct buf packed = {0};

	if (scratch_make(state) < 0)
		return -1;
	pack_gzip(span_text(config), &packed);
	scratch_write("proc/sys/kernel/osrelease", SPAN_LITERAL("6.1.0-test\n"));
	scratch_write("proc/config.gz", buf_span(&packed));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, make_root, scratch_remove);
}
