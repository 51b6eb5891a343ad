/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes a small kernel, packed with lz4, to standard output: "image-make [whole|bare]". A bare one
 * has no relocation table. */
#include <stdio.h>

#include "sample.h"

int main(int argc, char **argv)
{
	struct sample sample = {.layout = SAMPLE_PLACE, .pad = 8};
	struct buf vmlinux = {0}, payload = {0}, file = {0};
	size_t written;

	sample.no_relocs = argc > 1 && strcmp(argv[1], "bare") == 0;
	sample_vmlinux(&sample, &vmlinux);
	sample_lz4(buf_span(&vmlinux), &payload);
	sample_number(&payload, 4, vmlinux.n);
	sample_bzimage(buf_span(&payload), &file);
	written = fwrite(file.p, 1, file.n, stdout);
	buf_free(&vmlinux);
	buf_free(&payload);
	buf_free(&file);
	return written > 0 ? 0 : 1;
}
