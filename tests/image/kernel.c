/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ko/pack.h"
#include "../scratch.h"

const struct sample kernel_plain = {KERNEL_PLAIN};

struct image *kernel_open(const struct sample *sample)
{
	struct buf file = {0};
	struct image *image = NULL;
	struct err err = {0};

	sample_vmlinux(sample, &file);
	if (image_open(&image, scratch_write("vmlinux", buf_span(&file)), NULL, &err) < 0)
		fail_msg("%s", err.text);
	buf_free(&file);
	return image;
}

void kernel_check_symbols(const struct image *image, const struct sample *sample)
{
	struct image_symbol symbol;
	uint64_t size;

	assert_int_equal(image_address(image, "_text"), SAMPLE_BASE);
	for (unsigned int i = 0; i < SAMPLE_FUNCTIONS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "f%u", i);
		assert_int_equal(image_address(image, name), SAMPLE_BASE + 0x100 + 16 * i);
		assert_true(
			image_symbol_at(image, SAMPLE_BASE + 0x100 + 16 * i + 15, &symbol, &size));
		assert_string_equal(symbol.name, name);
	}
	assert_int_equal(image_symbol(image, "twice", &symbol), -ENOTUNIQ);
	assert_int_equal(symbol.address, SAMPLE_BASE + 0x3000);
	assert_int_equal(image_address(image, "twice"), 0);
	assert_int_equal(image_symbol(image, "both", &symbol), 0);
	assert_int_equal(symbol.address, SAMPLE_BASE + 0x3030);
	assert_int_equal(symbol.type, 'T');
	assert_int_equal(image_symbol(image, "nothing", &symbol), -ENOENT);
	if (sample->percpu) {
		assert_int_equal(image_symbol(image, "cpu_four", &symbol), 0);
		assert_int_equal(symbol.address, 4);
	}
}

void kernel_pack(struct span in, const char *how, struct buf *out)
{
	if (strcmp(how, "gzip") == 0)
		pack_gzip(in, out);
	else if (strcmp(how, "xz") == 0)
		pack_xz(in, out);
	else if (strcmp(how, "zstd") == 0)
		pack_zstd(in, out);
	else
		sample_lz4(in, out);
	if (strcmp(how, "gzip") != 0)
		sample_number(out, 4, in.n);
}

void kernel_bzimage(const char *how, struct buf *out)
{
	struct buf vmlinux = {0}, payload = {0};

	sample_vmlinux(&kernel_plain, &vmlinux);
	kernel_pack(buf_span(&vmlinux), how, &payload);
	sample_bzimage(buf_span(&payload), out);
	buf_free(&vmlinux);
	buf_free(&payload);
}
