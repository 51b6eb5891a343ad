/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The symbol table: fixed-size entries in a SHT_SYMTAB section, names in the string table that
 * its sh_link tells. A last piece that is shorter than an entry is ignored, as kernels do.
 *
 * kmod goes by names: .symtab and .strtab. A table that is no whole number of entries counts as
 * none; for what is imported also one with an undefined symbol whose name is outside of .strtab,
 * and for what is exported one with any such symbol.
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

/* The table as it lies in the file. */
struct table {
	struct span entries, names;
	size_t n, entry;    /* bytes of an entry */
	size_t section_at;  /* of an entry: where the number of its section is */
	uint64_t names_end; /* no name may lie behind it */
	bool is_there, is_64bit, big_endian;
};

/* False: out of memory. */
static bool find_table(struct ko *ko, struct table *table)
{
	const struct sections found = find_sections(ko);

	*table = (struct table){
		.entry = ko->is_64bit ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym),
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

/* The name of an entry is nowhere. */
static void note_lost_name(struct ko *ko, const struct table *table, const unsigned char *p)
{
	ko->has_names = false;
	if (span_load(p + table->section_at, 2, false) == SHN_UNDEF)
		ko->has_symbols = false;
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
	ko->has_symbols = ko->has_names = table.is_there;
	for (size_t i = 0; symbols && i < table.n; i++, p += table.entry) {
		if (i > 0 && span_load(p, 4, table.big_endian) >= table.names_end)
			note_lost_name(ko, &table, p);
		if (!links_only || (i > 0 && is_link(&table, p)))
			symbols[n++] = read_symbol(&table, p);
	}
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
