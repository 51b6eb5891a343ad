/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables behind the gate: modinfo, parameters, symbols, exports, versions, signature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>

#include "ko/ko.h"
#include "sample.h"

static struct ko *open_sample(struct buf *file)
{
	struct ko *ko = NULL;
	struct err err = {0};

	assert_int_equal(ko_open_bytes(&ko, buf_span(file), "dir/odd-name.ko.xz", &err), 0);
	return ko;
}

/* Builds a sample of a few sections, opens it and frees what is not needed any longer. */
static struct ko *open_built(struct sample *sample, struct buf *file)
{
	sample_build(sample, file);
	sample_free(sample);
	return open_sample(file);
}

static void check_infos(const struct ko *ko)
{
	const char *const *depends;
	const struct ko_info *infos;
	size_t n;

	infos = ko_infos(ko, &n);
	assert_int_equal(n, 10);
	assert_string_equal(infos[0].key, "license");
	assert_string_equal(infos[0].value, "GPL");
	assert_string_equal(infos[6].key, "alias");
	assert_string_equal(infos[6].value, "usb:v*");
	assert_string_equal(ko_info(ko, "alias"), "pci:v*");
	assert_string_equal(ko_info(ko, "author"), "a=b");
	assert_null(ko_info(ko, "licens"));
	assert_string_equal(ko_name(ko), "sample");
	assert_string_equal(ko_release(ko), "6.1.0-test");
	assert_int_equal(ko_depends(ko, &depends), 2);
	assert_string_equal(depends[0], "one");
	assert_string_equal(depends[1], "two-too");
}

static void check_params(const struct ko *ko)
{
	size_t n;
	const struct ko_param *params = ko_params(ko, &n);

	assert_int_equal(n, 2);
	assert_string_equal(params[0].name, "count");
	assert_string_equal(params[0].type, "int");
	assert_string_equal(params[0].description, "how many");
	assert_string_equal(params[1].name, "quiet");
	assert_string_equal(params[1].type, "bool");
	assert_null(params[1].description);
}

static void check_symbols(const struct ko *ko)
{
	size_t n;
	const struct ko_symbol *symbols = ko_symbols(ko, &n);

	assert_int_equal(n, 4);
	assert_string_equal(symbols[0].name, "");
	assert_string_equal(symbols[2].name, "first");
	assert_int_equal(symbols[2].type, STT_FUNC);
	assert_int_equal(symbols[2].binding, STB_GLOBAL);
	assert_int_equal(symbols[2].section, 1);
	assert_string_equal(symbols[3].name, "printk");
	assert_int_equal(symbols[3].section, SHN_UNDEF);
}

static void expect_export(const struct ko_export *export, const char *name, bool gpl, uint32_t crc,
			  const char *space)
{
	assert_string_equal(export->name, name);
	assert_string_equal(export->name_space, space);
	assert_int_equal(export->gpl, gpl);
	assert_int_equal(export->has_crc, crc != 0);
	assert_int_equal(export->crc, crc);
}

static void check_exports(const struct ko *ko)
{
	size_t n;
	const struct ko_export *exports = ko_exports(ko, &n);

	assert_int_equal(n, 3);
	expect_export(&exports[0], "first", false, 0x11111111, "");
	expect_export(&exports[1], "second", false, 0x22222222, "SPACE");
	expect_export(&exports[2], "third", true, 0x33333333, "");
}

static void check_versions(const struct ko *ko)
{
	size_t n;
	const struct ko_version *versions = ko_versions(ko, &n);

	assert_int_equal(n, 2);
	assert_string_equal(versions[0].name, "printk");
	assert_true(versions[0].crc == 0x12345678);
	assert_string_equal(versions[1].name, "module_layout");
	assert_true(versions[1].crc == 0x9abcdef0);
}

static void test_module(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct sample sample;
		struct buf file = {0};
		struct ko *ko;

		sample_init(&sample, i & 1, i & 2);
		sample_module(&sample, &file);
		sample_free(&sample);
		ko = open_sample(&file);
		check_infos(ko);
		check_params(ko);
		check_symbols(ko);
		check_exports(ko);
		check_versions(ko);
		assert_false(ko_is_signed(ko));
		ko_close(ko);
		buf_free(&file);
	}
}

static void test_nothing_inside(void **state)
{
	struct sample sample;
	struct buf file = {0};
	const char *const *depends;
	struct ko *ko;
	size_t n = 1;

	sample_init(&sample, true, false);
	ko = open_built(&sample, &file);
	assert_non_null(ko_infos(ko, &n));
	assert_int_equal(n, 0);
	assert_non_null(ko_params(ko, &n));
	assert_int_equal(n, 0);
	assert_non_null(ko_symbols(ko, &n)); /* stripped */
	assert_int_equal(n, 0);
	assert_non_null(ko_exports(ko, &n));
	assert_int_equal(n, 0);
	assert_non_null(ko_versions(ko, &n));
	assert_int_equal(n, 0);
	assert_int_equal(ko_depends(ko, &depends), 0);
	assert_non_null(depends);
	assert_string_equal(ko_name(ko), "odd_name");
	assert_string_equal(ko_release(ko), "");
	ko_close(ko);
	buf_free(&file);
}

static void test_modinfo_oddities(void **state)
{
	static const char info[] = "\0\0plain\0=empty key\0key=\0depends=,a,,b,\0parm=solo\0"
				   "parm=twice:one\0parm=twice:two\0last=no end";
	struct sample sample;
	struct buf file = {0};
	const char *const *depends;
	const struct ko_info *infos;
	const struct ko_param *params;
	struct ko *ko;
	size_t n;

	sample_init(&sample, true, false);
	sample_section(&sample, ".modinfo", SHT_PROGBITS, 0, span_text("name=not_loaded"));
	sample_loaded(&sample, ".modinfo", span_of(info, sizeof(info) - 1));
	ko = open_built(&sample, &file);
	infos = ko_infos(ko, &n);
	assert_int_equal(n, 8);
	assert_string_equal(infos[0].key, "plain");
	assert_string_equal(infos[0].value, "");
	assert_string_equal(infos[1].value, "empty key");
	assert_string_equal(ko_info(ko, "key"), "");
	assert_string_equal(ko_info(ko, "last"), "no end");
	assert_int_equal(ko_depends(ko, &depends), 2);
	assert_string_equal(depends[1], "b");
	params = ko_params(ko, &n);
	assert_int_equal(n, 1);
	assert_string_equal(params[0].description, "two");
	ko_close(ko);
	buf_free(&file);
}

static void test_symbol_oddities(void **state)
{
	struct sample sample;
	struct buf file = {0};
	const struct ko_symbol *symbols;
	struct ko *ko;
	size_t n;

	sample_init(&sample, true, false);
	sample_symbol_table(&sample);
	sample_symbol(&sample, "here", 0, SHN_ABS, 7);
	sample_symbol(&sample, "gone", 0, 0xabcd, 0);
	/* A name outside of the table, a table without an end, and half a symbol. */
	sample_number(&sample, 2 - 1, 4, UINT32_MAX);
	for (int i = 0; i < 5; i++)
		sample_number(&sample, 1, 4, 0);
	sample_number(&sample, 1, 4, 1);
	sample.names.n--;
	ko = open_built(&sample, &file);
	symbols = ko_symbols(ko, &n);
	assert_int_equal(n, 4);
	assert_string_equal(symbols[1].name, "here");
	assert_int_equal(symbols[1].section, SHN_ABS);
	assert_int_equal(symbols[1].value, 7);
	assert_string_equal(symbols[2].name, "gone");
	assert_int_equal(symbols[2].section, 0xabcd);
	assert_string_equal(symbols[3].name, "");
	ko_close(ko);
	buf_free(&file);
}

/* A module of 5.10: two address fields and CRCs that are relocations; unordered, and with a second
 * relocation at one place, as riscv has. */
static void test_old_exports(void **state)
{
	static const char strings[] = "alpha\0beta";
	struct span nothing = span_of("", 0);
	struct sample sample;
	struct buf file = {0};
	unsigned int tab, rela, crc, crc_rela, names, rodata, text, data, first, second;
	const struct ko_export *exports;
	struct ko *ko;
	size_t n;

	sample_init(&sample, true, true);
	sample_symbol_table(&sample);
	tab = sample_loaded(&sample, "__ksymtab", span_of(strings, 0));
	rela = sample_section(&sample, ".rela__ksymtab", SHT_RELA, 0, nothing);
	crc = sample_loaded(&sample, "__kcrctab", nothing);
	crc_rela = sample_section(&sample, ".rela__kcrctab", SHT_RELA, 0, nothing);
	names = sample_loaded(&sample, "__ksymtab_strings", span_of(strings, sizeof(strings)));
	rodata = sample_loaded(&sample, ".rodata", span_of("\0\0\0\0\xca\xfe\xba\xbe", 8));
	sample.sections[rela].info = tab;
	sample.sections[crc_rela].info = crc;
	text = sample_symbol(&sample, "code", 0, SHN_ABS, 0x1000);
	data = sample_symbol(&sample, "__kstrtab_beta", 0, names, 6);
	first = sample_symbol(&sample, "__crc_alpha", 0x10, SHN_ABS, 0x12345678);
	second = sample_symbol(&sample, "__crc_beta", 0x10, rodata, 4);
	sample_rela(&sample, rela, 16, text, 4);
	sample_rela(&sample, rela, 24, data, 0);
	sample_rela(&sample, rela, 0, text, 0);
	sample_rela(&sample, rela, 8, data, (uint64_t)-6);
	sample_rela(&sample, rela, 8, text, 0);
	sample_rela(&sample, crc_rela, 4, second, 0);
	sample_rela(&sample, crc_rela, 0, first, 0);
	ko = open_built(&sample, &file);
	exports = ko_exports(ko, &n);
	assert_int_equal(n, 2);
	expect_export(&exports[0], "alpha", false, 0x12345678, "");
	expect_export(&exports[1], "beta", false, 0xcafebabe, "");
	ko_close(ko);
	buf_free(&file);
}

/* One table for all symbols, and a table of flags; no CRCs. */
static void test_export_flags(void **state)
{
	static const char strings[] = "any\0gpl\0SPACE\0";
	struct sample sample;
	struct buf file = {0};
	unsigned int tab, rela, names, text;
	const struct ko_export *exports;
	struct ko *ko;
	size_t n;

	sample_init(&sample, true, false);
	sample_symbol_table(&sample);
	tab = sample_loaded(&sample, "__ksymtab", span_of("", 0));
	rela = sample_section(&sample, ".rela__ksymtab", SHT_RELA, 0, span_of("", 0));
	names = sample_loaded(&sample, "__ksymtab_strings", span_of(strings, sizeof(strings)));
	sample_loaded(&sample, "__kflagstab", span_of("\0\1", 2));
	sample.sections[rela].info = tab;
	text = sample_symbol(&sample, "code", 0, SHN_ABS, 0);
	names = sample_symbol(&sample, "", STT_SECTION, names, 0);
	sample_rela(&sample, rela, 0, text, 0);
	sample_rela(&sample, rela, 4, names, 0);
	sample_rela(&sample, rela, 8, names, 14);
	sample_rela(&sample, rela, 12, text, 0);
	sample_rela(&sample, rela, 16, names, 4);
	sample_rela(&sample, rela, 20, names, 8);
	sample_rela(&sample, rela, 24, text, 0); /* an entry without a name is none */
	sample_rela(&sample, rela, 28, 999, 0);	 /* nor one of a symbol that is not there */
	ko = open_built(&sample, &file);
	exports = ko_exports(ko, &n);
	assert_int_equal(n, 2);
	expect_export(&exports[0], "any", false, 0, "");
	expect_export(&exports[1], "gpl", true, 0, "SPACE");
	ko_close(ko);
	buf_free(&file);
}

static void test_extended_versions(void **state)
{
	static const char names[] =
		"a_name_that_is_longer_than_the_55_bytes_of_a_row_in_versions\0b";
	struct sample sample;
	struct buf file = {0};
	unsigned int crcs;
	const struct ko_version *versions;
	struct ko *ko;
	size_t n;

	sample_init(&sample, true, true);
	crcs = sample_loaded(&sample, "__version_ext_crcs", span_of("", 0));
	sample_loaded(&sample, "__version_ext_names", span_of(names, sizeof(names) - 1));
	for (unsigned int i = 1; i <= 3; i++) /* one more than there are names */
		sample_number(&sample, crcs, 4, i);
	ko = open_built(&sample, &file);
	versions = ko_versions(ko, &n);
	assert_int_equal(n, 2);
	assert_string_equal(versions[0].name, names);
	assert_string_equal(versions[1].name, "b");
	assert_int_equal(versions[1].crc, 2);
	ko_close(ko);
	buf_free(&file);
}

static void test_version_oddities(void **state)
{
	struct sample sample;
	struct buf file = {0};
	unsigned int rows;
	const struct ko_version *versions;
	struct ko *ko;
	size_t n;

	sample_init(&sample, true, false);
	rows = sample_loaded(&sample, "__versions", span_of("", 0));
	sample_number(&sample, rows, 8, 0x100000005ull);
	for (int i = 0; i < 56 + 20; i++)
		sample_number(&sample, rows, 1, 'x'); /* no NUL in the row; then a short row */
	ko = open_built(&sample, &file);
	versions = ko_versions(ko, &n);
	assert_int_equal(n, 1);
	assert_int_equal(strlen(versions[0].name), 56);
	assert_true(versions[0].crc == 0x100000005ull);
	ko_close(ko);
	buf_free(&file);
}

static void test_signature(void **state)
{
	struct sample sample;
	struct buf file = {0};
	struct ko *ko;

	sample_init(&sample, true, false);
	sample_build(&sample, &file);
	sample_free(&sample);
	buf_text(&file, "~Module signature appended~\n");
	ko = open_sample(&file);
	assert_true(ko_is_signed(ko));
	ko_close(ko);
	buf_text(&file, "\n");
	ko = open_sample(&file);
	assert_false(ko_is_signed(ko));
	ko_close(ko);
	buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_module),
		cmocka_unit_test(test_nothing_inside),
		cmocka_unit_test(test_modinfo_oddities),
		cmocka_unit_test(test_symbol_oddities),
		cmocka_unit_test(test_old_exports),
		cmocka_unit_test(test_export_flags),
		cmocka_unit_test(test_extended_versions),
		cmocka_unit_test(test_version_oddities),
		cmocka_unit_test(test_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
