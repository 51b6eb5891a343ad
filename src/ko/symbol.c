/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The symbol table: fixed-size entries in a SHT_SYMTAB section, names in the string table that
 * its sh_link tells. A last piece that is shorter than an entry is ignored, as kernels do.
 *
 * kmod goes by names: .symtab and .strtab. A table that is no whole number of entries counts as
 * none.
 */
#include <elf.h>

#include "ko/object.h"

struct sections {
	const struct ko_section *symbols, *names; /* NULL: there is none */
};

static struct sections find_sections(const struct ko *ko)
{
	if (ko->is_tolerant)
		return (struct sections){ko_section_named(ko, ".symtab"),
					 ko_section_named(ko, ".strtab")};
	for (size_t i = 1; i < ko->sections.n; i++)
		if (ko->sections.p[i].type == SHT_SYMTAB)
			return (struct sections){&ko->sections.p[i],
						 &ko->sections.p[ko->sections.p[i].link]};
	return (struct sections){NULL, NULL};
}

bool ko_symbol_table(struct ko *ko, struct ko_symbol_table *table)
{
	const struct sections found = find_sections(ko);

	*table = (struct ko_symbol_table){
		.entry = ko->is_64bit ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym),
		.info_at =
			ko->is_64bit ? offsetof(Elf64_Sym, st_info) : offsetof(Elf32_Sym, st_info),
		.section_at = ko->is_64bit ? offsetof(Elf64_Sym, st_shndx)
					   : offsetof(Elf32_Sym, st_shndx),
		.is_64bit = ko->is_64bit,
		.names_end = UINT64_MAX,
		.big_endian = ko->big_endian,
	};
	if (!found.symbols || !found.names ||
	    (ko->is_tolerant && found.symbols->size % table->entry))
		return true;
	if (ko->is_tolerant)
		table->names_end = found.names->size;
	ko_fetch_together(ko, found.symbols, found.names);
	table->entries = ko_section_data(ko, found.symbols);
	table->names = ko_strings(ko, ko_section_data(ko, found.names));
	table->n = table->entries.n / table->entry;
	table->is_there = true;
	return table->names.p;
}

/* One entry of the table, all of which lies inside. */
static struct ko_symbol read_symbol64(const unsigned char *p, bool big_endian, struct span names)
{
	return (struct ko_symbol){
		.name = ko_string(names, span_load(p, 4, big_endian)),
		.type = ELF64_ST_TYPE(p[offsetof(Elf64_Sym, st_info)]),
		.binding = ELF64_ST_BIND(p[offsetof(Elf64_Sym, st_info)]),
		.section = (uint16_t)span_load(p + offsetof(Elf64_Sym, st_shndx), 2, big_endian),
		.value = span_load(p + offsetof(Elf64_Sym, st_value), 8, big_endian),
		.size = span_load(p + offsetof(Elf64_Sym, st_size), 8, big_endian),
	};
}

static struct ko_symbol read_symbol32(const unsigned char *p, bool big_endian, struct span names)
{
	return (struct ko_symbol){
		.name = ko_string(names, span_load(p, 4, big_endian)),
		.type = ELF32_ST_TYPE(p[offsetof(Elf32_Sym, st_info)]),
		.binding = ELF32_ST_BIND(p[offsetof(Elf32_Sym, st_info)]),
		.section = (uint16_t)span_load(p + offsetof(Elf32_Sym, st_shndx), 2, big_endian),
		.value = span_load(p + offsetof(Elf32_Sym, st_value), 4, big_endian),
		.size = span_load(p + offsetof(Elf32_Sym, st_size), 4, big_endian),
	};
}

struct ko_symbol ko_symbol_of(const struct ko_symbol_table *table, const unsigned char *entry)
{
	return table->is_64bit ? read_symbol64(entry, table->big_endian, table->names)
			       : read_symbol32(entry, table->big_endian, table->names);
}

static bool decode(struct ko *ko)
{
	struct ko_symbol_table table;
	struct ko_symbol *symbols;

	if (!ko_symbol_table(ko, &table))
		return false;
	symbols = arena_bytes(ko->arena, table.n * sizeof(*symbols));
	if (!symbols)
		return false;
	for (size_t i = 0; i < table.n; i++)
		symbols[i] = ko_symbol_of(&table, table.entries.p + i * table.entry);
	ko->symbols.n = table.n;
	ko->symbols.p = symbols;
	return true;
}

const struct ko_symbol *ko_symbols(const struct ko *ko, size_t *count)
{
	*count = 0;
	if (!ko->symbols.p && !decode(ko_mutable(ko)))
		return NULL;
	*count = ko->symbols.n;
	return ko->symbols.p;
}
