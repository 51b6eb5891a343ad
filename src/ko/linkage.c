/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a module exports and needs, as its symbol table tells (depmod's and libkmod's view; export.c
 * has the kernel's):
 *
 * - Exports are the symbols __crc_NAME: absolute ones are the CRC, others stand where it is. A file
 *   without them (CONFIG_MODVERSIONS is off) exports what __ksymtab_strings holds.
 * - Imports are the undefined symbols, with CRCs from __versions, and then the names that only
 *   __versions has.
 *
 * As in kmod, nothing is imported when the name of an undefined symbol lies outside of the table of
 * names, and nothing exported by symbols when that of any does.
 */
#include <elf.h>

#include "base/map.h"
#include "base/vec.h"
#include "ko/object.h"

static const char crc_mark[] = "__crc_";

enum { REGISTER_SYMBOL = 13 /* STT_REGISTER, of sparc: no symbol of anybody's */ };

struct links {
	VEC(struct ko_link) list;
};

static void links_free(struct links *links)
{
	vec_free(&links->list);
}

static bool push(struct links *links, const char *name, uint64_t crc, bool weak)
{
	struct ko_link *slot = vec_push(&links->list);

	if (slot)
		*slot = (struct ko_link){name, crc, weak};
	return slot;
}

/* Into the arena; NULL: out of memory. */
static const struct ko_link *keep(struct ko *ko, const struct links *links, size_t *count)
{
	struct ko_link *all = arena_array(ko->arena, links->list.n, sizeof(*all));

	if (all && links->list.n)
		memcpy(all, links->list.p, links->list.n * sizeof(*all));
	*count = all ? links->list.n : 0;
	return all;
}

static inline bool is_undefined(const struct ko_symbol_table *table, const unsigned char *p)
{
	return span_load(p + table->section_at, 2, false) == SHN_UNDEF; /* 0 in any byte order */
}

static inline bool is_register(const struct ko *ko, const struct ko_symbol_table *table,
			       const unsigned char *p)
{
	return (ko->machine == EM_SPARC || ko->machine == EM_SPARCV9) &&
	       ELF64_ST_TYPE(p[table->info_at]) == REGISTER_SYMBOL;
}

static inline bool is_crc(const struct ko_symbol_table *table, uint64_t name)
{
	return name + sizeof(crc_mark) <= table->names.n && /* which have their NUL */
	       memcmp(table->names.p + name, crc_mark, sizeof(crc_mark) - 1) == 0;
}

static void add_undefined(struct ko *ko, const struct ko_symbol_table *table,
			  const unsigned char *p, uint64_t name)
{
	const char *text = ko_string(table->names, name);

	if (*text && !is_register(ko, table, p))
		ko->undefined.p[ko->undefined.n++] =
			(struct ko_link){text, 0, ELF64_ST_BIND(p[table->info_at]) == STB_WEAK};
	ko->has_symbols = ko->has_symbols && name < table->names_end;
}

/* All modules of a kernel have a million symbols, of which a quarter is wanted: only those are
 * decoded. */
static bool find_links(struct ko *ko)
{
	struct ko_symbol_table table;
	struct ko_symbol *crcs;

	if (!ko_symbol_table(ko, &table))
		return false;
	crcs = arena_bytes(ko->arena, table.n * sizeof(*crcs));
	if (!crcs)
		return false;
	ko->undefined.p = arena_bytes(ko->arena, table.n * sizeof(*ko->undefined.p));
	if (!ko->undefined.p)
		return false;
	ko->crc_symbols.p = crcs;
	ko->has_symbols = ko->has_names = table.is_there;
	for (size_t i = 1; i < table.n; i++) {
		const unsigned char *p = table.entries.p + i * table.entry;
		uint64_t name = span_load(p, 4, table.big_endian);

		if (is_undefined(&table, p))
			add_undefined(ko, &table, p, name);
		if (is_crc(&table, name))
			ko->crc_symbols.p[ko->crc_symbols.n++] = ko_symbol_of(&table, p);
		if (name >= table.names_end)
			ko->has_names = false;
	}
	return true;
}

const struct ko_link *ko_undefined(const struct ko *ko, size_t *count)
{
	*count = 0;
	if (!ko->undefined.p && !find_links(ko_mutable(ko)))
		return NULL;
	*count = ko->undefined.n;
	return ko->undefined.p;
}

static uint64_t symbol_crc(const struct ko *ko, const struct ko_symbol *symbol)
{
	const struct ko_section *section;
	uint64_t crc = UINT64_MAX;

	if (symbol->section == SHN_ABS || symbol->section == SHN_UNDEF)
		return symbol->value;
	section = ko_section(ko, symbol->section);
	if (section)
		span_number(ko_section_data(ko, section), symbol->value, 4, ko->big_endian, &crc);
	return crc;
}

static bool push_strings(struct links *links, struct span strings)
{
	const char *text;

	for (uint64_t at = 0; (text = span_string(strings, at)); at += strlen(text) + 1)
		if (*text && !push(links, text, 0, false))
			return false;
	return true;
}

static struct span exported_strings(const struct ko *ko)
{
	const struct ko_section *section = ko_section_named(ko, "__ksymtab_strings");

	return section ? ko_section_data(ko, section) : span_of("", 0);
}

static bool is_ended(struct span strings)
{
	return strings.n <= 1 || strings.p[strings.n - 1] == 0;
}

const struct ko_link *ko_exported(const struct ko *ko, size_t *count)
{
	DEFER(links_free) struct links links = {0};

	*count = 0;
	if (!ko->undefined.p && !find_links(ko_mutable(ko)))
		return NULL;
	for (size_t i = 0; i < ko->crc_symbols.n && ko->has_names; i++) {
		const struct ko_symbol *symbol = &ko->crc_symbols.p[i];

		if (!push(&links, symbol->name + sizeof(crc_mark) - 1, symbol_crc(ko, symbol),
			  false))
			return NULL;
	}
	if (links.list.n == 0 && is_ended(exported_strings(ko)) &&
	    !push_strings(&links, exported_strings(ko)))
		return NULL;
	return keep(ko_mutable(ko), &links, count);
}

/* __versions by name; its values are the entries, of which used marks those that were met. */
struct crcs {
	const struct ko_version *p;
	size_t n;
	struct map names;
	bool *used;
};

static void crcs_free(struct crcs *crcs)
{
	map_free(&crcs->names);
	mem_free(crcs->used);
}

static bool crcs_read(struct crcs *crcs, const struct ko *ko)
{
	crcs->p = ko_versions(ko, &crcs->n);
	crcs->used = mem_zalloc(crcs->n);
	if (!crcs->p || !crcs->used)
		return false;
	for (size_t i = 0; i < crcs->n; i++)
		if (!map_add(&crcs->names, span_text(crcs->p[i].name), (void *)&crcs->p[i]))
			return false;
	return true;
}

static uint64_t crcs_take(struct crcs *crcs, const char *name)
{
	const struct ko_version *version = map_get(&crcs->names, span_text(name));

	if (!version)
		return 0;
	crcs->used[version - crcs->p] = true;
	return version->crc;
}

bool ko_has_exports(const struct ko *ko)
{
	size_t n;
	const struct ko_link *exported =
		is_ended(exported_strings(ko)) ? NULL : ko_exported(ko, &n);

	return !exported || n > 0;
}

bool ko_has_imports(const struct ko *ko)
{
	size_t n;

	ko_versions(ko, &n);
	ko_undefined(ko, &n);
	return ko->has_symbols && !ko->has_endless_version;
}

const struct ko_link *ko_imported(const struct ko *ko, size_t *count)
{
	DEFER(links_free) struct links links = {0};
	DEFER(crcs_free) struct crcs crcs = {0};
	size_t n;
	const struct ko_link *undefined = ko_undefined(ko, &n);

	*count = 0;
	if (!undefined || !crcs_read(&crcs, ko))
		return NULL;
	if (!ko_has_imports(ko))
		return keep(ko_mutable(ko), &links, count);
	for (size_t i = 0; i < n; i++)
		if (!push(&links, undefined[i].name, crcs_take(&crcs, undefined[i].name),
			  undefined[i].weak))
			return NULL;
	for (size_t i = 0; i < crcs.n; i++)
		if (!crcs.used[i] && !push(&links, crcs.p[i].name, crcs.p[i].crc, false))
			return NULL;
	return keep(ko_mutable(ko), &links, count);
}
