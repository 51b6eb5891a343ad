/* SPDX-License-Identifier: GPL-2.0-only */
/* Small kernel images, unpacked: what is read of them, and what is missing in bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "../scratch.h"
#include "kernel.h"

static void test_layouts(void **state)
{
	static const enum sample_layout layouts[] = {SAMPLE_OLD, SAMPLE_OLD_SEQS, SAMPLE_NEW,
						     SAMPLE_PLACE};

	for (int i = 0; i < 4 * 2 * 2; i++) {
		struct sample sample = {
			.layout = layouts[i / 4], .percpu = i & 1, .pad = i & 2 ? 4 : 8};
		struct image *image;

		/* per-CPU offsets cannot be told from their own place */
		if (sample.layout == SAMPLE_PLACE && sample.percpu)
			continue;
		image = kernel_open(&sample);
		print_message("layout %d, per-CPU segment %d, alignment %u\n", (int)sample.layout,
			      sample.percpu, sample.pad);
		assert_true(image_symbol_count(image) > SAMPLE_FUNCTIONS);
		kernel_check_symbols(image, &sample);
		image_close(image);
	}
}

static void test_symbol_at(void **state)
{
	struct image *image = kernel_open(&kernel_plain);
	struct image_symbol symbol;
	uint64_t size;

	/* padding belongs to the function before */
	assert_true(image_symbol_at(image, SAMPLE_BASE + 0x3044, &symbol, &size));
	assert_string_equal(symbol.name, "both");
	assert_int_equal(symbol.address, SAMPLE_BASE + 0x3030);
	assert_int_equal(size, 0x20);
	assert_true(image_symbol_at(image, SAMPLE_BASE + 0x3038, &symbol, &size));
	assert_int_equal(size, 0x10);
	assert_true(image_symbol_at(image, SAMPLE_BASE + 0x3061, &symbol, &size));
	assert_string_equal(symbol.name, "same_a");
	assert_int_equal(size, 0x10);
	assert_false(image_symbol_at(image, UINT64_MAX, &symbol, &size));
	assert_true(image_symbol_at(image, 5, &symbol, &size));
	assert_string_equal(symbol.name, "cpu_four");
	image_close(image);
}

static int count_symbol(void *context, const struct image_symbol *symbol)
{
	return ++*(int *)context == 10 ? 77 : 0;
}

static void test_each_symbol(void **state)
{
	struct image *image = kernel_open(&kernel_plain);
	int count = 0;

	assert_int_equal(image_each_symbol(image, count_symbol, &count), 77);
	assert_int_equal(count, 10);
	image_close(image);
}

/* A byte wrong in any of the tables: no symbols, or ones that differ; never a crash. */
static void test_damaged_kallsyms(void **state)
{
	struct sample sample = {.layout = SAMPLE_NEW, .pad = 8};
	struct buf file = {0};

	sample_vmlinux(&sample, &file);
	for (size_t at = 0x5000; at < 0x8000; at += 13) {
		struct image *image = NULL;
		char kept = file.p[at];
		int code;

		file.p[at] = (char)(kept ^ 0x81);
		code = image_open(&image, scratch_write("vmlinux", buf_span(&file)), NULL, NULL);
		assert_true(code == 0 || code == -ENOEXEC); /* the banner */
		file.p[at] = kept;
		image_close(image);
	}
	buf_free(&file);
}

/* Other parts. */

static void test_facts(void **state)
{
	struct image *image = kernel_open(&kernel_plain);
	size_t count;
	const struct image_segment *segments = image_segments(image, &count);

	assert_string_equal(image_release(image), SAMPLE_RELEASE);
	assert_string_equal(image_banner(image), "Linux version " SAMPLE_RELEASE " (somebody) #1");
	assert_int_equal(image_machine(image), EM_X86_64);
	assert_int_equal(count, 2);
	assert_int_equal(segments[0].vaddr, SAMPLE_BASE);
	assert_int_equal(segments[0].paddr, 0x1000000);
	assert_int_equal(segments[1].vaddr, 0);
	assert_int_equal(image_at(image, SAMPLE_BASE, 16).n, 16);
	assert_int_equal(image_at(image, SAMPLE_BASE + segments[0].filesz - 8, 16).n, 0);
	assert_int_equal(image_at(image, 0x1000, 1).n, 0);
	assert_int_equal(image_bootable(image, NULL), 0);
	image_close(image);
}

static void test_relocs(void **state)
{
	struct sample two = {.layout = SAMPLE_PLACE, .pad = 8};
	struct image *image = kernel_open(&kernel_plain);

	assert_true(image_relocs(image)->has_inverse32);
	assert_int_equal(image_relocs(image)->abs64.n, 4 * SAMPLE_ABS64);
	assert_int_equal(image_relocs(image)->inverse32.n, 4 * SAMPLE_INVERSE);
	assert_int_equal(image_relocs(image)->abs32.n, 4 * SAMPLE_ABS32);
	assert_int_equal(span_le32(image_relocs(image)->abs32, 4), (uint32_t)SAMPLE_BASE + 0x108);
	image_close(image);
	image = kernel_open(&two);
	assert_false(image_relocs(image)->has_inverse32);
	assert_int_equal(image_relocs(image)->abs64.n, 4 * SAMPLE_ABS64);
	assert_int_equal(image_relocs(image)->abs32.n, 4 * SAMPLE_ABS32);
	image_close(image);
}

static void check_exports(const struct sample *sample)
{
	static const char *const names[] = {"f1", "f2", "f3"}, *const spaces[] = {"", "SPACE", ""};
	struct image *image = kernel_open(sample);
	struct image_export export;

	assert_int_equal(image_export_count(image), 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_string_equal(image_export_at(image, i).name, names[i]);
		assert_true(image_export(image, names[i], &export));
		assert_string_equal(export.name, names[i]);
		assert_string_equal(export.name_space, spaces[i]);
		assert_int_equal(export.gpl, i == 2);
		assert_int_equal(export.has_crc, !sample->no_crcs);
		if (!sample->no_crcs)
			assert_int_equal(export.crc, 0x11111111 * (i + 1));
	}
	assert_false(image_export(image, "f4", &export));
	image_close(image);
}

static void test_exports(void **state)
{
	struct sample flags = {
		.layout = SAMPLE_PLACE, .pad = 4, .flag_table = true, .no_crcs = true};

	check_exports(&kernel_plain);
	check_exports(&flags);
	flags.no_crcs = false;
	check_exports(&flags);
}

static void check_member(const struct image *image, const char *path, uint32_t offset,
			 uint32_t size)
{
	uint32_t got[2];

	assert_int_equal(image_member(image, "struct outer", path, &got[0], &got[1], NULL), 0);
	assert_int_equal(got[0], offset);
	assert_int_equal(got[1], size);
}

static void test_types(void **state)
{
	struct image *image = kernel_open(&kernel_plain);
	struct err err = {0};
	uint32_t offset, size;

	assert_int_equal(image_sizeof(image, "outer", &size, NULL), 0);
	assert_int_equal(size, 40);
	assert_int_equal(image_sizeof(image, "number", &size, NULL), 0);
	assert_int_equal(size, 4);
	check_member(image, "first.y", 4, 4);
	check_member(image, "text", 8, 8);
	check_member(image, "value", 8, 8);
	check_member(image, "list", 16, 20);
	assert_int_equal(image_member(image, "outer", "low", &offset, &size, &err), -ENOENT);
	assert_string_equal(err.text, "the member \"low\" of \"outer\" has no place of its own");
	assert_int_equal(image_member(image, "outer", "first.z", &offset, &size, &err), -ENOENT);
	assert_string_equal(err.text, "this kernel has no member \"first.z\" in \"outer\"");
	assert_int_equal(image_sizeof(image, "inner", &size, &err), -ENOENT);
	assert_string_equal(err.text, "this kernel has no type \"inner\"");
	image_close(image);
}

static void test_config(void **state)
{
	struct sample with = kernel_plain;
	struct image *image = kernel_open(&kernel_plain);

	assert_null(image_config(image, "CONFIG_SMP"));
	assert_int_equal(
		image_add_config(image,
				 scratch_write("config", span_text("# CONFIG_A is not set\n"
								   "CONFIG_SMP=y\n"
								   "CONFIG_HZ=250\n")),
				 NULL),
		0);
	assert_string_equal(image_config(image, "CONFIG_SMP"), "y");
	assert_string_equal(image_config(image, "CONFIG_HZ"), "250");
	assert_null(image_config(image, "CONFIG_A"));
	assert_null(image_config(image, "CONFIG_H"));
	image_close(image);
	with.config = "CONFIG_X=\"text\"\n";
	image = kernel_open(&with);
	assert_string_equal(image_config(image, "CONFIG_X"), "\"text\"");
	image_close(image);
}

static void test_not_bootable(void **state)
{
	static const struct {
		struct sample sample;
		const char *word;
	} cases[] = {
		{{KERNEL_PLAIN, .no_relocs = true}, "no relocation table"},
		{{KERNEL_PLAIN, .bad_reloc = true}, "no relocation table"},
		{{KERNEL_PLAIN, .no_kallsyms = true}, "CONFIG_KALLSYMS"},
		{{KERNEL_PLAIN, .no_btf = true}, "CONFIG_DEBUG_INFO_BTF"},
		{{KERNEL_PLAIN, .machine = EM_AARCH64}, "arm64"},
		{{KERNEL_PLAIN, .program = true}, "User Mode Linux"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image *image = kernel_open(&cases[i].sample);
		struct err err = {0};

		assert_int_equal(image_bootable(image, &err), -ENOTSUP);
		if (!strstr(err.text, cases[i].word))
			fail_msg("\"%s\" is not in: %s", cases[i].word, err.text);
		image_close(image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),	    cmocka_unit_test(test_symbol_at),
		cmocka_unit_test(test_each_symbol), cmocka_unit_test(test_damaged_kallsyms),
		cmocka_unit_test(test_facts),	    cmocka_unit_test(test_relocs),
		cmocka_unit_test(test_exports),	    cmocka_unit_test(test_types),
		cmocka_unit_test(test_config),	    cmocka_unit_test(test_not_bootable),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
