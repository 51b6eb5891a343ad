/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module's types, .BTF, as far as the kernel looks at the frame of them:
 *
 *	0 u16 magic  2 u8 version  3 u8 flags  4 u32 length of the header, then from its end on
 *	8 u32 types  12 u32 length of types  16 u32 strings  20 u32 length of strings
 *	24 u32 layouts  28 u32 length of layouts, from 7.2 on, and where the header is as long
 *
 * Both number on from the kernel's own. Where the kernel allows a mismatch, it goes on without the
 * types of a module that are damaged.
 */
#include <errno.h>
#include <stdlib.h>

#include "load/btf.h"

enum { MAGIC = 0xeb9f, VERSION = 1, HEADER = 24, HEADER_WIDE = 32 };

struct part {
	uint64_t offset, length;
};

static int compare(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->length < y->length ? -1 : x->length > y->length;
}

/* One follows the other, up to the end. */
static const char *check_parts(struct part *parts, size_t count, uint64_t all)
{
	uint64_t total = 0;

	qsort(parts, count, sizeof(*parts), compare);
	for (size_t i = 0; i < count; i++) {
		if (all < parts[i].offset)
			return "Invalid section offset";
		if (total < parts[i].offset)
			return "Unsupported section found";
		if (total > parts[i].offset)
			return "Section overlap found";
		if (all - total < parts[i].length)
			return "Total section length too long";
		total += parts[i].length;
	}
	return total == all ? NULL : "Unsupported section found";
}

static bool is_zero(struct span bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		if (bytes.p[i])
			return false;
	return true;
}

/* What the kernel says of the header, NULL when nothing is wrong; *code is the error then. */
static const char *check_header(struct span btf, size_t known, struct span *fields, int *code)
{
	uint32_t length = span_le32(btf, 4);

	*code = -EINVAL;
	if (btf.n < 8)
		return "hdr_len not found";
	if (btf.n < length)
		return "btf_header not found";
	if (length > known && !is_zero(span_of(btf.p + known, length - known))) {
		*code = -E2BIG;
		return "Unsupported btf_header";
	}
	*fields = span_of(btf.p, length < known ? length : known);
	if (span_le16(*fields, 0) != MAGIC)
		return "Invalid magic";
	*code = -BTF_NOT_SUPPORTED;
	if (fields->n < 3 || fields->p[2] != VERSION)
		return "Unsupported version";
	return fields->n > 3 && fields->p[3] ? "Unsupported flags" : NULL;
}

static const char *check_frame(struct span btf, struct btf_types *out, int *code)
{
	bool wide = out->walk->kernel->has[SERIES_BTF_WIDE];
	uint32_t length = span_le32(btf, 4);
	struct part types, strings, parts[3];
	struct span fields;
	const char *wrong = check_header(btf, wide ? HEADER_WIDE : HEADER, &fields, code);

	if (wrong)
		return wrong;
	*code = -EINVAL;
	types = (struct part){span_le32(fields, 8), span_le32(fields, 12)};
	strings = (struct part){span_le32(fields, 16), span_le32(fields, 20)};
	parts[0] = types;
	parts[1] = strings;
	parts[2] = (struct part){span_le32(fields, 24), span_le32(fields, 28)};
	wrong = check_parts(parts, wide ? 3 : 2, btf.n - length);
	if (wrong)
		return wrong;
	if (length + strings.offset + strings.length != btf.n)
		return "String section is not at the end";
	if (strings.length && (strings.length - 1 > BTF_NAME_MAX_OFFSET || btf.p[btf.n - 1] != 0))
		return "Invalid string section";
	out->records = span_of(btf.p + length + types.offset, types.length);
	out->strings = span_of(btf.p + length + strings.offset, strings.length);
	return NULL;
}

static void refuse(struct walk *walk, int code)
{
	bool strict = !walk->kernel->btf_mismatch;

	walk_reason(walk, "L-SEC-06", strict ? code : 0,
		    "its types (BTF) are damaged, or those of another kernel");
	if (strict || !walk->kernel->has[SERIES_BTF_ONCE])
		walk_line(walk, 4, "failed to validate module [%s] BTF: %d", walk->name, code);
	else
		walk_line(walk, 4,
			  "Kernel module BTF mismatch detected, BTF debug info may be unavailable "
			  "for some modules");
}

static void check(struct walk *walk, struct span btf)
{
	const struct load_kernel *kernel = walk->kernel;
	struct btf_types types = {
		.walk = walk,
		.base = &kernel->types,
		.terse = kernel->btf_mismatch && kernel->has[SERIES_BTF_ONCE],
	};
	int code;
	const char *wrong = check_frame(btf, &types, &code);

	if (wrong)
		btf_tell(walk, "%s", wrong);
	else
		code = kernel->types.count ? btf_types_check(&types) : 0;
	if (code < 0)
		refuse(walk, code);
	vec_free(&types.places);
}

static const struct section *find(const struct walk *walk, const char *name)
{
	for (size_t i = 1; i < walk->section_count; i++)
		if (strcmp(walk->sections[i].name, name) == 0)
			return &walk->sections[i];
	return NULL;
}

bool btf_step(struct walk *walk)
{
	const struct load_kernel *kernel = walk->kernel;
	const struct section *types = find(walk, ".BTF"), *own_base = find(walk, ".BTF.base");

	if (!kernel->btf || !types || !types->size)
		return true;
	/* Built outside the tree: they number on from a base of their own, which is not read here.
	 */
	if (kernel->btf_base && own_base && own_base->size)
		return true;
	check(walk, elf_raw(walk, types));
	return true;
}
