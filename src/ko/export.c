/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a module exports.
 *
 * __ksymtab and __ksymtab_gpl are arrays of entries {value, name, namespace}; before 5.4 without
 * namespace. A field is an address, or a 32-bit distance from itself where the architecture has
 * such relocations. In the file all fields are relocations, and only names and namespaces lie in
 * __ksymtab_strings; so the relocations alone, in order of their places, tell the entries of any
 * kernel: one outside of the strings begins an entry, then come its name and its namespace.
 *
 * __kcrctab and __kcrctab_gpl hold a 32-bit CRC per entry, in the same order: plain, or (before
 * 5.19) relocations against a symbol __crc_NAME, which is the CRC itself or lies on it. Without
 * CONFIG_MODVERSIONS they are absent.
 *
 * Kernels of 2026 and later have only one __ksymtab, and __kflagstab tells in bit 0 of a byte per
 * entry whether a symbol is for GPL modules.
 */
#include <elf.h>
#include <stdlib.h>

#include "ko/object.h"

/* One relocation of a table: where it stands, and what it refers to. */
struct target {
	uint64_t place;
	uint64_t position; /* to keep the order of those at one place */
	uint64_t value;
	uint16_t section;
};

struct targets {
	struct target *p;
	size_t n;
};

static int by_place(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

/* A section's relocations: SHT_RELA, or SHT_REL with the addend in the section itself. */
static const struct ko_section *relocations_of(const struct ko *ko, const struct ko_section *table)
{
	size_t index = (size_t)(table - ko->sections.p);

	for (size_t i = 1; i < ko->sections.n; i++) {
		const struct ko_section *section = &ko->sections.p[i];

		if ((section->type == SHT_RELA || section->type == SHT_REL) &&
		    section->info == index)
			return section;
	}
	return NULL;
}

/* The index of the symbol in r_info. The one of little-endian 64-bit MIPS is not a number of that
 * order, but a 32-bit index and four bytes of types. */
static size_t symbol_of(const struct ko *ko, uint64_t info)
{
	if (!ko->is_64bit)
		return ELF32_R_SYM(info);
	if (ko->machine == EM_MIPS && !ko->big_endian)
		return (uint32_t)info;
	return ELF64_R_SYM(info);
}

static struct target read_target(const struct ko *ko, struct ko_reader *in, bool has_addend,
				 struct span table)
{
	struct target target = {.section = SHN_UNDEF};
	uint64_t info, addend = 0;
	size_t symbol;

	target.place = ko_read_word(in);
	info = ko_read_word(in);
	symbol = symbol_of(ko, info);
	if (has_addend)
		addend = ko_read_word(in);
	else
		span_number(table, target.place, in->word, ko->big_endian, &addend);
	if (symbol < ko->symbols.n) {
		target.section = ko->symbols.p[symbol].section;
		target.value = ko->symbols.p[symbol].value + addend;
	}
	return target;
}

/* The relocations of a table in order of their places. Where one field takes several, as ADD and
 * SUB on riscv, the first refers to what is stored. p is NULL when out of memory. */
static struct targets find_targets(struct ko *ko, const struct ko_section *table)
{
	const struct ko_section *section = relocations_of(ko, table);
	bool has_addend = section && section->type == SHT_RELA;
	size_t entry = (size_t)(has_addend ? 3 : 2) * (ko->is_64bit ? 8 : 4);
	struct span data = section ? ko_section_data(ko, section) : span_of("", 0);
	struct span fields = ko_section_data(ko, table);
	size_t n = data.n / entry, used = 0;
	struct target *p = arena_array(ko->arena, n, sizeof(*p));
	struct ko_reader in;

	if (!p || n == 0)
		return (struct targets){p, 0};
	in = ko_reader(ko, data, 0);
	for (size_t i = 0; i < n; i++) {
		p[i] = read_target(ko, &in, has_addend, fields);
		p[i].position = i;
	}
	qsort(p, n, sizeof(*p), by_place);
	for (size_t i = 0; i < n; i++)
		if (used == 0 || p[i].place != p[used - 1].place)
			p[used++] = p[i];
	return (struct targets){p, used};
}

/* Appends the entries of one table to exports, which has room for them. */
static size_t read_entries(const struct targets *targets, size_t strings_index, struct span strings,
			   struct ko_export *exports)
{
	size_t n = 0;
	unsigned int field = 0;

	for (size_t i = 0; i < targets->n; i++) {
		const struct target *target = &targets->p[i];

		if (target->section != strings_index) {
			field = 1;
			continue;
		}
		if (field == 1) {
			exports[n].name_space = "";
			exports[n++].name = ko_string(strings, target->value);
		} else if (field == 2) {
			exports[n - 1].name_space = ko_string(strings, target->value);
		}
		field = field ? field + 1 : 0;
	}
	return n;
}

static bool read_crc(const struct ko *ko, struct span bytes, uint64_t offset, uint32_t *crc)
{
	uint64_t value = 0;
	bool inside = span_number(bytes, offset, 4, ko->big_endian, &value);

	*crc = (uint32_t)value;
	return inside;
}

/* The CRC that a relocation of a CRC table refers to. */
static bool target_crc(const struct ko *ko, const struct target *target, uint32_t *crc)
{
	const struct ko_section *section = ko_section(ko, target->section);

	if (target->section == SHN_ABS) {
		*crc = (uint32_t)target->value;
		return true;
	}
	return target->section != SHN_UNDEF && section &&
	       read_crc(ko, ko_section_data(ko, section), target->value, crc);
}

static bool read_crcs(struct ko *ko, const char *name, struct ko_export *exports, size_t n)
{
	const struct ko_section *table = ko_section_loaded(ko, name);
	struct targets targets;
	struct span crcs;

	if (!table)
		return true;
	crcs = ko_section_data(ko, table);
	targets = find_targets(ko, table);
	for (size_t i = 0; i < n; i++) {
		struct ko_export *export = &exports[i];

		if (targets.n)
			export->has_crc =
				i < targets.n && target_crc(ko, &targets.p[i], &export->crc);
		else
			export->has_crc = read_crc(ko, crcs, 4 * i, &export->crc);
	}
	return targets.p != NULL;
}

static void read_flags(struct ko *ko, struct ko_export *exports, size_t n)
{
	struct span flags = ko_section_bytes(ko, "__kflagstab");

	for (size_t i = 0; i < n && i < flags.n; i++)
		exports[i].gpl = flags.p[i] & 1;
}

struct export_table {
	const char *name, *crcs;
	bool gpl;
	struct targets targets;
};

static bool fill(struct ko *ko, struct export_table *tables, size_t count,
		 const struct ko_section *strings_section)
{
	struct span strings = ko_strings(ko, ko_section_data(ko, strings_section));
	size_t strings_index = (size_t)(strings_section - ko->sections.p);

	if (!strings.p)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct ko_export *exports = ko->exports.p + ko->exports.n;
		size_t n = read_entries(&tables[i].targets, strings_index, strings, exports);

		if (!read_crcs(ko, tables[i].crcs, exports, n))
			return false;
		for (size_t k = 0; k < n; k++)
			exports[k].gpl = tables[i].gpl;
		if (!tables[i].gpl)
			read_flags(ko, exports, n);
		ko->exports.n += n;
	}
	return true;
}

static bool decode(struct ko *ko)
{
	struct export_table tables[] = {{"__ksymtab", "__kcrctab", false, {NULL, 0}},
					{"__ksymtab_gpl", "__kcrctab_gpl", true, {NULL, 0}}};
	const struct ko_section *strings = ko_section_loaded(ko, "__ksymtab_strings");
	size_t most = 0, count;

	if (!ko_symbols(ko, &count))
		return false;
	for (size_t i = 0; strings && i < 2; i++) {
		const struct ko_section *table = ko_section_loaded(ko, tables[i].name);

		if (!table)
			continue;
		tables[i].targets = find_targets(ko, table);
		if (!tables[i].targets.p)
			return false;
		most += tables[i].targets.n;
	}
	ko->exports.n = 0;
	ko->exports.p = arena_array(ko->arena, most, sizeof(*ko->exports.p));
	if (ko->exports.p && (!strings || fill(ko, tables, 2, strings)))
		return true;
	ko->exports.p = NULL;
	return false;
}

const struct ko_export *ko_exports(const struct ko *ko, size_t *count)
{
	*count = 0;
	if (!ko->exports.p && !decode(ko_mutable(ko)))
		return NULL;
	*count = ko->exports.n;
	return ko->exports.p;
}
