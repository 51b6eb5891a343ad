/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types of a module (.BTF), one by one: btf.c has the frame around them, btf_type.c goes
 * through them, btf_rule.c asks what a kernel asks of each kind, btf_tell.c says what is wrong as
 * it does.
 */
#ifndef LKM_LOAD_BTF_H
#define LKM_LOAD_BTF_H

#include "image/btf_kind.h"
#include "load/walk.h"

enum { BTF_NUMBER_MAX = 0xfffff, BTF_NAME_MAX_OFFSET = 0xffffff, BTF_NOT_SUPPORTED = 524 };

/* Types, and strings that name them; both are numbered on from those of base. */
struct btf_types {
	struct walk *walk;
	const struct image_types *base;
	struct span records;
	struct span strings;  /* the last one ends in it */
	VEC(uint32_t) places; /* of those that were looked at, in records */
	bool terse;	      /* the kernel does not tell what is wrong with a type */
	int code;	      /* the error that it ends with */
};

struct btf_type {
	uint32_t number, name, count, size; /* size is a number of a type for kinds that refer */
	enum kind kind;
	bool flag;
	struct span tail; /* behind its head */
};

/* Checks all types. 0, or the error that it ends with. */
int btf_types_check(struct btf_types *types);
/* Asks what a kernel asks of a type that is whole. */
bool btf_rule_check(struct btf_types *types, const struct btf_type *type);

/* NULL: there is no string at this offset. */
const char *btf_string(const struct btf_types *types, uint32_t offset);

/* "BPF: ...", a line. */
void btf_tell(struct walk *walk, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What is wrong with a type; sets -EINVAL and returns false, for the caller to return. */
enum btf_detail { BTF_NUMBER, BTF_NAME, BTF_WHOLE }; /* how much is told of the type */
bool btf_fault(struct btf_types *types, const struct btf_type *type, enum btf_detail detail,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same of a part of a type: what it is is told by the line that is given. */
bool btf_fault_part(struct btf_types *types, const char *part, const char *what);
const char *btf_tell_name(const struct btf_types *types, uint32_t offset);

#endif
