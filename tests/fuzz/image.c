/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzzes everything that is read of a kernel image; the input is a vmlinuz or vmlinux. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Asks for each symbol by its name and its address. */
static int ask(void *context, const struct image_symbol *symbol)
{
	const struct image *image = context;
	struct image_symbol other;
	uint64_t length;

	if (image_symbol(image, symbol->name, &other) > 0)
		abort();
	image_symbol_at(image, symbol->address, &other, &length);
	return 0;
}

static void read_all(struct image *image)
{
	DEFER(buf_free) struct buf change = {0};
	uint32_t offset, size;
	struct span bytes;
	size_t count;
	const struct image_segment *segments = image_segments(image, &count);

	for (size_t i = 0; i < count; i++) {
		bytes = image_at(image, segments[i].vaddr, segments[i].filesz);
		if (bytes.n && bytes.p[0] + bytes.p[bytes.n - 1] < 0)
			abort();
	}
	image_each_symbol(image, ask, image);
	for (size_t i = 0; i < image_export_count(image); i++) {
		struct image_export export = image_export_at(image, i);

		image_export(image, export.name, &export);
	}
	image_sizeof(image, "outer", &size, NULL);
	image_sizeof(image, "number", &size, NULL);
	image_member(image, "outer", "first.y", &offset, &size, NULL);
	image_member(image, "outer", "value", &offset, &size, NULL);
	image_member(image, "outer", "list", &offset, &size, NULL);
	image_config(image, "CONFIG_X");
	image_type_change(image, image, "f1", &change);
	image_vermagic(image);
	image_bootable(image, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(image_closep) struct image *image = NULL;
	DEFER(file_closep) int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || file_write_all(fd, data, size, path, NULL) < 0)
		abort();
	if (image_open(&image, path, NULL, NULL) == 0)
		read_all(image);
	return 0;
}
