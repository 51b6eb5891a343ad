/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own symbol table (CONFIG_KALLSYMS), found in the image without any symbol.
 *
 *	token_table	256 NUL-terminated strings
 *	token_index	u16[256], aligned to 8, 4 or 2: where each string begins in token_table
 *	num_syms	u32
 *	names		behind num_syms, aligned to 8 or 4; per symbol a length and so many token
 *			numbers, which spell the type letter and the name. A length of 128 and more
 *			takes two bytes: low seven bits, then the higher ones.
 *	markers		u32 for each 256th symbol: where it begins in names
 *	seqs_of_names	3 bytes per symbol, the order of the names (not needed)
 *	offsets		u32 per symbol
 *	relative_base	u64
 *
 * They stand in one of these orders (old: until 6.3; the last has no base):
 *
 *	offsets relative_base num_syms names markers [seqs] token_table token_index
 *	num_syms names markers token_table token_index offsets relative_base seqs
 *	num_syms names markers token_table token_index offsets seqs
 *
 * and an offset v of symbol i means one of
 *
 *	signed		v >= 0: v itself, in per-CPU data; v < 0: relative_base - 1 - v
 *	unsigned	relative_base + v
 *	place		the link address of offsets[i] + v
 *
 * Which one it is, is found by trying. The tables are redundant enough to tell: the token index
 * must equal the places of the tokens, the markers those of the names, the addresses must rise and
 * _text (riscv64: _start) must be where the image begins. An arm64 kernel fills in a base of 0 when
 * it relocates itself: it is where the image begins.
 */
#include <elf.h>
#include <errno.h>

#include "image/internal.h"

enum {
	TOKENS = 256,
	TOKEN_MAX = 64,	     /* bytes of one token */
	NAMES_MAX = 1 << 28, /* bytes of all of them */
	NAME_MAX = 1024,     /* of a name that is spelled out; the kernel has 512 */
	MARKER_STEP = 256,   /* symbols per marker */
	LENGTH_MAX = 2 + (1 << 15),
	COUNT_MAX = 1 << 22,
	TRIES_MAX = 256, /* of places that look right at first; a file can be made to have many */
};

struct tables {
	const struct image_elf *elf;
	struct span file;
	uint64_t tokens;     /* file offset of token_table */
	uint64_t tokens_end; /* behind token_index */
	struct span token[TOKENS];
	uint64_t head; /* of num_syms */
	uint64_t names, names_end;
	uint64_t count;
	unsigned int tries;
};

enum model { MODEL_SIGNED, MODEL_UNSIGNED, MODEL_PLACE };

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

/* Tokens: the digits stand for themselves in every kernel, which makes a run of bytes to look for.
 */

static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";

/* The string that ends before end; its start, or 0 when it is empty or too long. */
static uint64_t string_before(struct span file, uint64_t end)
{
	uint64_t at = end - 1;

	while (at > 0 && end - at <= TOKEN_MAX && file.p[at - 1])
		at--;
	return at > 0 && at < end - 1 && file.p[at - 1] == 0 ? at : 0;
}

/* Fills start[1..TOKENS]: where the tokens begin; the last is the end of the table. */
static bool walk_tokens(struct span file, uint64_t digit, uint64_t start[TOKENS + 1])
{
	start['0'] = digit;
	for (int i = '0' - 1; i >= 1; i--) {
		start[i] = string_before(file, start[i + 1]);
		if (!start[i])
			return false;
	}
	for (int i = '0'; i < TOKENS; i++) {
		const char *text = span_string(file, start[i]);
		size_t length = text ? strnlen(text, TOKEN_MAX + 1) : 0;

		if (length == 0 || length > TOKEN_MAX)
			return false;
		start[i + 1] = start[i] + length + 1;
	}
	return true;
}

/* The index tells where token 0 begins, which the bytes before the table may hide. */
static bool check_index(struct tables *t, uint64_t start[TOKENS + 1], uint64_t index)
{
	uint64_t first_length = span_le16(t->file, index + 2);
	struct span unused;

	if (!span_cut(t->file, index, (uint64_t)TOKENS * 2, &unused) ||
	    span_le16(t->file, index) != 0 || first_length < 2 || first_length > TOKEN_MAX + 1 ||
	    first_length > start[1])
		return false;
	start[0] = start[1] - first_length;
	for (int i = 0; i < TOKENS; i++)
		if (span_le16(t->file, index + 2 * (uint64_t)i) != start[i] - start[0])
			return false;
	for (int i = 0; i < TOKENS; i++)
		span_cut(t->file, start[i], start[i + 1] - start[i] - 1, &t->token[i]);
	t->tokens = start[0];
	t->tokens_end = index + 2 * (uint64_t)TOKENS;
	return true;
}

/* Calls to memmem() over area, a part of the file. */
static bool find_tokens(struct tables *t, struct span area)
{
	uint64_t start[TOKENS + 1];
	const unsigned char *hit;

	while ((hit = memmem(area.p, area.n, digits, sizeof(digits)))) {
		uint64_t at = (uint64_t)(hit - t->file.p);

		area.n -= (size_t)(hit + 1 - area.p);
		area.p = hit + 1;
		if (t->tries++ == TRIES_MAX)
			return false;
		if (!walk_tokens(t->file, at, start))
			continue;
		for (uint64_t alignment = 8; alignment; alignment /= 2)
			if (check_index(t, start, align_up(start[TOKENS], alignment)))
				return true;
	}
	return false;
}

/* Names. */

/* The tokens of the name at *at, which moves behind it. */
static bool next_name(struct span file, uint64_t *at, struct span *tokens)
{
	uint64_t length, high;

	if (!span_number(file, *at, 1, false, &length))
		return false;
	*at += 1;
	if (length & 0x80) {
		if (!span_number(file, *at, 1, false, &high))
			return false;
		*at += 1;
		length = (length & 0x7f) | high << 7;
	}
	if (length == 0 || !span_cut(file, *at, length, tokens))
		return false;
	*at += length;
	return true;
}

/* Whether markers hold the places of the names. */
static bool check_markers(const struct tables *t, uint64_t markers)
{
	uint64_t at = t->names;
	struct span tokens;

	for (uint64_t i = 0; i < t->count; i++) {
		if (i % MARKER_STEP == 0 &&
		    span_le32(t->file, markers + i / MARKER_STEP * 4) != at - t->names)
			return false;
		next_name(t->file, &at, &tokens);
	}
	return true;
}

/* Whether t->count names at t->names end where markers with their places follow. */
static bool check_names(struct tables *t)
{
	uint64_t at = t->names;
	struct span tokens;

	for (uint64_t i = 0; i < t->count; i++)
		if (!next_name(t->file, &at, &tokens) || at > t->tokens)
			return false;
	t->names_end = at;
	return check_markers(t, align_up(at, 4)) || check_markers(t, align_up(at, 8));
}

static bool try_names(struct tables *t, uint64_t head, uint64_t names)
{
	t->head = head;
	t->names = names;
	t->count = span_le32(t->file, head);
	return t->count > 0 && t->count <= COUNT_MAX && names < t->tokens &&
	       t->tries++ < TRIES_MAX && check_names(t);
}

/*
 * Orders in which markers stand right before token_table: they fall from the last one down to 0.
 * Their number says how many symbols there are but for the last 256, and the last marker how
 * long the names are but for those.
 */
static bool find_names_by_markers(struct tables *t)
{
	for (uint64_t padding = 0; padding <= 4; padding += 4) {
		uint64_t last = t->tokens - padding - 4, at = last, groups, end;

		if (t->tokens < padding + 8 || t->tokens % 4)
			continue;
		while (at >= 4 && span_le32(t->file, at - 4) < span_le32(t->file, at))
			at -= 4;
		if (span_le32(t->file, at) != 0 || at == last)
			continue;
		groups = (last - at) / 4 + 1;
		end = at - span_le32(t->file, last);
		for (uint64_t names = end & ~(uint64_t)3;
		     names >= 8 && end - names < (uint64_t)LENGTH_MAX * 8; names -= 4) {
			for (uint64_t gap = 4; gap <= 8; gap += 4) {
				uint64_t count = span_le32(t->file, names - gap);

				if ((count + MARKER_STEP - 1) / MARKER_STEP == groups &&
				    try_names(t, names - gap, names))
					return true;
			}
		}
	}
	return false;
}

/* The old order with seqs between markers and token_table: the base, which is the address of the
 * image's first byte, stands before the count. */
static bool find_names_by_base(struct tables *t)
{
	uint64_t base = image_elf_base(t->elf);

	for (uint64_t at = t->tokens & ~(uint64_t)7; at >= 8; at -= 8)
		if (span_le64(t->file, at - 8) == base && try_names(t, at, at + 8))
			return true;
	return false;
}

/* Spells the name of some tokens into text, returns its length; 0: too long. */
static size_t spell(const struct tables *t, struct span tokens, char text[NAME_MAX])
{
	size_t length = 0;

	for (size_t i = 0; i < tokens.n; i++) {
		struct span token = t->token[tokens.p[i]];

		if (token.n > NAME_MAX - 1 - length)
			return 0;
		memcpy(text + length, token.p, token.n);
		length += token.n;
	}
	text[length] = 0;
	return length;
}

static int read_names(const struct tables *t, struct symbols_new *out, struct err *err)
{
	uint64_t at = t->names;
	struct span tokens;
	char text[NAME_MAX];

	out->entries = mem_array(t->count, sizeof(*out->entries));
	if (!out->entries || !buf_reserve(&out->names, 2 * (t->names_end - t->names)))
		return err_no_memory(err);
	for (; out->count < t->count; out->count++) {
		size_t length;

		next_name(t->file, &at, &tokens);
		length = spell(t, tokens, text);
		if (length < 2 || out->names.n > NAMES_MAX)
			return err_set(err, -ENOENT, "kallsyms: symbol %zu has no name",
				       out->count);
		out->entries[out->count].type = (unsigned char)text[0];
		out->entries[out->count].name = (uint32_t)out->names.n;
		buf_add(&out->names, text + 1, length);
	}
	return buf_failed(&out->names) ? err_no_memory(err) : 0;
}

/* Addresses. */

static uint64_t address_of(enum model model, uint32_t v, uint64_t base, uint64_t place)
{
	switch (model) {
	case MODEL_SIGNED:
		return (int32_t)v >= 0 ? v : base - 1 - (uint64_t)(int64_t)(int32_t)v;
	case MODEL_UNSIGNED:
		return base + v;
	case MODEL_PLACE:
		break;
	}
	return place + (uint64_t)(int64_t)(int32_t)v;
}

static bool is_first(const char *name)
{
	return strcmp(name, "_text") == 0 || strcmp(name, "_start") == 0;
}

/* Sets the addresses as a model says; whether they are the right ones. */
static bool try_model(const struct tables *t, enum model model, uint64_t offsets, uint64_t base,
		      struct symbols_new *out)
{
	uint64_t place = 0, last = 0;
	bool anchored = false;
	struct span table;

	if (!span_cut(t->file, offsets, 4 * t->count, &table) ||
	    !image_elf_address(t->elf, offsets, &place))
		return false;
	for (size_t i = 0; i < t->count; i++) {
		struct symbol_entry *e = &out->entries[i];

		e->address = address_of(model, span_le32(table, 4 * i), base, place + 4 * i);
		if (e->address < last)
			return false;
		last = e->address;
		if (last == image_elf_base(t->elf) && is_first(out->names.p + e->name))
			anchored = true;
	}
	return anchored;
}

static bool try_base(const struct tables *t, uint64_t offsets, uint64_t at, struct symbols_new *out)
{
	uint64_t base = span_le64(t->file, at);

	if (base == 0 && t->elf->machine == EM_AARCH64)
		base = image_elf_base(t->elf);
	return try_model(t, MODEL_SIGNED, offsets, base, out) ||
	       try_model(t, MODEL_UNSIGNED, offsets, base, out);
}

static bool find_addresses(const struct tables *t, struct symbols_new *out)
{
	uint64_t size = 4 * t->count, before = t->head - 8 - align_up(size, 8);

	for (uint64_t alignment = 8; alignment >= 4; alignment /= 2) {
		uint64_t offsets = align_up(t->tokens_end, alignment);

		if (try_base(t, offsets, align_up(offsets + size, 8), out) ||
		    try_model(t, MODEL_PLACE, offsets, 0, out))
			return true;
	}
	return before < t->head && try_base(t, before, t->head - 8, out);
}

int image_kallsyms_parse(struct symbols_new *out, const struct image_elf *elf, struct err *err)
{
	struct tables t = {.elf = elf, .file = elf->file};
	struct span area;
	int code;

	if (!(image_elf_section(elf, ".rodata", &area) && find_tokens(&t, area)) &&
	    !find_tokens(&t, elf->file))
		return err_set(err, -ENOENT, "there is no table of kallsyms tokens");
	if (!find_names_by_markers(&t) && !find_names_by_base(&t))
		return err_set(err, -ENOENT, "there are no kallsyms names");
	code = read_names(&t, out, err);
	if (code < 0)
		return code;
	if (!find_addresses(&t, out))
		return err_set(err, -ENOENT, "there are no kallsyms addresses that fit the names");
	return image_symbols_index(out, err);
}
