/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of images share: a directory to write them to, the plain one, packed ones. */
#ifndef LKM_TESTS_IMAGE_SCRATCH_H
#define LKM_TESTS_IMAGE_SCRATCH_H

#include "image/image.h"
#include "sample.h"

extern const struct sample scratch_plain;

/* The set-up and the end of a group of tests. */
int scratch_make(void **state);
int scratch_remove(void **state);

/* A path in the directory, and a file written there; they live until the end. */
const char *scratch_path(const char *name);
const char *scratch_write(const char *name, struct span bytes);

/* The image of a sample, opened without a cache. */
struct image *scratch_open(const struct sample *sample);
/* That all symbols of a sample are found. */
void scratch_check_symbols(const struct image *image, const struct sample *sample);

/* how: "gzip", "xz", "zstd", "lz4"; with the size behind it, where a bzImage has it there. */
void scratch_pack(struct span in, const char *how, struct buf *out);
/* The plain sample, packed. */
void scratch_bzimage(const char *how, struct buf *out);

#endif
