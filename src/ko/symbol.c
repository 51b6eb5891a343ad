/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The symbol table: fixed-size entries in a SHT_SYMTAB section, names in the string table that
 * its sh_link tells. A last piece that is shorter than an entry is ignored, as kernels do.
 */
#include <elf.h>

#include "ko/object.h"

static const struct ko_section *symbol_table(const struct ko *ko)
{
	for (size_t i = 1; i < ko->sections.n; i++)
		if (ko->sections.p[i].type == SHT_SYMTAB)
			return &ko->sections.p[i];
	return NULL;
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

static bool read_symbols(struct ko *ko, const struct ko_section *table, struct ko_symbol **out,
			 size_t *count)
{
	size_t entry = ko->is_64bit ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	const struct ko_section *names_section = &ko->sections.p[table->link];
	struct ko_symbol *symbols;
	struct span names, data;
	size_t n;

	ko_fetch_together(ko, table, names_section);
	data = ko_section_data(ko, table);
	names = ko_strings(ko, ko_section_data(ko, names_section));
	n = data.n / entry;
	symbols = arena_bytes(ko->arena, n * sizeof(*symbols));
	if (!names.p || !symbols)
		return false;
	for (size_t i = 0; i < n; i++)
		symbols[i] = ko->is_64bit
				     ? read_symbol64(data.p + i * entry, ko->big_endian, names)
				     : read_symbol32(data.p + i * entry, ko->big_endian, names);
	*out = symbols;
	*count = n;
	return true;
}

static bool decode(struct ko *ko)
{
	const struct ko_section *table = symbol_table(ko);

	if (table)
		return read_symbols(ko, table, &ko->symbols.p, &ko->symbols.n);
	ko->symbols.p = arena_array(ko->arena, 0, sizeof(*ko->symbols.p));
	return ko->symbols.p;
}

const struct ko_symbol *ko_symbols(const struct ko *ko, size_t *count)
{
	*count = 0;
	if (!ko->symbols.p && !decode(ko_mutable(ko)))
		return NULL;
	*count = ko->symbols.n;
	return ko->symbols.p;
}
