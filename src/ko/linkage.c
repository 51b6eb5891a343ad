/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a module exports and needs, as its symbol table tells (depmod's and libkmod's view; export.c
 * has the kernel's):
 *
 * - Exports are the symbols __crc_NAME: absolute ones are the CRC, others stand where it is. A file
 *   without them (CONFIG_MODVERSIONS is off) exports what __ksymtab_strings holds.
 * - Imports are the undefined symbols, with CRCs from __versions, and then the names that only
 *   __versions has.
 */
#include <elf.h>

#include "base/map.h"
#include "base/vec.h"
#include "ko/object.h"

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

/* Most names differ early: a call would take longer. */
static const char *behind_mark(const char *name)
{
	for (const char *mark = KO_CRC_MARK; *mark; mark++, name++)
		if (*name != *mark)
			return NULL;
	return name;
}

const struct ko_link *ko_exported(const struct ko *ko, size_t *count)
{
	DEFER(links_free) struct links links = {0};
	size_t n;
	const struct ko_symbol *symbols = ko_link_symbols(ko, &n);

	*count = 0;
	if (!symbols)
		return NULL;
	for (size_t i = 0; i < n && ko->has_names; i++) {
		const char *name = behind_mark(symbols[i].name);

		if (name && !push(&links, name, symbol_crc(ko, &symbols[i]), false))
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

static bool is_import(const struct ko *ko, const struct ko_symbol *symbol)
{
	bool has_registers = ko->machine == EM_SPARC || ko->machine == EM_SPARCV9;

	return symbol->section == SHN_UNDEF && symbol->name[0] &&
	       !(has_registers && symbol->type == REGISTER_SYMBOL);
}

const struct ko_link *ko_undefined(const struct ko *ko, size_t *count)
{
	size_t n;
	const struct ko_symbol *symbols = ko_link_symbols(ko, &n);
	struct ko_link *links = symbols ? arena_bytes(ko->arena, n * sizeof(*links)) : NULL;

	*count = 0;
	if (!links)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (is_import(ko, &symbols[i]))
			links[(*count)++] = (struct ko_link){symbols[i].name, 0,
							     symbols[i].binding == STB_WEAK};
	return links;
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
	ko_link_symbols(ko, &n);
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
