/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernels made for a test: the plain one, opened ones, packed ones. Files are in the scratch
 * directory. */
#ifndef LKM_TESTS_IMAGE_KERNEL_H
#define LKM_TESTS_IMAGE_KERNEL_H

#include "image/image.h"
#include "sample.h"

/* Its fields, for one that differs from it in others. */
#define KERNEL_PLAIN .layout = SAMPLE_OLD_SEQS, .percpu = true, .pad = 8

extern const struct sample kernel_plain;

/* The image of a sample, opened without a cache. */
struct image *kernel_open(const struct sample *sample);
/* That all symbols of a sample are found. */
void kernel_check_symbols(const struct image *image, const struct sample *sample);

/* how: "gzip", "xz", "zstd", "lz4"; with the size behind it, where a bzImage has it there. */
void kernel_pack(struct span in, const char *how, struct buf *out);
/* The plain sample, packed. */
void kernel_bzimage(const char *how, struct buf *out);

#endif
