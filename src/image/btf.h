/* SPDX-License-Identifier: GPL-2.0-only */
/* The types of a kernel, one by one; btf.c has the format. Private to src/image. */
#ifndef LKM_IMAGE_BTF_H
#define LKM_IMAGE_BTF_H

#include "image/internal.h"

enum kind {
	KIND_INT = 1,
	KIND_PTR = 2,
	KIND_ARRAY = 3,
	KIND_STRUCT = 4,
	KIND_UNION = 5,
	KIND_ENUM = 6,
	KIND_FWD = 7,
	KIND_TYPEDEF = 8,
	KIND_VOLATILE = 9,
	KIND_CONST = 10,
	KIND_RESTRICT = 11,
	KIND_FUNC = 12,
	KIND_FUNC_PROTO = 13,
	KIND_VAR = 14,
	KIND_DATASEC = 15,
	KIND_FLOAT = 16,
	KIND_DECL_TAG = 17,
	KIND_TYPE_TAG = 18,
	KIND_ENUM64 = 19,
	KINDS = 20,
};

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
