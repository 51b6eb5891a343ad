/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel says is wrong with a type. It tells that in pieces, each a line of its own:
 *
 *	BPF: [100751] INT u32		number, kind, name
 *	BPF: size=4 bits_offset=0 nr_bits=32 encoding=(none)
 *	BPF:
 *	BPF: vlen != 0
 *	BPF:
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "load/btf.h"

enum { LONGEST = 1024 }; /* of a line, as the kernel's own buffer */

void btf_tell(struct walk *walk, const char *format, ...)
{
	char text[LONGEST];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	walk_say(walk, 3, "BPF: %s", text);
}

const char *btf_tell_name(const struct btf_types *types, uint32_t offset)
{
	const char *name = offset ? btf_string(types, offset) : "(anon)";

	return name ? name : "(invalid-name-offset)";
}

static void tell_prototype(const struct btf_types *types, const struct btf_type *type)
{
	struct walk *walk = types->walk;

	btf_tell(walk, "return=%u args=(", type->size);
	if (type->count == 0)
		btf_tell(walk, "void");
	for (uint32_t i = 0; i < type->count; i++) {
		uint32_t name = span_le32(type->tail, 8 * (uint64_t)i);
		uint32_t number = span_le32(type->tail, 8 * (uint64_t)i + 4);
		const char *comma = i ? ", " : "";

		if (number == 0 && i == type->count - 1)
			btf_tell(walk, "%svararg", comma);
		else
			btf_tell(walk, "%s%u %s", comma, number, btf_tell_name(types, name));
	}
	btf_tell(walk, ")");
}

static void tell_int(struct walk *walk, const struct btf_type *type)
{
	static const char *const encodings[16] = {
		[0] = "(none)", [1] = "SIGNED", [2] = "CHAR", [4] = "BOOL"};
	uint32_t data = span_le32(type->tail, 0);
	const char *encoding = encodings[data >> 24 & 0xf];

	btf_tell(walk, "size=%u bits_offset=%u nr_bits=%u encoding=%s", type->size,
		 data >> 16 & 0xff, data & 0xff, encoding ? encoding : "UNKN");
}

static void tell_details(const struct btf_types *types, const struct btf_type *type)
{
	struct walk *walk = types->walk;

	switch (type->kind) {
	case KIND_INT:
		tell_int(walk, type);
		break;
	case KIND_ARRAY:
		btf_tell(walk, "type_id=%u index_type_id=%u nr_elems=%u", span_le32(type->tail, 0),
			 span_le32(type->tail, 4), span_le32(type->tail, 8));
		break;
	case KIND_STRUCT:
	case KIND_UNION:
	case KIND_ENUM:
	case KIND_ENUM64:
	case KIND_DATASEC:
		btf_tell(walk, "size=%u vlen=%u", type->size, type->count);
		break;
	case KIND_FWD:
		btf_tell(walk, "%s", type->flag ? "union" : "struct");
		break;
	case KIND_FUNC_PROTO:
		tell_prototype(types, type);
		break;
	case KIND_VAR:
		btf_tell(walk, "type_id=%u linkage=%u", type->size, span_le32(type->tail, 0));
		break;
	case KIND_FLOAT:
		btf_tell(walk, "size=%u", type->size);
		break;
	case KIND_DECL_TAG:
		btf_tell(walk, "type=%u component_idx=%d", type->size,
			 (int)span_le32(type->tail, 0));
		break;
	default:
		btf_tell(walk, "type_id=%u", type->size);
	}
}

static void tell_end(struct walk *walk, const char *what)
{
	btf_tell(walk, " ");
	btf_tell(walk, "%s", what);
	btf_tell(walk, "%s", "");
}

bool btf_fault(struct btf_types *types, const struct btf_type *type, enum btf_detail detail,
	       const char *format, ...)
{
	static const char *const kinds[KINDS] = {
		NULL,  "INT",	  "PTR",      "ARRAY",	  "STRUCT",   "UNION", "ENUM",
		"FWD", "TYPEDEF", "VOLATILE", "CONST",	  "RESTRICT", "FUNC",  "FUNC_PROTO",
		"VAR", "DATASEC", "FLOAT",    "DECL_TAG", "TYPE_TAG", "ENUM64"};
	char what[64];
	va_list args;

	types->code = -EINVAL;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (detail == BTF_NUMBER) {
		btf_tell(types->walk, "[%u] %s", type->number, what);
		return false;
	}
	if (types->terse)
		return false;
	btf_tell(types->walk, "[%u] %s %s%s", type->number, kinds[type->kind],
		 btf_tell_name(types, type->name), detail == BTF_WHOLE ? " " : "");
	if (detail == BTF_WHOLE)
		tell_details(types, type);
	tell_end(types->walk, what);
	return false;
}

bool btf_fault_part(struct btf_types *types, const char *part, const char *what)
{
	types->code = -EINVAL;
	btf_tell(types->walk, "%s", part);
	tell_end(types->walk, what);
	return false;
}
