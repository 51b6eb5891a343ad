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
 * Symbols __start_X and __stop_X bound each of them.
 */
#include <stdio.h>

#include "base/vec.h"
#include "image/internal.h"

enum { ENTRY = 12, FLAG_GPL = 1 };

typedef VEC(struct image_export) export_list;

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

/* The string that the i32 at an address in entries points at; NULL: outside of the image. */
static const char *string_at(const struct image *image, struct span entries, uint64_t offset,
			     uint64_t address)
{
	int32_t distance = (int32_t)span_le32(entries, offset);
	struct span text =
		image_elf_at(&image->elf, address + offset + (uint64_t)(int64_t)distance, 1);

	return text.p ? span_string(image->elf.file, (uint64_t)(text.p - image->elf.file.p)) : NULL;
}

static bool add_table(const struct image *image, export_list *list, const char *ksymtab,
		      const char *kcrctab, bool gpl)
{
	uint64_t address = 0, unused;
	struct span entries = table(image, ksymtab, &address);
	struct span crcs = table(image, kcrctab, &unused);
	struct span flags = table(image, "__kflagstab", &unused);
	size_t count = entries.n / ENTRY;

	for (size_t i = 0; i < count; i++) {
		const char *name = string_at(image, entries, i * ENTRY + 4, address);
		const char *space = string_at(image, entries, i * ENTRY + 8, address);
		struct image_export *export;

		if (!name)
			continue;
		export = vec_push(list);
		if (!export)
			return false;
		*export = (struct image_export){
			.name = name,
			.name_space = space ? space : "",
			.crc = span_le32(crcs, 4 * i),
			.has_crc = crcs.n == 4 * count,
			.gpl = gpl || (flags.n == count && flags.p[i] & FLAG_GPL),
		};
	}
	return true;
}

const struct image_export *image_exports(const struct image *image, size_t *count)
{
	static const struct image_export none;
	struct image *owner = (struct image *)image;
	export_list list = {0};

	*count = 0;
	if (!owner->exports_read) {
		if (!add_table(image, &list, "__ksymtab", "__kcrctab", false) ||
		    !add_table(image, &list, "__ksymtab_gpl", "__kcrctab_gpl", true)) {
			vec_free(&list);
			return NULL;
		}
		owner->exports = list.p;
		owner->export_count = list.n;
		owner->exports_read = true;
	}
	*count = image->export_count;
	return image->exports ? image->exports : &none;
}
