/* SPDX-License-Identifier: GPL-2.0-only */
/* Images of every form, packed in all ways: they are unpacked, and damaged ones refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image/image.h"
#include "../scratch.h"
#include "kernel.h"

static const char *const packers[] = {"gzip", "xz", "zstd", "lz4"};

static void test_packed(void **state)
{
	struct buf vmlinux = {0};

	sample_vmlinux(&kernel_plain, &vmlinux);
	for (int i = 0; i < 4; i++) {
		struct buf file = {0};
		struct image *image = NULL;
		struct err err = {0};

		kernel_bzimage(packers[i], &file);
		if (image_open(&image, scratch_write("vmlinuz", buf_span(&file)), NULL, &err) < 0)
			fail_msg("%s: %s", packers[i], err.text);
		assert_true(span_equal(image_bytes(image), buf_span(&vmlinux)));
		kernel_check_symbols(image, &kernel_plain);
		image_close(image);
		buf_free(&file);
	}
	buf_free(&vmlinux);
}

static void check_refused(struct span file, int code, const char *word)
{
	struct image *image = NULL;
	struct err err = {0};

	assert_int_equal(image_open(&image, scratch_write("vmlinuz", file), NULL, &err), code);
	assert_null(image);
	if (!strstr(err.text, word))
		fail_msg("\"%s\" is not in: %s", word, err.text);
}

static void test_cut_short(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct buf file = {0};

		kernel_bzimage(packers[i], &file);
		for (size_t n = 0; n < file.n - 104; n += 97) {
			struct image *image = NULL;

			assert_true(image_open(&image, scratch_write("vmlinuz", span_of(file.p, n)),
					       NULL, NULL) < 0);
		}
		check_refused(span_of(file.p, file.n - 200), -EBADMSG, "cut short");
		buf_free(&file);
	}
}

static void test_wrong_size(void **state)
{
	for (int i = 1; i < 4; i++) {
		for (int difference = -1; difference <= 1; difference += 2) {
			struct buf file = {0};

			kernel_bzimage(packers[i], &file);
			file.p[file.n - 104] = (char)(file.p[file.n - 104] + difference);
			check_refused(buf_span(&file), difference < 0 && i < 3 ? -EFBIG : -EBADMSG,
				      "");
			buf_free(&file);
		}
	}
}

static void test_other_packers(void **state)
{
	static const struct {
		struct span magic;
		const char *name;
	} others[] = {{SPAN_LITERAL("BZh91AY"), "bzip2"},
		      {SPAN_LITERAL("\x5d\0\0\0\1"), "lzma"},
		      {SPAN_LITERAL("\x89LZO\0\r\n"), "lzo"},
		      {SPAN_LITERAL("12345678"), "unknown way"}};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct buf payload = {0}, file = {0};

		buf_add(&payload, others[i].magic.p, others[i].magic.n);
		sample_number(&payload, 8, 0);
		sample_bzimage(buf_span(&payload), &file);
		check_refused(buf_span(&file), -ENOTSUP, others[i].name);
		buf_free(&payload);
		buf_free(&file);
	}
}

/* A flat Image: its header, as Documentation/arch/arm64/booting.rst and .../riscv/boot-image-header
 * have it, and a banner. */
static void make_flat(const char *magic, struct buf *out)
{
	sample_number(out, 8, 0x20cd5a4d); /* "MZ" and instructions */
	sample_number(out, 8, 0);	   /* text_offset */
	sample_number(out, 8, 0x3000);	   /* size in memory */
	for (int i = 0; i < 4; i++)
		sample_number(out, 8, 0);
	buf_add(out, magic, 4);
	sample_number(out, 4, 0);
	buf_text(out, "Linux version 6.1.0-flat (me@here)\n");
	sample_number(out, 8, 0);
}

static void check_flat(struct span file, unsigned int machine, uint64_t base)
{
	struct image *image = NULL;
	struct err err = {0};
	size_t count;

	if (image_open(&image, scratch_write("vmlinuz", file), NULL, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(image_release(image), "6.1.0-flat");
	assert_int_equal(image_machine(image), machine);
	assert_int_equal(image_segments(image, &count)->vaddr, base);
	assert_int_equal(count, 1);
	assert_int_equal(image_segments(image, &count)->memsz, 0x3000);
	assert_memory_equal(image_at(image, base + 0x40, 13).p, "Linux version", 13);
	image_close(image);
}

static void test_flat(void **state)
{
	struct buf arm64 = {0}, riscv64 = {0}, gzip = {0}, zboot = {0}, other = {0};

	make_flat("ARM\x64", &arm64);
	make_flat("RSC\x05", &riscv64);
	check_flat(buf_span(&arm64), EM_AARCH64, 0xffff800080000000);
	check_flat(buf_span(&riscv64), EM_RISCV, 0xffffffff80000000);
	kernel_pack(buf_span(&arm64), "gzip", &gzip);
	check_flat(buf_span(&gzip), EM_AARCH64, 0xffff800080000000);
	/* drivers/firmware/efi/libstub/zboot-header.S */
	buf_add(&zboot, "MZ\0\0zimg", 8);
	sample_number(&zboot, 4, 0x40);
	sample_number(&zboot, 4, gzip.n);
	sample_number(&zboot, 8, 0);
	buf_add(&zboot, "gzip\0\0\0\0", 8);
	while (zboot.n < 0x40)
		sample_number(&zboot, 8, 0);
	buf_add(&zboot, gzip.p, gzip.n);
	check_flat(buf_span(&zboot), EM_AARCH64, 0xffff800080000000);
	check_refused(span_of(zboot.p, 0x50), -ENOEXEC, "neither a bzImage");
	kernel_pack(
		span_text("no Image, but long enough for the head of one, which has 64 bytes ..."),
		"gzip", &other);
	check_refused(buf_span(&other), -ENOEXEC, "no Image of arm64");
	check_refused(span_of(gzip.p, gzip.n - 8), -EBADMSG, "");
	buf_free(&arm64);
	buf_free(&riscv64);
	buf_free(&gzip);
	buf_free(&zboot);
	buf_free(&other);
}

static void test_no_kernels(void **state)
{
	struct buf file = {0}, arm = {0}, empty = {0};

	check_refused(span_of("", 0), -ENOEXEC, "empty");
	check_refused(span_text("hello"), -ENOEXEC, "neither a bzImage, an Image nor an ELF file");
	sample_vmlinux(&kernel_plain, &file);
	check_refused(span_of(file.p, 100), -ENOEXEC, "no program headers");
	check_refused(span_of(file.p, 0x2000), -ENOEXEC, "outside of the file");
	file.p[offsetof(Elf64_Ehdr, e_type)] = ET_REL;
	check_refused(buf_span(&file), -ENOEXEC, "a module?");
	file.p[offsetof(Elf64_Ehdr, e_type)] = ET_EXEC;
	memset(memmem(file.p, file.n, "Linux version", 13), 'x', 13);
	check_refused(buf_span(&file), -ENOEXEC, "no \"Linux version \"");
	for (int i = 0; i < 14; i++)
		sample_number(&arm, 4, 0);
	buf_text(&arm, "ARM\x64");
	check_refused(buf_span(&arm), -ENOEXEC, "no \"Linux version \"");
	sample_bzimage(span_of("", 0), &empty);
	check_refused(buf_span(&empty), -ENOEXEC, "nothing is packed");
	buf_free(&file);
	buf_free(&arm);
	buf_free(&empty);
	check_refused(span_of("\x7f"
			      "ELF",
			      4),
		      -ENOEXEC, "not an ELF file");
}

/* Fails the n-th allocation until one run needs no more of them. */
static void test_no_memory(void **state)
{
	struct buf file = {0};
	const char *path;
	unsigned long n;
	int code = -1;

	kernel_bzimage("xz", &file);
	path = scratch_write("vmlinuz", buf_span(&file));
	for (n = 1; code < 0; n++) {
		struct image *image = NULL;
		struct err err = {0};
		uint32_t size;

		mem_fail_at(n, 0);
		code = image_open(&image, path, NULL, &err);
		if (code == 0)
			code = image_sizeof(image, "outer", &size, &err);
		mem_fail_at(0, 0);
		if (code < 0)
			assert_int_equal(code, -ENOMEM);
		image_close(image);
	}
	assert_true(n > 10);
	buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packed),	   cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_wrong_size), cmocka_unit_test(test_other_packers),
		cmocka_unit_test(test_flat),	   cmocka_unit_test(test_no_kernels),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
