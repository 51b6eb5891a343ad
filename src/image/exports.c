/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of exported symbols.
 *
 *	__ksymtab, __ksymtab_gpl	12 bytes each: i32 value, i32 name, i32 namespace, each
 *					relative to its own address
 *	__kcrctab, __kcrctab_gpl	u32 CRC each, in the same order (CONFIG_MODVERSIONS)
 *	__kflagstab			u8 flags each (7.0 and later, which have no _gpl tables);
 *					bit 0: GPL only
 *
 * Symbols __start_X and __stop_X bound each of them. The entries of an image may come from a file
 *of the cache whose header alone was checked: every number in them is bounded where it is used.
 */
#include <stdio.h>

#include "base/hash.h"
#include "image/internal.h"

enum { ENTRY = 12, FLAG_GPL = 1 };

static struct span table(const struct image *image, const char *name, uint64_t *address)
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

/* The offset in the vmlinux of the string that the i32 at an offset of entries points at; 0: there
 * is none. */
static uint32_t string_at(const struct image *image, struct span entries, uint64_t offset,
			  uint64_t address)
{
	int32_t distance = (int32_t)span_le32(entries, offset);
	struct span text =
		image_elf_at(&image->elf, address + offset + (uint64_t)(int64_t)distance, 1);
	uint64_t at = text.p ? (uint64_t)(text.p - image->elf.file.p) : 0;

	return at <= UINT32_MAX && span_string(image->elf.file, at) ? (uint32_t)at : 0;
}

static bool add_table(const struct image *image, struct exports_new *out, const char *ksymtab,
		      const char *kcrctab, bool gpl)
{
	uint64_t address = 0, unused;
	struct span entries = table(image, ksymtab, &address);
	struct span crcs = table(image, kcrctab, &unused);
	struct span flags = table(image, "__kflagstab", &unused);
	size_t count = entries.n / ENTRY;

	for (size_t i = 0; i < count; i++) {
		uint32_t name = string_at(image, entries, i * ENTRY + 4, address);
		struct export_entry *entry = name ? vec_push(&out->list) : NULL;

		if (!name)
			continue;
		if (!entry)
			return false;
		*entry = (struct export_entry){
			.name = name,
			.name_space = string_at(image, entries, i * ENTRY + 8, address),
			.crc = span_le32(crcs, 4 * i),
		};
		if (crcs.n == 4 * count)
			entry->flags |= EXPORT_HAS_CRC;
		if (gpl || (flags.n == count && flags.p[i] & FLAG_GPL))
			entry->flags |= EXPORT_GPL;
	}
	return true;
}

static size_t first_place(const char *name, size_t table_size)
{
	return hash_bytes(span_text(name)) & (table_size - 1);
}

static bool index_names(struct exports_new *exports, struct span file)
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
	if (!add_table(image, out, "__ksymtab", "__kcrctab", false) ||
	    !add_table(image, out, "__ksymtab_gpl", "__kcrctab_gpl", true) ||
	    !index_names(out, image->elf.file))
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

struct image_export image_export_at(const struct image *image, size_t number)
{
	const struct export_entry *entry = &image->exports.entries[number];

	return (struct image_export){
		.name = text_at(image, entry->name),
		.name_space = text_at(image, entry->name_space),
		.crc = entry->crc,
		.has_crc = entry->flags & EXPORT_HAS_CRC,
		.gpl = entry->flags & EXPORT_GPL,
	};
}

bool image_export(const struct image *image, const char *name, struct image_export *out)
{
	const struct exports *e = &image->exports;
	size_t place = e->count ? first_place(name, e->table_size) : 0;

	for (size_t tries = 0; e->count && tries < e->table_size; tries++) {
		uint32_t number = e->table[place];

		if (number == 0 || number > e->count)
			break;
		if (strcmp(text_at(image, e->entries[number - 1].name), name) == 0) {
			*out = image_export_at(image, number - 1);
			return true;
		}
		place = (place + 1) & (e->table_size - 1);
	}
	return false;
}
