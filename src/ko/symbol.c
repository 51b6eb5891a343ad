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

/* The table as it lies in the file. */
struct table {
	struct span entries, names;
	size_t n, entry;   /* bytes of an entry */
	size_t section_at; /* of an entry: where the number of its section is */
	bool is_64bit, big_endian;
};

/* False: out of memory. */
static bool find_table(struct ko *ko, struct table *table)
{
	const struct ko_section *section = symbol_table(ko), *names;

	*table = (struct table){
		.entry = ko->is_64bit ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym),
		.section_at = ko->is_64bit ? offsetof(Elf64_Sym, st_shndx)
					   : offsetof(Elf32_Sym, st_shndx),
		.is_64bit = ko->is_64bit,
		.big_endian = ko->big_endian,
	};
	if (!section)
		return true;
	names = &ko->sections.p[section->link];
	ko_fetch_together(ko, section, names);
	table->entries = ko_section_data(ko, section);
	table->names = ko_strings(ko, ko_section_data(ko, names));
	table->n = table->entries.n / table->entry;
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

static struct ko_symbol read_symbol(const struct table *table, const unsigned char *p)
{
	return table->is_64bit ? read_symbol64(p, table->big_endian, table->names)
			       : read_symbol32(p, table->big_endian, table->names);
}

/* Whether it is undefined, or the CRC of something exported. Of most tables that is a quarter, and
 * of all modules' symbols there are a million. */
static inline bool is_link(const struct table *table, const unsigned char *p)
{
	static const char mark[] = KO_CRC_MARK; /* a name has its NUL, too */
	uint64_t name = span_load(p, 4, table->big_endian);

	return span_load(p + table->section_at, 2, false) == SHN_UNDEF || /* 0 in any order */
	       (name + sizeof(mark) <= table->names.n &&
		memcmp(table->names.p + name, mark, sizeof(mark) - 1) == 0);
}

/* All symbols, or the links but for the first symbol; NULL: out of memory. */
static struct ko_symbol *decode(struct ko *ko, bool links_only, size_t *count)
{
	struct ko_symbol *symbols;
	const unsigned char *p;
	struct table table;
	size_t n = 0;

	if (!find_table(ko, &table))
		return NULL;
	symbols = arena_bytes(ko->arena, table.n * sizeof(*symbols));
	p = table.entries.p;
	for (size_t i = 0; symbols && i < table.n; i++, p += table.entry)
		if (!links_only || (i > 0 && is_link(&table, p)))
			symbols[n++] = read_symbol(&table, p);
	*count = n;
	return symbols;
}

const struct ko_symbol *ko_symbols(const struct ko *ko, size_t *count)
{
	struct ko *own = ko_mutable(ko);

	if (!own->symbols.p)
		own->symbols.p = decode(own, false, &own->symbols.n);
	*count = own->symbols.n;
	return own->symbols.p;
}

const struct ko_symbol *ko_link_symbols(const struct ko *ko, size_t *count)
{
	struct ko *own = ko_mutable(ko);

	if (!own->link_symbols.p)
		own->link_symbols.p = decode(own, true, &own->link_symbols.n);
	*count = own->link_symbols.n;
	return own->link_symbols.p;
}
