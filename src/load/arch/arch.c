/* SPDX-License-Identifier: GPL-2.0-only */
#include "load/arch/arch.h"

#include <stdlib.h>

static const struct load_arch *const all[] = {&arch_x86_64, &arch_arm64, &arch_riscv64};

const struct load_arch *arch_find(unsigned int machine)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i]->machine == machine)
			return all[i];
	return NULL;
}

uint32_t arch_scatter(uint32_t instruction, const struct arch_move *field, uint64_t value)
{
	for (; field->count; field++) {
		uint32_t mask = (uint32_t)((UINT64_C(1) << field->count) - 1);

		instruction &= ~(mask << field->to);
		instruction |= ((uint32_t)(value >> field->from) & mask) << field->to;
	}
	return instruction;
}

uint64_t arch_get(const unsigned char *at, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

void arch_put(unsigned char *at, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

struct section *arch_section(struct walk *walk, const char *name)
{
	for (size_t i = walk->section_count; i-- > 1;)
		if (strcmp(walk->sections[i].name, name) == 0)
			return &walk->sections[i];
	return NULL;
}

#define TEMPORARY UINT64_C(0xffffc90000000000) /* vmalloc area: the kernel's copy of the file */

uint64_t arch_section_address(const struct section *section)
{
	return section->placed ? section->place : TEMPORARY + section->offset;
}

uint64_t arch_table_size(const struct section *section)
{
	enum { FEW = 1024 };

	return section->type == SHT_NOBITS && section->size > FEW ? FEW : section->size;
}

const unsigned char *arch_bytes_at(const struct walk *walk, uint64_t address, uint64_t length)
{
	uint64_t at = address - TEMPORARY;

	if (at < walk->file.n)
		return length <= walk->file.n - at ? walk->file.p + at : NULL;
	return layout_at(walk, address, length);
}

uint64_t arch_import(const struct walk *walk, const char *name)
{
	for (size_t i = 1; i < walk->symbol_count; i++)
		if (walk->symbols[i].section == SHN_UNDEF &&
		    strcmp(walk->symbols[i].name, name) == 0)
			return walk->symbols[i].value;
	return 0;
}

void arch_resize(struct section *section, uint64_t flags, unsigned int alignment, uint64_t size)
{
	section->type = SHT_NOBITS;
	section->flags = flags;
	section->alignment = alignment;
	section->size = size;
	section->data = (struct span){0};
}

uint16_t arch_symbol_section(const struct walk *walk, uint32_t symbol)
{
	return span_le16(walk->symtab->data,
			 (uint64_t)symbol * sizeof(Elf64_Sym) + offsetof(Elf64_Sym, st_shndx));
}

static int compare(const void *a, const void *b)
{
	const struct reloc *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->symbol != y->symbol)
		return x->symbol < y->symbol ? -1 : 1;
	return x->addend < y->addend ? -1 : x->addend > y->addend;
}

typedef VEC(struct reloc) reloc_list;

static void reloc_list_free(reloc_list *list)
{
	vec_free(list);
}

static bool collect(struct walk *walk, const struct section *section, const struct arch_count *how,
		    reloc_list *list)
{
	const struct section *target = &walk->sections[section->info];

	for (uint64_t i = 0; i < section->data.n / sizeof(Elf64_Rela); i++) {
		struct reloc reloc = reloc_read(section->data, i), *slot;

		if (!how->needs(walk, target, &reloc))
			continue;
		slot = vec_push(list);
		if (!slot)
			return false;
		*slot = reloc;
	}
	return true;
}

static bool is_counted(const struct walk *walk, const struct section *section,
		       const struct arch_count *how)
{
	const struct section *target;

	if (section->type != SHT_RELA || section->info >= walk->section_count)
		return false;
	target = &walk->sections[section->info];
	return (target->flags & SHF_EXECINSTR) &&
	       (how->any_region || (strncmp(target->name, ".init", 5) == 0) == how->init);
}

uint64_t arch_count(struct walk *walk, const struct arch_count *how)
{
	DEFER(reloc_list_free) reloc_list list = {0};
	uint64_t count = 0;

	for (size_t i = 1; i < walk->section_count && !walk->no_memory; i++)
		if (is_counted(walk, &walk->sections[i], how))
			walk->no_memory = !collect(walk, &walk->sections[i], how, &list);
	if (list.n)
		qsort(list.p, list.n, sizeof(*list.p), compare);
	for (size_t i = 0; i < list.n; i++)
		count += i == 0 || compare(&list.p[i], &list.p[i - 1]) != 0;
	return count;
}
