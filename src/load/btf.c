/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module's types, .BTF, as far as the kernel looks at the frame of them:
 *
 *	0 u16 magic  2 u8 version  3 u8 flags  4 u32 length of the header, then from its end on
 *	8 u32 types  12 u32 length of types  16 u32 strings  20 u32 length of strings
 *
 * The types themselves are not validated. Where the kernel is not strict, which Debian's are not,
 *it goes on without the types.
 */
#include <errno.h>

#include "load/walk.h"

enum { MAGIC = 0xeb9f, VERSION = 1, HEADER = 24, NOT_SUPPORTED = 524 };

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

/* What the kernel says of it, NULL when nothing is wrong. */
static const char *complaint(struct span btf, int *code)
{
	unsigned char header[HEADER] = {0};
	uint32_t length = span_le32(btf, 4);
	struct span fields = span_of(header, HEADER);
	struct part types, strings;
	const char *wrong;

	*code = -EINVAL;
	if (btf.n < 8)
		return "hdr_len not found";
	if (btf.n < length)
		return "btf_header not found";
	memcpy(header, btf.p, length < HEADER ? length : HEADER);
	if (span_le16(fields, 0) != MAGIC)
		return "Invalid magic";
	if (header[2] != VERSION || header[3] != 0) {
		*code = -NOT_SUPPORTED;
		return header[2] != VERSION ? "Unsupported version" : "Unsupported flags";
	}
	types = (struct part){span_le32(fields, 8), span_le32(fields, 12)};
	strings = (struct part){span_le32(fields, 16), span_le32(fields, 20)};
	wrong = check_parts(types, strings, btf.n - length);
	if (wrong)
		return wrong;
	if (length + strings.offset + strings.length != btf.n)
		return "String section is not at the end";
	if (strings.length && btf.p[btf.n - 1] != 0)
		return "Invalid string section";
	return types.offset % 4 ? "Unaligned type_off" : NULL;
}

static void refuse(struct walk *walk, const char *wrong, int code)
{
	bool strict = !walk->kernel->btf_mismatch;

	walk_reason(walk, "L-SEC-06", strict ? code : 0, "its types (BTF) are damaged");
	walk_line(walk, 3, "BPF: %s", wrong);
	if (strict || !walk->kernel->has[SERIES_BTF_ONCE])
		walk_line(walk, 4, "failed to validate module [%s] BTF: %d", walk->name, code);
	else
		walk_line(walk, 4,
			  "Kernel module BTF mismatch detected, BTF debug info may be unavailable "
			  "for some modules");
}

bool btf_step(struct walk *walk)
{
	const char *wrong;
	int code;

	for (size_t i = 1; i < walk->section_count && walk->kernel->btf; i++) {
		const struct section *section = &walk->sections[i];

		if (strcmp(section->name, ".BTF") != 0)
			continue;
		wrong = section->size ? complaint(elf_raw(walk, section), &code) : NULL;
		if (wrong)
			refuse(walk, wrong, code);
		break;
	}
	return true;
}
