/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's type information (BTF): sizes of types, offsets of members.
 *
 *	header		u16 magic 0xeb9f, u8 version 1, u8 flags, u32 hdr_len, u32 type_off,
 *			u32 type_len, u32 str_off, u32 str_len; the offsets count from hdr_len
 *	type		u32 name_off, u32 info (vlen 0-23, kind 24-28, kind_flag 31), u32 size or
 *			type; then what the kind says. Types are numbered from 1; 0 is void.
 *	member		u32 name_off, u32 type, u32 offset in bits; with kind_flag bits 24-31 of it
 *			are the width of a bit field
 *
 * Types are read here and not by a library because a kernel image may be anybody's: all numbers are
 * bounded, and one pass makes the tables by which types are then asked for. They may come from a
 * file of the cache whose header alone was checked.
 */
#include <errno.h>

#include "base/hash.h"
#include "image/btf.h"

enum { MEMBER_SIZE = 12, DEPTH_MAX = 32 };

/* Bytes behind the head of a type: so many, and so many more for each of vlen. */
static const struct {
	unsigned char fixed, each;
} tails[KINDS] = {
	[KIND_INT] = {4, 0},	 [KIND_ARRAY] = {12, 0},   [KIND_STRUCT] = {0, 12},
	[KIND_UNION] = {0, 12},	 [KIND_ENUM] = {0, 8},	   [KIND_FUNC_PROTO] = {0, 8},
	[KIND_VAR] = {4, 0},	 [KIND_DATASEC] = {0, 12}, [KIND_DECL_TAG] = {4, 0},
	[KIND_ENUM64] = {0, 12},
};

uint64_t btf_kind_tail(enum kind kind, uint32_t count)
{
	return tails[kind].fixed + (uint64_t)tails[kind].each * count;
}

static bool read_type_at(const struct btf *btf, uint64_t at, struct type *out)
{
	uint32_t info = span_le32(btf->types, at + 4);
	struct type type = {
		.kind = info >> 24 & 0x1f,
		.bit_fields = info >> 31,
		.count = info & 0xffffff,
		.size = span_le32(btf->types, at + 8),
	};

	if (at + BTF_TYPE_HEAD > btf->types.n || type.kind == 0 || type.kind >= KINDS)
		return false;
	type.name = span_string(btf->strings, span_le32(btf->types, at));
	if (!type.name || !span_cut(btf->types, at + BTF_TYPE_HEAD,
				    btf_kind_tail(type.kind, type.count), &type.tail))
		return false;
	*out = type;
	return true;
}

bool image_btf_type(const struct btf *btf, uint32_t number, struct type *out)
{
	return number > 0 && number <= btf->index.count &&
	       read_type_at(btf, btf->index.offsets[number - 1], out);
}

static bool parse_header(struct btf *btf, struct span file)
{
	uint64_t head = span_le32(file, 4);

	return span_le16(file, 0) == 0xeb9f && file.p[2] == 1 &&
	       span_cut(file, head + span_le32(file, 8), span_le32(file, 12), &btf->types) &&
	       span_cut(file, head + span_le32(file, 16), span_le32(file, 20), &btf->strings);
}

/* Types that can be asked for by name. */
static bool is_asked_for(enum kind kind)
{
	switch (kind) {
	case KIND_INT:
	case KIND_STRUCT:
	case KIND_UNION:
	case KIND_ENUM:
	case KIND_TYPEDEF:
	case KIND_FLOAT:
	case KIND_ENUM64:
		return true;
	default:
		return false;
	}
}

static bool index_types(const struct btf *btf, struct types_new *out)
{
	struct type type;

	for (uint64_t at = 0; at < btf->types.n && read_type_at(btf, at, &type);
	     at += BTF_TYPE_HEAD + type.tail.n) {
		uint32_t *offset = vec_push(&out->offsets);

		if (!offset)
			return false;
		*offset = (uint32_t)at;
	}
	for (out->table_size = 64; out->table_size < 2 * out->offsets.n;)
		out->table_size *= 2;
	out->table = mem_array(out->table_size, sizeof(*out->table));
	return out->table != NULL;
}

/* Where a name stands in the table, or the empty place where it would; the table is at most half
 * full, but one from a damaged file may have no end. */
static size_t place_of(const struct btf *btf, const char *name, struct type *type)
{
	const struct types *index = &btf->index;
	size_t place = hash_bytes(span_text(name)) & (index->table_size - 1);

	for (size_t tries = 0; index->table[place] && tries < index->table_size; tries++) {
		if (image_btf_type(btf, index->table[place], type) && strcmp(type->name, name) == 0)
			break;
		place = (place + 1) & (index->table_size - 1);
	}
	return place;
}

/* One type per name; a structure that is complete goes before a typedef of the same name. */
static void name_types(struct btf *btf, uint32_t *table)
{
	struct type type, other;

	for (uint32_t number = 1; number <= btf->index.count; number++) {
		size_t place;

		if (!image_btf_type(btf, number, &type) || !type.name[0] ||
		    !is_asked_for(type.kind))
			continue;
		place = place_of(btf, type.name, &other);
		if (table[place] == 0 || other.kind == KIND_TYPEDEF)
			table[place] = number;
	}
}

/* Where no section and no symbol tells: by its header, whose length has always been 24. */
static bool search(struct btf *btf, struct span area)
{
	static const unsigned char head[] = {0x9f, 0xeb, 1, 0, 24, 0, 0, 0};
	const unsigned char *hit;

	while ((hit = memmem(area.p, area.n, head, sizeof(head)))) {
		area = span_of(hit, area.n - (size_t)(hit - area.p));
		if (parse_header(btf, area) && btf->types.n && btf->strings.n &&
		    btf->strings.p[0] == 0)
			return true;
		area = span_of(area.p + 1, area.n - 1);
	}
	return false;
}

static bool find(struct btf *btf, const struct image *image)
{
	uint64_t start = image_address(image, "__start_BTF");
	uint64_t stop = image_address(image, "__stop_BTF");
	struct span file = {NULL, 0};

	if (!image_elf_section(&image->elf, ".BTF", &file) && start && stop > start)
		file = image_elf_at(&image->elf, start, stop - start);
	if (file.n == 0)
		return search(btf, image->elf.file);
	return file.n >= 24 && parse_header(btf, file);
}

void image_types_release(struct types_new *types)
{
	vec_free(&types->offsets);
	mem_free(take_ptr(&types->table));
}

int image_types_parse(struct types_new *out, const struct image *image, struct err *err)
{
	struct btf btf = {0};

	if (!find(&btf, image))
		return 0;
	if (!index_types(&btf, out))
		return err_no_memory(err);
	btf.index = (struct types){out->offsets.p, out->table, out->offsets.n, out->table_size};
	name_types(&btf, out->table);
	return 0;
}

int image_btf_get(struct btf *out, const struct image *image, struct err *err)
{
	out->index = image->types;
	if (image->only_headers)
		return err_set(err, -ENOENT, "the headers in %s do not tell of types", image->path);
	if (image->types.count == 0 || !find(out, image))
		return err_set(err, -ENOENT,
			       "%s has no type information (CONFIG_DEBUG_INFO_BTF is off)",
			       image->path);
	return 0;
}

bool image_types(const struct image *image, struct image_types *out)
{
	struct btf btf;

	if (image_btf_get(&btf, image, NULL) < 0 || btf.strings.n == 0 ||
	    btf.strings.p[btf.strings.n - 1] != 0)
		return false;
	*out = (struct image_types){
		.count = (uint32_t)btf.index.count,
		.strings = btf.strings,
		.records = btf.types,
		.places = btf.index.offsets,
	};
	return true;
}

unsigned int image_types_kind(const struct image_types *types, uint32_t number)
{
	if (number == 0 || number > types->count)
		return 0;
	return span_le32(types->records, types->places[number - 1] + (uint64_t)4) >> 24 & 0x1f;
}

bool image_btf_strip(const struct btf *btf, struct type *type)
{
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		switch (type->kind) {
		case KIND_TYPEDEF:
		case KIND_VOLATILE:
		case KIND_CONST:
		case KIND_RESTRICT:
		case KIND_TYPE_TAG:
			if (!image_btf_type(btf, type->size, type))
				return false;
			break;
		default:
			return true;
		}
	}
	return false;
}

static bool size_of(const struct btf *btf, struct type type, uint32_t *size)
{
	uint64_t times = 1;

	for (int depth = 0; depth < DEPTH_MAX && image_btf_strip(btf, &type); depth++) {
		switch (type.kind) {
		case KIND_ARRAY:
			times *= span_le32(type.tail, 8);
			if (times > UINT32_MAX ||
			    !image_btf_type(btf, span_le32(type.tail, 0), &type))
				return false;
			break;
		case KIND_PTR:
			*size = (uint32_t)(times * 8);
			return times * 8 <= UINT32_MAX;
		case KIND_INT:
		case KIND_STRUCT:
		case KIND_UNION:
		case KIND_ENUM:
		case KIND_FLOAT:
		case KIND_ENUM64:
			*size = (uint32_t)(times * type.size);
			return times * type.size <= UINT32_MAX;
		default:
			return false;
		}
	}
	return false;
}

/* "struct page" and "page" are the same to us. */
static int find_type(const struct btf *btf, const char *name, struct type *out, struct err *err)
{
	static const char *const tags[] = {"struct ", "union ", "enum "};
	const char *bare = name;

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (strncmp(name, tags[i], strlen(tags[i])) == 0)
			bare = name + strlen(tags[i]);
	if (!image_btf_type(btf, btf->index.table[place_of(btf, bare, out)], out) ||
	    !image_btf_strip(btf, out))
		return err_set(err, -ENOENT, "this kernel has no type \"%s\"", name);
	return 0;
}

struct place {
	uint64_t bits; /* from the start of the outermost type */
	struct type type;
	bool is_bit_field;
};

/* Member name (of length) of the structure at place, also in unnamed structures in it. */
static bool find_member(const struct btf *btf, struct place *place, const char *name, size_t length,
			int depth)
{
	struct type outer = place->type;

	if (!image_btf_strip(btf, &outer) ||
	    (outer.kind != KIND_STRUCT && outer.kind != KIND_UNION) || depth == DEPTH_MAX)
		return false;
	for (uint32_t i = 0; i < outer.count; i++) {
		uint64_t at = (uint64_t)i * MEMBER_SIZE;
		const char *own = span_string(btf->strings, span_le32(outer.tail, at));
		uint32_t offset = span_le32(outer.tail, at + 8);
		struct place inner = {
			.bits = place->bits + (outer.bit_fields ? offset & 0xffffff : offset),
			.is_bit_field = outer.bit_fields && offset >> 24,
		};

		if (!own || !image_btf_type(btf, span_le32(outer.tail, at + 4), &inner.type))
			continue;
		if (own[0] == 0 ? find_member(btf, &inner, name, length, depth + 1)
				: strlen(own) == length && memcmp(own, name, length) == 0) {
			*place = inner;
			return true;
		}
	}
	return false;
}

int image_sizeof(const struct image *image, const char *name, uint32_t *size, struct err *err)
{
	struct btf btf;
	struct type type;
	int code = image_btf_get(&btf, image, err);

	if (code == 0)
		code = find_type(&btf, name, &type, err);
	if (code == 0 && !size_of(&btf, type, size))
		code = err_set(err, -ENOENT, "the type \"%s\" of this kernel has no size", name);
	return code;
}

int image_member(const struct image *image, const char *name, const char *path, uint32_t *offset,
		 uint32_t *size, struct err *err)
{
	struct place place = {0};
	struct btf btf;
	const char *step = path;
	int code = image_btf_get(&btf, image, err);

	if (code == 0)
		code = find_type(&btf, name, &place.type, err);
	if (code < 0)
		return code;
	for (;;) {
		size_t length = strcspn(step, ".");

		if (!find_member(&btf, &place, step, length, 0))
			return err_set(err, -ENOENT, "this kernel has no member \"%s\" in \"%s\"",
				       path, name);
		if (!step[length])
			break;
		step += length + 1;
	}
	if (place.is_bit_field || place.bits % 8 || place.bits / 8 > UINT32_MAX ||
	    !size_of(&btf, place.type, size))
		return err_set(err, -ENOENT, "the member \"%s\" of \"%s\" has no place of its own",
			       path, name);
	*offset = (uint32_t)(place.bits / 8);
	return 0;
}
