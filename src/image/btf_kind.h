/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of types in BTF, and how long they are; btf.c has the format. */
#ifndef LKM_IMAGE_BTF_KIND_H
#define LKM_IMAGE_BTF_KIND_H

#include <stdint.h>

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

enum { BTF_TYPE_HEAD = 12 }; /* bytes that each type begins with */

/* Bytes behind the head of a type with this vlen. */
uint64_t btf_kind_tail(enum kind kind, uint32_t count);

#endif
