/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding and reading .symtypes files. */
#include "image/symtypes.h"

#include <errno.h>

#include "base/dir.h"

/* Of directories; of types within types, which are followed by calls. */
enum { DIRECTORY_DEPTH = 32, TYPE_DEPTH = 10000 };

void symtypes_close(struct symtypes *types)
{
	map_free(&types->types);
	arena_free(types->arena);
	file_unmap(&types->file);
	*types = (struct symtypes){0};
}

bool symtypes_word(struct span *rest, struct span *word)
{
	const unsigned char *end;

	while (rest->n > 0 && rest->p[0] == ' ')
		*rest = span_of(rest->p + 1, rest->n - 1);
	if (rest->n == 0)
		return false;
	end = memchr(rest->p, ' ', rest->n);
	*word = span_of(rest->p, end ? (size_t)(end - rest->p) : rest->n);
	*rest = span_of(rest->p + word->n, rest->n - word->n);
	return true;
}

bool symtypes_is_key(struct span word)
{
	return word.n > 2 && word.p[1] == '#' && memchr("suetE", word.p[0], 5);
}

const char *symtypes_kind(struct span key)
{
	switch (symtypes_is_key(key) ? key.p[0] : 0) {
	case 's':
		return "struct ";
	case 'u':
		return "union ";
	case 'e':
		return "enum ";
	default:
		return "";
	}
}

struct symtypes_type *symtypes_get(const struct symtypes *types, struct span key)
{
	return map_get(&types->types, key);
}

static void skip(struct span *text, struct span prefix)
{
	if (span_starts(*text, prefix))
		*text = span_of(text->p + prefix.n, text->n - prefix.n);
}

static int add_line(struct symtypes *types, struct span line, struct err *err)
{
	struct symtypes_type *type;
	struct span key;

	skip(&line, SPAN_LITERAL("override "));
	if (!symtypes_word(&line, &key))
		return 0;
	skip(&line, SPAN_LITERAL(" "));
	if (!symtypes_is_key(key))
		skip(&line, SPAN_LITERAL("extern "));
	type = arena_alloc(types->arena, sizeof(*type));
	if (!type)
		return err_no_memory(err);
	*type = (struct symtypes_type){.key = key, .text = line};
	return map_add(&types->types, key, type) ? 0 : err_no_memory(err);
}

int symtypes_read(struct symtypes *types, struct span lines, struct err *err)
{
	int code = 0;

	types->arena = arena_new();
	if (!types->arena)
		return err_no_memory(err);
	while (lines.n > 0 && code == 0) {
		const unsigned char *end = memchr(lines.p, '\n', lines.n);
		size_t length = end ? (size_t)(end - lines.p) : lines.n;

		code = add_line(types, span_of(lines.p, length), err);
		length += end != NULL;
		lines = span_of(lines.p + length, lines.n - length);
	}
	return code;
}

static void crc_add(uint32_t *crc, struct span bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		*crc ^= bytes.p[i];
		for (int bit = 0; bit < 8; bit++)
			*crc = *crc >> 1 ^ (*crc & 1 ? 0xedb88320 : 0);
	}
}

/* Adds a definition with all that it leads to; false: too deep. */
static bool crc_expand(const struct symtypes *types, const struct symtypes_type *type,
		       uint32_t *crc, unsigned int depth)
{
	struct span rest = type->text, word;

	if (depth > TYPE_DEPTH)
		return false;
	while (symtypes_word(&rest, &word)) {
		bool is_key = symtypes_is_key(word);
		struct symtypes_type *inner = is_key ? symtypes_get(types, word) : NULL;

		if (inner && !inner->expanded) {
			inner->expanded = true;
			if (!crc_expand(types, inner, crc, depth + 1))
				return false;
			continue;
		}
		if (is_key) {
			crc_add(crc, span_text(symtypes_kind(word)));
			word = span_of(word.p + 2, word.n - 2);
		}
		crc_add(crc, word);
		crc_add(crc, SPAN_LITERAL(" "));
	}
	return true;
}

static bool has_crc(const struct symtypes *types, const char *symbol, uint32_t wanted)
{
	const struct symtypes_type *type = symtypes_get(types, span_text(symbol));
	uint32_t crc = 0xffffffff;

	return type && crc_expand(types, type, &crc, 0) && ~crc == wanted;
}

struct search {
	struct symtypes *out;
	const char *symbol;
	uint32_t crc;
};

/* Whether the symbol stands at the start of a line, before the effort of reading all. */
static bool mentions(struct span bytes, const char *symbol)
{
	size_t length = strlen(symbol);
	const unsigned char *at = bytes.p, *end = bytes.p + bytes.n;

	while (at && (at = memmem(at, (size_t)(end - at), symbol, length))) {
		bool starts = at == bytes.p || at[-1] == '\n' || at[-1] == ' ';

		at += length;
		if (starts && at < end && *at == ' ')
			return true;
	}
	return false;
}

static int visit(void *context, const char *path, struct err *err)
{
	const struct search *search = context;
	DEFER(symtypes_close) struct symtypes types = {0};
	static const char suffix[] = ".symtypes";
	size_t length = strlen(path);
	int code;

	if (length < sizeof(suffix) || strcmp(path + length - sizeof(suffix) + 1, suffix) != 0)
		return 0;
	if (file_map(path, &types.file, NULL) < 0 || !mentions(types.file.bytes, search->symbol))
		return 0;
	code = symtypes_read(&types, types.file.bytes, err);
	if (code < 0 || !has_crc(&types, search->symbol, search->crc))
		return code;
	*search->out = types;
	types = (struct symtypes){0};
	return -EEXIST; /* ends the walk */
}

int symtypes_find(struct symtypes *out, const char *directory, const char *symbol, uint32_t crc,
		  struct err *err)
{
	struct search search = {out, symbol, crc};
	int code = dir_walk(directory, DIRECTORY_DEPTH, visit, &search, err);

	if (code == -EEXIST)
		return 0;
	return code < 0 ? code
			: err_set(err, -ENOENT,
				  "no .symtypes file below %s has %s with the CRC 0x%08x",
				  directory, symbol, crc);
}
