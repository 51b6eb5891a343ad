/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of exports in an image that does not name them: without CONFIG_KALLSYMS_ALL kallsyms
 * has functions only (Debian's arm64 until 6.1).
 *
 * The linker puts them one behind the other, each sorted by name:
 *
 *	__ksymtab  __ksymtab_gpl  __kcrctab  __kcrctab_gpl  __ksymtab_strings
 *
 * Every kernel with modules exports module_layout, so the i32 that leads to this text is in an
 * entry of the first table; its neighbours are entries as long as they lead to names. The names
 * begin anew where the second table does, and right behind the CRCs the texts must follow.
 */
#include "image/internal.h"

enum {
	ENTRY = 12,
	NAME = 4,
	NAME_MAX = 512,
	TEXTS_MAX =
		16, /* code and types name module_layout, too; a file can be made to do it often */
};

struct search {
	struct span file;
	uint64_t begin, middle, end; /* offsets of the tables */
	uint64_t first_text;	     /* the lowest offset of a name */
};

static bool is_name(const char *text)
{
	size_t length = text ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					    "0123456789_.$")
			     : 0;

	return length > 0 && length < NAME_MAX && text[length] == '\0';
}

/* Offsets stand for addresses: both tables and texts are in one segment. */
static uint64_t target_of(struct span file, uint64_t field)
{
	return field + (uint64_t)(int64_t)(int32_t)span_le32(file, field);
}

static const char *name_at(const struct search *search, uint64_t entry)
{
	const char *name = span_string(search->file, target_of(search->file, entry + NAME));

	return entry + ENTRY <= search->file.n && is_name(name) ? name : NULL;
}

static void note(struct search *search, uint64_t entry)
{
	uint64_t text = target_of(search->file, entry + NAME);

	if (text < search->first_text)
		search->first_text = text;
}

/* Widens the tables from one entry on. */
static void widen(struct search *search, uint64_t entry)
{
	const char *name, *last = name_at(search, entry);

	search->first_text = UINT64_MAX;
	search->begin = search->end = entry;
	search->middle = 0;
	while (search->begin >= ENTRY && (name = name_at(search, search->begin - ENTRY)) &&
	       strcmp(name, last) < 0) {
		search->begin -= ENTRY;
		last = name;
		note(search, search->begin);
	}
	last = "";
	for (; (name = name_at(search, search->end)); search->end += ENTRY, last = name) {
		if (strcmp(name, last) <= 0 && search->middle)
			break;
		if (strcmp(name, last) <= 0)
			search->middle = search->end;
		note(search, search->end);
	}
	if (!search->middle)
		search->middle = search->end;
}

static bool fits(struct search *search, struct image_export_tables *out)
{
	uint64_t count = (search->end - search->begin) / ENTRY, crcs = search->end;
	uint64_t texts = crcs + 4 * count;

	if (search->first_text != texts && search->first_text != crcs)
		return false;
	*out = (struct image_export_tables){
		.begin = search->begin, .gpl = search->middle, .end = search->end};
	if (search->first_text == texts)
		span_cut(search->file, crcs, 4 * count, &out->crcs);
	return true;
}

/* The entry whose name is the text at an offset. */
static bool search_entry(struct search *search, uint64_t text, struct image_export_tables *out)
{
	for (uint64_t field = NAME; field + 4 <= search->file.n; field += 4) {
		if (target_of(search->file, field) != text)
			continue;
		widen(search, field - NAME);
		if (fits(search, out))
			return true;
	}
	return false;
}

bool image_exports_search(const struct image_elf *elf, struct image_export_tables *out)
{
	static const char wanted[] = "\0module_layout";
	struct search search = {.file = elf->file};
	struct span area = elf->file;
	const unsigned char *hit;

	for (unsigned int tries = 0; tries < TEXTS_MAX; tries++) {
		hit = memmem(area.p, area.n, wanted, sizeof(wanted));
		if (!hit)
			break;
		if (search_entry(&search, (uint64_t)(hit + 1 - elf->file.p), out))
			return true;
		area = span_of(hit + 1, area.n - (size_t)(hit + 1 - area.p));
	}
	return false;
}
