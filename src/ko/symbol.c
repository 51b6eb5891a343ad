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

static struct ko_symbol read_symbol(struct ko_reader *in, struct span names)
{
	struct ko_symbol symbol;
	unsigned int info;

	symbol.name = ko_string(names, ko_read(in, 4));
	if (in->word == 4) {
		symbol.value = ko_read(in, 4);
		symbol.size = ko_read(in, 4);
	}
	info = (unsigned int)ko_read(in, 1);
	in->offset += 1; /* st_other */
	symbol.section = (uint16_t)ko_read(in, 2);
	if (in->word == 8) {
		symbol.value = ko_read(in, 8);
		symbol.size = ko_read(in, 8);
	}
	symbol.type = ELF64_ST_TYPE(info);
	symbol.binding = ELF64_ST_BIND(info);
	return symbol;
}

static bool decode(struct ko *ko)
{
	size_t entry = ko->is_64bit ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	const struct ko_section *table = symbol_table(ko);
	size_t n = table ? table->data.n / entry : 0;
	struct ko_symbol *symbols = arena_array(ko->arena, n, sizeof(*symbols));
	struct ko_reader in;
	struct span names;

	if (!symbols)
		return false;
	if (table) {
		names = ko_strings(ko, ko->sections.p[table->link].data);
		if (!names.p)
			return false;
		in = ko_reader(ko, table->data, 0);
		for (size_t i = 0; i < n; i++)
			symbols[i] = read_symbol(&in, names);
	}
	ko->symbols.n = n;
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
