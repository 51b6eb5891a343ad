/* SPDX-License-Identifier: GPL-2.0-only */
/* Goes through the types of a module: first each by itself, then what qualifies what. */
#include <errno.h>

#include "load/btf.h"

#define INFO_OTHER 0x60000000u /* bits without a meaning, besides those of PARTS_MORE */
#define PARTS 0xffffu
#define PARTS_MORE 0xff0000u

enum { CHAIN_LONGEST = 32 };

const char *btf_string(const struct btf_types *types, uint32_t offset)
{
	size_t base = types->base->strings.n;

	if (offset > BTF_NAME_MAX_OFFSET || offset >= base + types->strings.n)
		return NULL;
	return (const char *)(offset < base ? types->base->strings.p + offset
					    : types->strings.p + (offset - base));
}

static bool read_head(struct btf_types *types, uint64_t at, struct btf_type *type)
{
	uint32_t info = span_le32(types->records, at + 4);
	uint32_t parts = types->walk->kernel->has[SERIES_BTF_WIDE] ? PARTS | PARTS_MORE : PARTS;

	*type = (struct btf_type){
		.number = types->base->count + 1 + (uint32_t)types->places.n,
		.name = span_le32(types->records, at),
		.kind = info >> 24 & 0x1f,
		.flag = info >> 31,
		.count = info & parts,
		.size = span_le32(types->records, at + 8),
	};
	if (types->records.n - at < BTF_TYPE_HEAD)
		return btf_fault(types, type, BTF_NUMBER, "meta_left:%zu meta_needed:%d",
				 types->records.n - at, BTF_TYPE_HEAD);
	if (info & (INFO_OTHER | PARTS_MORE) & ~parts)
		return btf_fault(types, type, BTF_NUMBER, "Invalid btf_info:%x", info);
	if (type->kind == 0 || type->kind >= KINDS)
		return btf_fault(types, type, BTF_NUMBER, "Invalid kind:%u", type->kind);
	return btf_string(types, type->name) ||
	       btf_fault(types, type, BTF_NUMBER, "Invalid name_offset:%u", type->name);
}

static bool check_type(struct btf_types *types, uint64_t at, struct btf_type *type)
{
	uint64_t needed;

	if (!read_head(types, at, type))
		return false;
	at += BTF_TYPE_HEAD;
	needed = btf_kind_tail(type->kind, type->count);
	if (!span_cut(types->records, at, needed, &type->tail))
		return btf_fault(types, type, BTF_NAME, "meta_left:%zu meta_needed:%ju",
				 types->records.n - at, (uintmax_t)needed);
	return btf_rule_check(types, type);
}

static bool check_types(struct btf_types *types)
{
	struct btf_type type;

	for (uint64_t at = 0; at < types->records.n; at += BTF_TYPE_HEAD + type.tail.n) {
		uint32_t *place;

		if (!check_type(types, at, &type))
			return false;
		place = vec_push(&types->places);
		if (!place) {
			types->walk->no_memory = true;
			return false;
		}
		*place = (uint32_t)at;
	}
	return true;
}

/* The head of an own type; its place in the records. */
static uint64_t place_of(const struct btf_types *types, uint32_t number)
{
	return types->places.p[number - types->base->count - 1];
}

/* 0: there is no such type. */
static unsigned int kind_of(const struct btf_types *types, uint32_t number)
{
	uint32_t first = types->base->count + 1;

	if (number < first)
		return image_types_kind(types->base, number);
	if (number - first >= types->places.n)
		return 0;
	return span_le32(types->records, place_of(types, number) + 4) >> 24 & 0x1f;
}

static bool is_modifier(unsigned int kind)
{
	return kind == KIND_TYPEDEF || kind == KIND_VOLATILE || kind == KIND_CONST ||
	       kind == KIND_RESTRICT || kind == KIND_TYPE_TAG;
}

static bool fail(struct btf_types *types, int code, const char *line)
{
	if (line)
		btf_tell(types->walk, "%s", line);
	types->code = code;
	return false;
}

/* Follows what a type qualifies, up to a type that was looked at before: tags came first, once. */
static bool check_chain(struct btf_types *types, uint32_t start)
{
	uint32_t number = start;
	unsigned int kind = kind_of(types, number);
	bool in_tags = kind == KIND_TYPE_TAG;
	bool any_order = types->walk->kernel->has[SERIES_BTF_WIDE];

	for (int steps = 0; is_modifier(kind); steps++) {
		if (steps == CHAIN_LONGEST)
			return fail(types, -ELOOP, "Max chain length or cycle detected");
		if (kind == KIND_TYPE_TAG && !in_tags && !any_order)
			return fail(types, -EINVAL, "Type tags don't precede modifiers");
		in_tags = kind == KIND_TYPE_TAG;
		if (number < start)
			break;
		number = span_le32(types->records, place_of(types, number) + 8);
		kind = kind_of(types, number);
		if (kind == 0 && number > 0) /* 0 is void */
			return fail(types, -EINVAL, NULL);
	}
	return true;
}

int btf_types_check(struct btf_types *types)
{
	uint32_t first = types->base->count + 1;
	bool good = check_types(types);

	for (uint32_t i = 0; good && i < types->places.n; i++)
		good = check_chain(types, first + i);
	return types->code;
}
