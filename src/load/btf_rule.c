/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel asks of the types of a module, by their kinds, in its order (its check_meta
 * functions in kernel/bpf/btf.c). What a type refers to need not exist.
 */
#include <errno.h>
#include <stdio.h>

#include "load/btf.h"

enum {
	NAME_LONGEST = 512,
	INT_MASK = 0x0fffffff,
	INT_LONGEST = 128, /* bits */
	FUNC_LINKAGES = 2, /* static, global */
	VAR_LINKAGES = 2,
};

/* The characters of identifiers; looked up, as the names of all types and members are read. */
enum { LETTER = 1, DIGIT };
static const unsigned char characters[256] = {
	['a' ... 'z'] = LETTER, ['A' ... 'Z'] = LETTER, ['_'] = LETTER,
	['.'] = LETTER,		['0' ... '9'] = DIGIT,
};

static bool is_identifier(const char *name)
{
	const unsigned char *p = (const unsigned char *)name;

	if (characters[*p] != LETTER)
		return false;
	while (characters[*p])
		p++;
	return *p == 0 && (const char *)p - name <= NAME_LONGEST;
}

static bool is_printable(const char *name)
{
	const char *p = name;

	while (*p >= ' ' && *p <= '~')
		p++;
	return p > name && *p == 0 && p - name <= NAME_LONGEST;
}

static bool wrong(struct btf_types *types, const struct btf_type *type, const char *what)
{
	return btf_fault(types, type, BTF_WHOLE, "%s", what);
}

/* What many kinds are asked. */

static bool has_no_parts(struct btf_types *types, const struct btf_type *type)
{
	return type->count == 0 || wrong(types, type, "vlen != 0");
}

static bool has_no_flag(struct btf_types *types, const struct btf_type *type)
{
	return !type->flag || wrong(types, type, "Invalid btf_info kind_flag");
}

static bool has_no_name(struct btf_types *types, const struct btf_type *type)
{
	return type->name == 0 || wrong(types, type, "Invalid name");
}

static bool has_name(struct btf_types *types, const struct btf_type *type)
{
	return (type->name && is_identifier(btf_string(types, type->name))) ||
	       wrong(types, type, "Invalid name");
}

static bool may_have_name(struct btf_types *types, const struct btf_type *type)
{
	return type->name == 0 || has_name(types, type);
}

static bool refers(struct btf_types *types, const struct btf_type *type)
{
	return type->size <= BTF_NUMBER_MAX || wrong(types, type, "Invalid type_id");
}

static bool is_number(uint32_t number)
{
	return number > 0 && number <= BTF_NUMBER_MAX;
}

/* What some kinds are asked. */

static bool check_int(struct btf_types *types, const struct btf_type *type)
{
	uint32_t data = span_le32(type->tail, 0), encoding = data >> 24 & 0xf;
	uint32_t bits = (data & 0xff) + (data >> 16 & 0xff);

	if (data & ~(uint32_t)INT_MASK)
		return btf_fault(types, type, BTF_NAME, "Invalid int_data:%x", data);
	if (bits > INT_LONGEST)
		return wrong(types, type, "nr_bits exceeds 128");
	if ((bits + 7) / 8 > type->size)
		return wrong(types, type, "nr_bits exceeds type_size");
	if ((encoding & (encoding - 1)) == 0 && encoding <= 4)
		return true;
	wrong(types, type, "Unsupported encoding");
	types->code = -BTF_NOT_SUPPORTED;
	return false;
}

static bool check_float(struct btf_types *types, const struct btf_type *type)
{
	bool possible = type->size == 2 || type->size == 4 || type->size == 8 || type->size == 12 ||
			type->size == 16;

	return possible || wrong(types, type, "Invalid type_size");
}

static bool check_array(struct btf_types *types, const struct btf_type *type)
{
	if (type->size)
		return wrong(types, type, "size != 0");
	if (!is_number(span_le32(type->tail, 0)))
		return wrong(types, type, "Invalid elem");
	return is_number(span_le32(type->tail, 4)) || wrong(types, type, "Invalid index");
}

static bool check_forward(struct btf_types *types, const struct btf_type *type)
{
	return type->size == 0 || wrong(types, type, "type != 0");
}

static bool check_function(struct btf_types *types, const struct btf_type *type)
{
	return type->count < FUNC_LINKAGES || wrong(types, type, "Invalid func linkage");
}

static bool check_variable(struct btf_types *types, const struct btf_type *type)
{
	if (!is_number(type->size))
		return wrong(types, type, "Invalid type_id");
	return span_le32(type->tail, 0) < VAR_LINKAGES ||
	       wrong(types, type, "Linkage not supported");
}

static bool has_text(struct btf_types *types, const struct btf_type *type)
{
	return *btf_string(types, type->name) ||
	       wrong(types, type, type->kind == KIND_DECL_TAG ? "Invalid value" : "Invalid name");
}

static bool tag_has_no_flag(struct btf_types *types, const struct btf_type *type)
{
	return types->walk->kernel->has[SERIES_BTF_TAG_FLAG] || has_no_flag(types, type);
}

static bool check_component(struct btf_types *types, const struct btf_type *type)
{
	return (int)span_le32(type->tail, 0) >= -1 || wrong(types, type, "Invalid component_idx");
}

/* Structures and unions. */

struct member {
	uint32_t name, number, offset;
};

static bool wrong_member(struct btf_types *types, const struct btf_type *type,
			 const struct member *member, const char *what)
{
	DEFER(mem_freep) char *part = NULL;
	const char *name = btf_tell_name(types, member->name);

	types->code = -EINVAL;
	if (types->terse)
		return false;
	if (type->flag)
		part = mem_format("\t%s type_id=%u bitfield_size=%u bits_offset=%u", name,
				  member->number, member->offset >> 24, member->offset & 0xffffff);
	else
		part = mem_format("\t%s type_id=%u bits_offset=%u", name, member->number,
				  member->offset);
	types->walk->no_memory |= !part;
	return part ? btf_fault_part(types, part, what) : false;
}

static bool check_member(struct btf_types *types, const struct btf_type *type,
			 const struct member *member, uint32_t *last)
{
	uint32_t offset = type->flag ? member->offset & 0xffffff : member->offset;
	const char *name = btf_string(types, member->name);
	char what[64];

	if (!name) {
		snprintf(what, sizeof(what), "Invalid member name_offset:%u", member->name);
		return wrong_member(types, type, member, what);
	}
	if (member->name && !is_identifier(name))
		return wrong_member(types, type, member, "Invalid name");
	if (!is_number(member->number))
		return wrong_member(types, type, member, "Invalid type_id");
	if ((type->kind == KIND_UNION && offset) || offset < *last)
		return wrong_member(types, type, member, "Invalid member bits_offset");
	if (offset / 8 + (offset % 8 != 0) > type->size)
		return wrong_member(types, type, member,
				    "Member bits_offset exceeds its struct size");
	*last = offset;
	return true;
}

static bool check_members(struct btf_types *types, const struct btf_type *type)
{
	uint32_t last = 0;

	for (uint64_t at = 0; at < type->tail.n; at += 12) {
		struct member member = {span_le32(type->tail, at), span_le32(type->tail, at + 4),
					span_le32(type->tail, at + 8)};

		if (!check_member(types, type, &member, &last))
			return false;
	}
	return true;
}

/* Enumerations. */

static bool check_enum_size(struct btf_types *types, const struct btf_type *type)
{
	bool possible = type->size && type->size <= 8 && (type->size & (type->size - 1)) == 0;

	return possible || wrong(types, type, "Unexpected size");
}

static bool check_enumerators(struct btf_types *types, const struct btf_type *type)
{
	uint64_t each = btf_kind_tail(type->kind, 1);

	for (uint64_t at = 0; at < type->tail.n; at += each) {
		uint32_t offset = span_le32(type->tail, at);
		const char *name = btf_string(types, offset);

		if (!name) {
			btf_tell(types->walk, "\tInvalid name_offset:%u", offset);
			types->code = -EINVAL;
			return false;
		}
		if (offset == 0 || !is_identifier(name))
			return wrong(types, type, "Invalid name");
	}
	return true;
}

/* Sections. */

static bool check_section_size(struct btf_types *types, const struct btf_type *type)
{
	return type->size || wrong(types, type, "size == 0");
}

static bool has_section_name(struct btf_types *types, const struct btf_type *type)
{
	bool any = types->walk->kernel->has[SERIES_BTF_SECTION];
	const char *name = btf_string(types, type->name);

	return (type->name && (any ? is_printable(name) : is_identifier(name))) ||
	       wrong(types, type, "Invalid name");
}

struct variable {
	uint32_t number, offset, size;
};

static const char *variable_fault(const struct variable *variable, uint32_t size, uint32_t *end)
{
	if (!is_number(variable->number))
		return "Invalid type_id";
	if (variable->offset < *end || variable->offset >= size)
		return "Invalid offset";
	if (variable->size == 0 || variable->size > size)
		return "Invalid size";
	*end = variable->offset + variable->size;
	return *end > size ? "Invalid offset+size" : NULL;
}

static bool check_section(struct btf_types *types, const struct btf_type *type)
{
	uint32_t end = 0;

	for (uint64_t at = 0; at < type->tail.n; at += 12) {
		struct variable variable = {span_le32(type->tail, at),
					    span_le32(type->tail, at + 4),
					    span_le32(type->tail, at + 8)};
		const char *what = variable_fault(&variable, type->size, &end);
		char part[64];

		snprintf(part, sizeof(part), "\t type_id=%u offset=%u size=%u", variable.number,
			 variable.offset, variable.size);
		if (what)
			return btf_fault_part(types, part, what);
	}
	return true;
}

/* Which kind is asked what. */

typedef bool rule(struct btf_types *types, const struct btf_type *type);
enum { RULES = 6 };

static rule *const rules[KINDS][RULES] = {
	[KIND_INT] = {has_no_parts, has_no_flag, check_int},
	[KIND_PTR] = {has_no_parts, has_no_flag, refers, has_no_name},
	[KIND_ARRAY] = {has_no_name, has_no_parts, has_no_flag, check_array},
	[KIND_STRUCT] = {may_have_name, check_members},
	[KIND_UNION] = {may_have_name, check_members},
	[KIND_ENUM] = {check_enum_size, may_have_name, check_enumerators},
	[KIND_FWD] = {has_no_parts, check_forward, has_name},
	[KIND_TYPEDEF] = {has_no_parts, has_no_flag, refers, has_name},
	[KIND_VOLATILE] = {has_no_parts, has_no_flag, refers, has_no_name},
	[KIND_CONST] = {has_no_parts, has_no_flag, refers, has_no_name},
	[KIND_RESTRICT] = {has_no_parts, has_no_flag, refers, has_no_name},
	[KIND_FUNC] = {has_name, check_function, has_no_flag},
	[KIND_FUNC_PROTO] = {has_no_name, has_no_flag},
	[KIND_VAR] = {has_no_parts, has_no_flag, has_name, check_variable},
	[KIND_DATASEC] = {check_section_size, has_no_flag, has_section_name, check_section},
	[KIND_FLOAT] = {has_no_parts, has_no_flag, check_float},
	[KIND_DECL_TAG] = {has_text, has_no_parts, tag_has_no_flag, check_component},
	[KIND_TYPE_TAG] = {has_no_parts, tag_has_no_flag, refers, has_text},
	[KIND_ENUM64] = {check_enum_size, may_have_name, check_enumerators},
};

bool btf_rule_check(struct btf_types *types, const struct btf_type *type)
{
	for (int i = 0; i < RULES && rules[type->kind][i]; i++)
		if (!rules[type->kind][i](types, type))
			return false;
	return true;
}
