/* SPDX-License-Identifier: GPL-2.0-only */
/* The types of a kernel, one by one; btf.c has the format. Private to src/image. */
#ifndef LKM_IMAGE_BTF_H
#define LKM_IMAGE_BTF_H

#include "image/btf_kind.h"
#include "image/internal.h"

struct type {
	const char *name;
	enum kind kind;
	bool bit_fields;
	uint32_t count, size; /* size is a type number for kinds that refer to one */
	struct span tail;
};

struct btf {
	struct span types, strings;
	struct types index;
};

/* -ENOENT when the image has no types. */
int image_btf_get(struct btf *out, const struct image *image, struct err *err);
/* Types are numbered from 1 on; false when there is none of this number. */
bool image_btf_type(const struct btf *btf, uint32_t number, struct type *out);
/* Follows typedefs and qualifiers. */
bool image_btf_strip(const struct btf *btf, struct type *type);

#endif
