/* SPDX-License-Identifier: GPL-2.0-only */
/* What is kept of a walk: the sections as they are in memory after relocation, and the symbols. */
#include "load/walk.h"

static bool keep_section(struct walk *walk, size_t index)
{
	const struct section *section = &walk->sections[index];
	const unsigned char *bytes = layout_at(walk, section->place, section->size);
	struct load_section *kept = vec_push(&walk->verdict->sections);
	void *copy = arena_alloc(walk->arena, section->size ? section->size : 1);

	if (!kept || !copy)
		return false;
	if (bytes)
		memcpy(copy, bytes, section->size);
	*kept = (struct load_section){
		.name = section->name,
		.index = index,
		.region = section->region,
		.address = section->place,
		.flags = section->flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR),
		.bytes = span_of(copy, section->size),
	};
	return true;
}

static bool keep_symbol(struct walk *walk, const struct symbol *symbol)
{
	const char *name = walk_string(walk, walk->names, symbol->name_offset);
	struct load_symbol *kept = vec_push(&walk->verdict->symbols);

	if (!kept || !name)
		return false;
	*kept = (struct load_symbol){.name = arena_strdup(walk->arena, name),
				     .address = symbol->value};
	return kept->name != NULL;
}

static bool is_own(const struct symbol *symbol)
{
	return symbol->section != SHN_UNDEF && ELF64_ST_BIND(symbol->info) == STB_GLOBAL;
}

/* Of the kernel or another module. */
static bool is_used(const struct symbol *symbol)
{
	return symbol->section == SHN_UNDEF && symbol->value;
}

/* The table of symbols and its names are left out: the kernel makes its own of them. */
static bool is_shown(const struct walk *walk, const struct section *section)
{
	return section->placed && section != walk->symtab && section != walk->strtab;
}

bool keep_step(struct walk *walk)
{
	if (!walk->request->places || walk->verdict->code < 0)
		return true;
	for (size_t i = 1; i < walk->section_count && !walk->no_memory; i++)
		if (is_shown(walk, &walk->sections[i]))
			walk->no_memory = !keep_section(walk, i);
	for (size_t i = 1; i < walk->symbol_count && !walk->no_memory; i++)
		if (is_used(&walk->symbols[i]) || is_own(&walk->symbols[i]))
			walk->no_memory = !keep_symbol(walk, &walk->symbols[i]);
	return !walk->no_memory;
}
