/* SPDX-License-Identifier: GPL-2.0-only */
/* The gate: what it takes, what it refuses, and what it says then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdio.h>

#include "ko/ko.h"
#include "sample.h"

/* Where fields lie in a 64-bit file. */
enum { E_TYPE = 16, E_MACHINE = 18, E_SHOFF = 40, E_SHENTSIZE = 58, E_SHNUM = 60, E_SHSTRNDX = 62 };
enum { SH_NAME = 0, SH_FLAGS = 8, SH_OFFSET = 24, SH_SIZE = 32, SH_LINK = 40 };

static void expect_error(struct span file, const char *expected)
{
	struct ko *ko = NULL;
	struct err err = {0};

	assert_int_equal(ko_open_bytes(&ko, file, "foo.ko", &err), -ENOEXEC);
	assert_null(ko);
	assert_string_equal(err.text, expected);
	assert_int_equal(err.code, -ENOEXEC);
}

static void expect_text(struct span file)
{
	struct ko *ko = NULL;
	struct err err = {0};

	assert_int_equal(ko_open_bytes(&ko, file, "foo.ko", &err), 0);
	assert_int_equal(ko_section_data(ko, ko_section_named(ko, ".text")).n, 1);
	ko_close(ko);
}

struct fixture {
	struct sample sample;
	struct buf file;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	sample_init(&fixture.sample, true, false);
	sample_module(&fixture.sample, &fixture.file);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	sample_free(&fixture->sample);
	buf_free(&fixture->file);
	return 0;
}

static void poke(struct fixture *f, uint64_t offset, unsigned int width, uint64_t value)
{
	sample_poke(&f->sample, &f->file, offset, width, value);
}

static void test_classes_and_orders(void **state)
{
	for (int i = 0; i < 4; i++) {
		bool is_64bit = i & 1, big_endian = i & 2;
		struct sample sample;
		struct buf file = {0};
		struct ko *ko = NULL;
		const struct ko_section *bss;

		sample_init(&sample, is_64bit, big_endian);
		sample_module(&sample, &file);
		assert_int_equal(ko_open_bytes(&ko, buf_span(&file), "foo.ko", NULL), 0);
		assert_int_equal(ko_is_64bit(ko), is_64bit);
		assert_int_equal(ko_big_endian(ko), big_endian);
		assert_string_equal(ko_machine_name(ko_machine(ko)), is_64bit ? "arm64" : "arm");
		assert_int_equal(ko_section_count(ko), sample.n);
		bss = ko_section_named(ko, ".bss");
		assert_int_equal(bss->size, 1 << 20);
		assert_int_equal(ko_section_data(ko, bss).n, 0);
		assert_int_equal(bss->type, SHT_NOBITS);
		assert_int_equal(bss->flags, SHF_ALLOC);
		assert_null(ko_section_named(ko, ".nothing"));
		assert_null(ko_section(ko, sample.n));
		ko_close(ko);
		sample_free(&sample);
		buf_free(&file);
	}
}

static void test_strangers(void **state)
{
	expect_error(span_text(""), "foo.ko is empty");
	expect_error(span_text("hello"), "foo.ko is not a kernel module: it is not an ELF file");
	expect_error(span_text("#!/bin/sh\n"), "foo.ko is not a kernel module: it is a script");
	expect_error(span_text("!<arch>\ndebian-binary"),
		     "foo.ko is not a kernel module: it is an archive or a Debian package");
	expect_error(span_text("BZh9"),
		     "foo.ko is not a kernel module: it is bzip2 data, which no kernel takes");
}

static void test_types(void **state)
{
	struct fixture *f = *state;

	poke(f, E_TYPE, 2, ET_DYN);
	expect_error(buf_span(&f->file),
		     "foo.ko is not a kernel module: it is an ELF shared library");
	poke(f, E_TYPE, 2, ET_CORE);
	expect_error(buf_span(&f->file), "foo.ko is not a kernel module: it is a core dump");
	poke(f, E_TYPE, 2, 0xfe00);
	expect_error(buf_span(&f->file),
		     "foo.ko is not a kernel module: it is an ELF file of type 65024");
}

static void test_x86_ident_is_ignored(void **state)
{
	struct fixture *f = *state;

	poke(f, E_MACHINE, 2, EM_X86_64);
	poke(f, EI_CLASS, 1, ELFCLASS32);
	poke(f, EI_DATA, 1, ELFDATA2MSB);
	expect_text(buf_span(&f->file));
	poke(f, E_MACHINE, 2, EM_AARCH64);
	poke(f, EI_CLASS, 1, 9);
	expect_error(buf_span(&f->file),
		     "foo.ko is damaged: its ELF header has class 9 and byte order 2");
}

/* Each shorter file is refused, without a read outside of it (what the sanitizers see). */
static void test_every_truncation(void **state)
{
	struct fixture *f = *state;

	for (size_t n = 0; n < f->file.n; n++) {
		struct buf part = {0};
		struct ko *ko = NULL;

		buf_add(&part, f->file.p, n);
		assert_int_equal(ko_open_bytes(&ko, buf_span(&part), "foo.ko", NULL), -ENOEXEC);
		buf_free(&part);
	}
	expect_error(span_of(f->file.p, 20), "foo.ko ends in the middle of its ELF header (file "
					     "has 20 bytes, they need 64)");
}

static void test_section_table_cut(void **state)
{
	struct fixture *f = *state;
	char expected[200];

	snprintf(expected, sizeof(expected),
		 "foo.ko ends in the middle of its section headers (file has %zu bytes, they "
		 "need %zu)",
		 f->file.n - 5, f->file.n);
	expect_error(span_of(f->file.p, f->file.n - 5), expected);
	poke(f, E_SHOFF, 8, UINT64_MAX - 8);
	snprintf(expected, sizeof(expected),
		 "foo.ko ends in the middle of its section headers (file has %zu bytes, they "
		 "need 18446744073709551615)",
		 f->file.n);
	poke(f, E_SHOFF, 8, UINT64_MAX - 64);
	expect_error(buf_span(&f->file), expected);
	poke(f, E_SHOFF, 8, 0);
	expect_error(buf_span(&f->file), "foo.ko is not a kernel module: it has no sections");
}

static void test_header_fields(void **state)
{
	struct fixture *f = *state;
	char expected[200];

	poke(f, E_SHENTSIZE, 2, 40);
	expect_error(buf_span(&f->file), "foo.ko is damaged: its section headers have 40 bytes "
					 "each instead of 64");
	poke(f, E_SHENTSIZE, 2, 64);
	poke(f, E_SHSTRNDX, 2, 99);
	snprintf(expected, sizeof(expected),
		 "foo.ko is damaged: its section names should be in section 99 of %u", f->sample.n);
	expect_error(buf_span(&f->file), expected);
}

/* More than 65279 sections: the header holds 0 and SHN_XINDEX, section 0 the numbers. */
static void test_numbers_in_section_0(void **state)
{
	struct fixture *f = *state;
	uint64_t first = sample_header_at(&f->sample, &f->file, 0);

	poke(f, E_SHNUM, 2, 0);
	poke(f, E_SHSTRNDX, 2, SHN_XINDEX);
	poke(f, first + SH_SIZE, 8, f->sample.n);
	poke(f, first + SH_LINK, 4, f->sample.n - 1);
	expect_text(buf_span(&f->file));
	poke(f, first + SH_SIZE, 8, UINT64_MAX / 2);
	assert_int_equal(ko_open_bytes(&(struct ko *){NULL}, buf_span(&f->file), "foo.ko", NULL),
			 -ENOEXEC);
}

static void test_many_sections(void **state)
{
	struct fixture *f = *state;
	enum { MANY = 70000 };
	uint64_t table = (f->file.n + 7) & ~7ull;
	uint64_t first = sample_header_at(&f->sample, &f->file, 0);
	struct buf file = {0};
	struct ko *ko = NULL;

	buf_add(&file, f->file.p, f->file.n);
	while (file.n < table)
		buf_add(&file, "", 1);
	for (unsigned int i = 0; i < MANY; i++)
		buf_add(&file, f->file.p + first + 64 * (i < f->sample.n ? i : 1), 64);
	sample_poke(&f->sample, &file, E_SHOFF, 8, table);
	sample_poke(&f->sample, &file, E_SHNUM, 2, 0);
	sample_poke(&f->sample, &file, table + SH_SIZE, 8, MANY);
	assert_int_equal(ko_open_bytes(&ko, buf_span(&file), "foo.ko", NULL), 0);
	assert_int_equal(ko_section_count(ko), MANY);
	assert_string_equal(ko_section(ko, MANY - 1)->name, ".text");
	ko_close(ko);
	buf_free(&file);
}

static void test_unaligned_table(void **state)
{
	struct fixture *f = *state;
	uint64_t first = sample_header_at(&f->sample, &f->file, 0);
	struct buf file = {0};

	buf_add(&file, f->file.p, first);
	buf_add(&file, "x", first % 2 ? 2 : 1);
	buf_add(&file, f->file.p + first, f->file.n - first);
	sample_poke(&f->sample, &file, E_SHOFF, 8, file.n - (f->file.n - first));
	assert_int_equal((file.n - (f->file.n - first)) % 2, 1);
	expect_text(buf_span(&file));
	buf_free(&file);
}

static void test_section_outside(void **state)
{
	struct fixture *f = *state;
	uint64_t text = sample_header_at(&f->sample, &f->file, 1);
	uint64_t names = sample_header_at(&f->sample, &f->file, f->sample.n - 1);
	char expected[200];

	poke(f, text + SH_OFFSET, 8, UINT64_MAX);
	snprintf(expected, sizeof(expected),
		 "foo.ko is damaged or cut short: section 1 (.text) has 1 bytes at "
		 "18446744073709551615, the file only %zu",
		 f->file.n);
	expect_error(buf_span(&f->file), expected);
	poke(f, text + SH_OFFSET, 8, 0); /* overlaps the header: taken */
	expect_text(buf_span(&f->file));
	poke(f, names + SH_OFFSET, 8, 1ull << 32);
	snprintf(expected, sizeof(expected),
		 "foo.ko is damaged or cut short: its section names lie outside of the file's %zu "
		 "bytes",
		 f->file.n);
	expect_error(buf_span(&f->file), expected);
}

static void test_section_names(void **state)
{
	struct fixture *f = *state;
	uint64_t text = sample_header_at(&f->sample, &f->file, 1);
	uint64_t symtab = sample_header_at(&f->sample, &f->file, 2);
	uint64_t names = sample_header_at(&f->sample, &f->file, f->sample.n - 1);

	poke(f, symtab + SH_NAME, 4, UINT32_MAX); /* is not loaded: its name may be bad */
	expect_text(buf_span(&f->file));
	poke(f, symtab + SH_LINK, 4, 0);
	assert_int_equal(ko_open_bytes(&(struct ko *){NULL}, buf_span(&f->file), "foo.ko", NULL),
			 -ENOEXEC);
	poke(f, symtab + SH_LINK, 4, 3);
	poke(f, text + SH_NAME, 4, UINT32_MAX);
	expect_error(buf_span(&f->file), "foo.ko is damaged: section 1 has no valid name");
	poke(f, names + SH_SIZE, 8, 3);
	expect_error(buf_span(&f->file), "foo.ko is damaged: its section names have no end");
	poke(f, names + SH_SIZE, 8, 0);
	expect_error(buf_span(&f->file), "foo.ko is damaged: its section names have no end");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_classes_and_orders),
		CASE(test_strangers),
		CASE(test_types),
		CASE(test_x86_ident_is_ignored),
		CASE(test_every_truncation),
		CASE(test_section_table_cut),
		CASE(test_header_fields),
		CASE(test_numbers_in_section_0),
		CASE(test_many_sections),
		CASE(test_unaligned_table),
		CASE(test_section_outside),
		CASE(test_section_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
