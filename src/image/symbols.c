/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Symbols by name and by address. The entries may come from a file of the cache whose header alone
 * was checked: every number in them is bounded where it is used.
 */
#include <ctype.h>
#include <errno.h>

#include "base/hash.h"
#include "image/internal.h"

void image_symbols_release(struct symbols_new *symbols)
{
	mem_free(symbols->entries);
	mem_free(symbols->table);
	buf_free(&symbols->names);
	*symbols = (struct symbols_new){0};
}

int image_symbols_index(struct symbols_new *symbols, struct err *err)
{
	size_t size = 64;

	while (size < 2 * symbols->count)
		size *= 2;
	symbols->table = mem_array(size, sizeof(*symbols->table));
	if (!symbols->table)
		return err_no_memory(err);
	symbols->table_size = size;
	for (size_t i = 0; i < symbols->count; i++) {
		const char *name = symbols->names.p + symbols->entries[i].name;
		size_t place = hash_bytes(span_text(name)) & (size - 1);

		while (symbols->table[place])
			place = (place + 1) & (size - 1);
		symbols->table[place] = (uint32_t)i + 1;
	}
	return 0;
}

static const char *name_of(const struct symbols *symbols, size_t number)
{
	uint32_t name = symbols->entries[number].name;

	return name < symbols->names.n ? (const char *)symbols->names.p + name : "";
}

static struct image_symbol view(const struct symbols *symbols, size_t number)
{
	const struct symbol_entry *e = &symbols->entries[number];

	return (struct image_symbol){name_of(symbols, number), e->address, (char)e->type};
}

/* nm's capitals are global; so are weak ones, whose small letter says that they have no value. */
static bool is_global(char type)
{
	return isupper((unsigned char)type) || type == 'w' || type == 'v';
}

size_t image_symbol_count(const struct image *image)
{
	return image->symbols.count;
}

int image_symbol(const struct image *image, const char *name, struct image_symbol *out)
{
	const struct symbols *s = &image->symbols;
	size_t found = 0, mask = s->table_size - 1, place;

	if (s->count == 0)
		return -ENOENT;
	place = hash_bytes(span_text(name)) & mask;
	for (size_t tries = 0; tries < s->table_size; tries++, place = (place + 1) & mask) {
		uint32_t number = s->table[place];
		struct image_symbol symbol;

		if (number == 0 || number > s->count)
			break;
		symbol = view(s, number - 1);
		if (strcmp(symbol.name, name) != 0)
			continue;
		if (found++ == 0 || is_global(symbol.type))
			*out = symbol;
		if (is_global(symbol.type))
			return 0;
	}
	return found == 0 ? -ENOENT : found == 1 ? 0 : -ENOTUNIQ;
}

uint64_t image_address(const struct image *image, const char *name)
{
	struct image_symbol symbol;

	return image_symbol(image, name, &symbol) == 0 ? symbol.address : 0;
}

static bool is_padding(const char *name)
{
	return strncmp(name, "__pfx_", 6) == 0;
}

/* The number of the first entry above an address. */
static size_t first_above(const struct symbols *s, uint64_t address)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->entries[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool image_symbol_at(const struct image *image, uint64_t address, struct image_symbol *out,
		     uint64_t *size)
{
	const struct symbols *s = &image->symbols;
	size_t above = first_above(s, address), at = above;

	while (at > 0 && is_padding(name_of(s, at - 1)))
		at--;
	if (at == 0 || above == s->count)
		return false;
	at--;
	/* of several at one address the kernel names the first */
	while (at > 0 && s->entries[at - 1].address == s->entries[at].address &&
	       !is_padding(name_of(s, at - 1)))
		at--;
	*out = view(s, at);
	*size = s->entries[above].address - out->address;
	return true;
}

int image_each_symbol(const struct image *image,
		      int (*visit)(void *context, const struct image_symbol *symbol), void *context)
{
	int code = 0;

	for (size_t i = 0; i < image->symbols.count && code == 0; i++) {
		struct image_symbol symbol = view(&image->symbols, i);

		code = visit(context, &symbol);
	}
	return code;
}
