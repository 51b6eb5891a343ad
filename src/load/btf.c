/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module's types, .BTF, as far as the kernel looks at the frame of them:
 *
 *	0 u16 magic  2 u8 version  3 u8 flags  4 u32 length of the header, then from its end on
 *	8 u32 types  12 u32 length of types  16 u32 strings  20 u32 length of strings
 *
 * Both number on from the kernel's own. Where the kernel allows a mismatch, it goes on without the
 * types of a module that are damaged.
 */
#include <errno.h>

#include "load/btf.h"

enum { MAGIC = 0xeb9f, VERSION = 1, HEADER = 24 };

struct part {
	uint64_t offset, length;
};

static const char *check_parts(struct part first, struct part second, uint64_t all)
{
	const struct part parts[2] = {first.offset <= second.offset ? first : second,
				      first.offset <= second.offset ? second : first};
	uint64_t total = 0;

	for (int i = 0; i < 2; i++) {
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
static const char *check_header(struct span btf, struct span *fields, int *code)
{
	uint32_t length = span_le32(btf, 4);

	*code = -EINVAL;
	if (btf.n < 8)
		return "hdr_len not found";
	if (btf.n < length)
		return "btf_header not found";
	if (length > HEADER && !is_zero(span_of(btf.p + HEADER, length - HEADER))) {
		*code = -E2BIG;
		return "Unsupported btf_header";
	}
	*fields = span_of(btf.p, length < HEADER ? length : HEADER);
	if (span_le16(*fields, 0) != MAGIC)
		return "Invalid magic";
	*code = -BTF_NOT_SUPPORTED;
	if (fields->n < 3 || fields->p[2] != VERSION)
		return "Unsupported version";
	return fields->n > 3 && fields->p[3] ? "Unsupported flags" : NULL;
}

static const char *check_frame(struct span btf, struct btf_types *out, int *code)
{
	uint32_t length = span_le32(btf, 4);
	struct part types, strings;
	struct span fields;
	const char *wrong = check_header(btf, &fields, code);

	if (wrong)
		return wrong;
	*code = -EINVAL;
	types = (struct part){span_le32(fields, 8), span_le32(fields, 12)};
	strings = (struct part){span_le32(fields, 16), span_le32(fields, 20)};
	wrong = check_parts(types, strings, btf.n - length);
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

bool btf_step(struct walk *walk)
{
	for (size_t i = 1; i < walk->section_count && walk->kernel->btf; i++) {
		const struct section *section = &walk->sections[i];

		if (strcmp(section->name, ".BTF") != 0)
			continue;
		if (section->size)
			check(walk, elf_raw(walk, section));
		break;
	}
	return true;
}
