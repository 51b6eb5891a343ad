/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of exported symbols.
 *
 *	__ksymtab, __ksymtab_gpl	12 bytes each: i32 value, i32 name, i32 namespace, each
 *					relative to its own address; or 24 bytes: u64 addresses
 *					of the same (riscv64)
 *	__kcrctab, __kcrctab_gpl	u32 CRC each, in the same order (CONFIG_MODVERSIONS)
 *	__kflagstab			u8 flags each (7.0 and later, which have no _gpl tables);
 *					bit 0: GPL only
 *
 * Symbols __start_X and __stop_X bound each of them; where there are none, export_search.c finds
 * the tables. The entries of an image may come from a file of the cache whose header alone was
 * checked: every number in them is bounded where it is used.
 */
#include <stdio.h>

#include "base/hash.h"
#include "image/internal.h"

enum { ENTRY = 12, ENTRY_ABSOLUTE = 24, FLAG_GPL = 1 };

static struct span named(const struct image *image, const char *name, uint64_t *address)
{
	struct image_symbol start, stop;
	char text[64];

	snprintf(text, sizeof(text), "__start_%s", name);
	if (image_symbol(image, text, &start) < 0)
		return span_of(NULL, 0);
	snprintf(text, sizeof(text), "__stop_%s", name);
	if (image_symbol(image, text, &stop) < 0 || stop.address < start.address)
		return span_of(NULL, 0);
	*address = start.address;
	return image_elf_at(&image->elf, start.address, stop.address - start.address);
}

/* A table and what belongs to it. */
struct table {
	struct span entries, crcs, flags;
	uint64_t address;
	size_t entry; /* bytes of one */
	bool gpl;
};

/* The offset in the vmlinux of the string that a field of an entry leads to; 0: there is none. */
static uint32_t string_at(const struct image *image, const struct table *table, uint64_t entry,
			  unsigned int field)
{
	uint64_t place = entry + field * table->entry / 3, address;
	struct span text;
	uint64_t at;

	if (table->entry == ENTRY)
		address = table->address + place +
			  (uint64_t)(int64_t)(int32_t)span_le32(table->entries, place);
	else
		address = span_le64(table->entries, place);
	text = image_elf_at(&image->elf, address, 1);
	at = text.p ? (uint64_t)(text.p - image->elf.file.p) : 0;
	return at <= UINT32_MAX && span_string(image->elf.file, at) ? (uint32_t)at : 0;
}

static bool add_table(const struct image *image, struct exports_new *out, const struct table *table)
{
	size_t count = table->entries.n / table->entry;

	for (size_t i = 0; i < count; i++) {
		uint32_t name = string_at(image, table, i * table->entry, 1);
		struct export_entry *entry = name ? vec_push(&out->list) : NULL;

		if (!name)
			continue;
		if (!entry)
			return false;
		*entry = (struct export_entry){
			.name = name,
			.name_space = string_at(image, table, i * table->entry, 2),
			.crc = span_le32(table->crcs, 4 * i),
		};
		if (table->crcs.n == 4 * count)
			entry->flags |= EXPORT_HAS_CRC;
		if (table->gpl || (table->flags.n == count && table->flags.p[i] & FLAG_GPL))
			entry->flags |= EXPORT_GPL;
	}
	return true;
}

static bool add_named(const struct image *image, struct exports_new *out, bool gpl)
{
	struct table table = {.gpl = gpl, .entry = ENTRY};
	uint64_t unused, name;

	table.entries = named(image, gpl ? "__ksymtab_gpl" : "__ksymtab", &table.address);
	table.crcs = named(image, gpl ? "__kcrctab_gpl" : "__kcrctab", &unused);
	table.flags = named(image, "__kflagstab", &unused);
	name = span_le64(table.entries, 8);
	if ((int64_t)name < 0 && image_elf_at(&image->elf, name, 1).p)
		table.entry = ENTRY_ABSOLUTE;
	return add_table(image, out, &table);
}

static bool add_searched(const struct image *image, struct exports_new *out)
{
	struct image_export_tables found;
	struct table normal = {.entry = ENTRY}, gpl = {.entry = ENTRY, .gpl = true};
	size_t split;

	if (!image_exports_search(&image->elf, &found) ||
	    !image_elf_address(&image->elf, found.begin, &normal.address))
		return true;
	split = (found.gpl - found.begin) / ENTRY * 4;
	gpl.address = normal.address + (found.gpl - found.begin);
	span_cut(image->elf.file, found.begin, found.gpl - found.begin, &normal.entries);
	span_cut(image->elf.file, found.gpl, found.end - found.gpl, &gpl.entries);
	if (span_cut(found.crcs, 0, split, &normal.crcs))
		span_cut(found.crcs, split, found.crcs.n - split, &gpl.crcs);
	return add_table(image, out, &normal) && add_table(image, out, &gpl);
}

static size_t first_place(const char *name, size_t table_size)
{
	return hash_bytes(span_text(name)) & (table_size - 1);
}

bool image_exports_index(struct exports_new *exports, struct span file)
{
	for (exports->table_size = 64; exports->table_size < 2 * exports->list.n;)
		exports->table_size *= 2;
	exports->table = mem_array(exports->table_size, sizeof(*exports->table));
	if (!exports->table)
		return false;
	for (size_t i = 0; i < exports->list.n; i++) {
		const char *name = (const char *)file.p + exports->list.p[i].name;
		size_t place = first_place(name, exports->table_size);

		while (exports->table[place])
			place = (place + 1) & (exports->table_size - 1);
		exports->table[place] = (uint32_t)i + 1;
	}
	return true;
}

void image_exports_release(struct exports_new *exports)
{
	vec_free(&exports->list);
	mem_free(take_ptr(&exports->table));
}

int image_exports_parse(struct exports_new *out, const struct image *image, struct err *err)
{
	if (!add_named(image, out, false) || !add_named(image, out, true) ||
	    (out->list.n == 0 && !add_searched(image, out)) ||
	    !image_exports_index(out, image->elf.file))
		return err_no_memory(err);
	return 0;
}

size_t image_export_count(const struct image *image)
{
	return image->exports.count;
}

static const char *text_at(const struct image *image, uint32_t offset)
{
	const char *text = offset ? span_string(image->elf.file, offset) : NULL;

	return text ? text : "";
}

static struct image_export view(const struct image *image, const struct export_entry *entry,
				const char *name)
{
	return (struct image_export){
		.name = name,
		.module = entry->flags & EXPORT_OF_MODULE ? name + strlen(name) + 1 : NULL,
		.name_space = text_at(image, entry->name_space),
		.crc = entry->crc,
		.has_crc = entry->flags & EXPORT_HAS_CRC,
		.gpl = entry->flags & EXPORT_GPL,
	};
}

struct image_export image_export_at(const struct image *image, size_t number)
{
	const struct export_entry *entry = &image->exports.entries[number];

	return view(image, entry, text_at(image, entry->name));
}

bool image_export(const struct image *image, const char *name, struct image_export *out)
{
	const struct exports *e = &image->exports;
	size_t place = e->count ? first_place(name, e->table_size) : 0;
	struct span wanted = span_of(name, strlen(name) + 1), found;

	for (size_t tries = 0; e->count && tries < e->table_size; tries++) {
		uint32_t number = e->table[place];

		if (number == 0 || number > e->count)
			break;
		if (span_cut(image->elf.file, e->entries[number - 1].name, wanted.n, &found) &&
		    span_equal(found, wanted)) {
			*out = view(image, &e->entries[number - 1], (const char *)found.p);
			return true;
		}
		place = (place + 1) & (e->table_size - 1);
	}
	return false;
}
