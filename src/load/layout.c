/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where each section goes. Sections are placed by passes over their flags, in the order of the
 * file; init sections in a second round. Up to 6.3 there are two regions, core and init, whose
 * parts begin at pages; later kernels have seven regions of their own.
 *
 * The symbol table and its names go behind init's sections, and those symbols that are kept behind
 * core's.
 */
#include <errno.h>

#include "load/arch/arch.h"

#define RO_AFTER_INIT UINT64_C(0x00200000)

enum { PAGE = 4096, KALLSYMS = 32, PASSES = 5 };

static const struct {
	uint64_t want, not ;
} passes[PASSES] = {
	{SHF_EXECINSTR | SHF_ALLOC, 0}, {SHF_ALLOC, SHF_WRITE}, {RO_AFTER_INIT | SHF_ALLOC, 0},
	{SHF_WRITE | SHF_ALLOC, 0},	{SHF_ALLOC, 0},
};

/* Text, data, rodata, ro_after_init, init's text, data, rodata. */
enum { TEXT, DATA, RODATA, RO_DATA, INIT_TEXT, INIT_DATA, INIT_RODATA };
static const int region_of_pass[2][PASSES] = {
	{TEXT, RODATA, RO_DATA, DATA, DATA},
	{INIT_TEXT, INIT_RODATA, INIT_DATA, INIT_DATA, INIT_DATA},
};

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return alignment ? (value + alignment - 1) & ~(alignment - 1) : value;
}

static bool is_init(const struct section *section)
{
	return strncmp(section->name, ".init", 5) == 0;
}

/* Sizes are 32 bits wide. */
static void grow(struct region *region, uint64_t size)
{
	region->size = (uint32_t)size;
}

static void place(const struct walk *walk, struct region *region, struct section *section)
{
	uint64_t at = align_up(region->size, section->alignment ? section->alignment : 1);

	section->place = at;
	section->placed = true;
	section->region = (unsigned int)(region - walk->regions);
	grow(region, at + section->size);
}

static void place_round(struct walk *walk, bool init)
{
	bool kinds = walk->kernel->has[SERIES_MEMORY_KINDS];

	for (int pass = 0; pass < PASSES; pass++) {
		struct region *region = &walk->regions[kinds  ? region_of_pass[init][pass]
						       : init ? REGION_INIT
							      : REGION_CORE];

		for (size_t i = 0; i < walk->section_count; i++) {
			struct section *section = &walk->sections[i];

			if ((section->flags & passes[pass].want) == passes[pass].want &&
			    !(section->flags & passes[pass].not ) && !section->placed &&
			    is_init(section) == init)
				place(walk, region, section);
		}
		if (!kinds && pass != 3 && !(init && pass == 2))
			grow(region, align_up(region->size, PAGE));
	}
}

static bool is_core(const struct walk *walk, size_t i)
{
	const struct section *section;
	uint64_t at = i * sizeof(Elf64_Sym);
	uint16_t index = span_le16(walk->symtab->data, at + offsetof(Elf64_Sym, st_shndx));

	if (i == 0)
		return true;
	if (index == SHN_UNDEF || index >= walk->section_count ||
	    span_le32(walk->symtab->data, at) == 0)
		return false;
	section = &walk->sections[index];
	return section == walk->percpu || ((section->flags & SHF_ALLOC) && !is_init(section));
}

static void change_flags(struct section *section, uint64_t set, uint64_t clear)
{
	if (section)
		section->flags = (section->flags | set) & ~clear;
}

/* Names outside of the table crash the kernel, whether it keeps them or looks them up. */
static bool place_symbols(struct walk *walk)
{
	bool kinds = walk->kernel->has[SERIES_MEMORY_KINDS];
	bool patch = walk->kernel->livepatch && modinfo_get(walk, "livepatch"); /* keeps all */
	struct region *core = &walk->regions[kinds ? DATA : REGION_CORE];
	struct region *init = &walk->regions[kinds ? INIT_DATA : REGION_INIT];
	uint64_t count = walk->symtab->data.n / sizeof(Elf64_Sym), kept = 0, names = 0, last = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t name = span_le32(walk->symtab->data, i * sizeof(Elf64_Sym));
		const char *text;

		if (!patch && !is_core(walk, i))
			continue;
		text = walk_string(walk, walk->names, name);
		if (!text) {
			walk_crash(walk, "L-CRASH-03",
				   "the name of symbol %zu lies outside of the table of names", i);
			return false;
		}
		kept++;
		last = name > last ? name : last;
		names += strlen(text) + 1;
	}
	change_flags(walk->symtab, SHF_ALLOC, 0);
	change_flags(walk->strtab, SHF_ALLOC, 0);
	place(walk, init, walk->symtab);
	grow(core, align_up(core->size, walk->symtab->alignment));
	grow(core, align_up(core->size + kept * (sizeof(Elf64_Sym) + 1) + names, PAGE));
	if (!walk->strtab->placed)
		place(walk, init, walk->strtab);
	grow(init, align_up(align_up(init->size, 8) + KALLSYMS + count, PAGE));
	if (walk->strtab->region == (unsigned int)(init - walk->regions) &&
	    walk->strtab->place + last >= init->size)
		walk_crash(walk, "L-CRASH-03",
			   "the name of a symbol lies behind the memory for names");
	return walk->step_code == 0;
}

static bool assign_addresses(struct walk *walk)
{
	const uint64_t *given = walk->request->places ? walk->request->places->regions : NULL;
	uint64_t address = walk->kernel->arch->modules;

	if (given && walk->request->places->base)
		address = walk->request->places->base;
	for (int i = 0; i < REGION_KINDS; i++) {
		struct region *region = &walk->regions[i];

		region->offset = walk->memory_size;
		region->address = given && given[i] ? given[i] : address;
		if (region->size > walk->kernel->arch->modules_size) {
			walk_reason(walk, "L-SEC-08", -ENOMEM,
				    "it needs %ju bytes of memory, more than there is for modules",
				    (uintmax_t)region->size);
			if (walk->kernel->execmem)
				walk_line(walk, 4, "execmem: unable to allocate memory");
			return false;
		}
		region->size = align_up(region->size, PAGE);
		walk->memory_size += region->size;
		address += region->size + PAGE; /* nothing is behind an allocation */
	}
	for (size_t i = 0; i < walk->section_count; i++) {
		struct section *section = &walk->sections[i];

		if (section->placed)
			section->place += walk->regions[section->region].address;
	}
	return true;
}

unsigned char *layout_at(const struct walk *walk, uint64_t address, uint64_t length)
{
	for (int i = 0; i < REGION_KINDS; i++) {
		const struct region *region = &walk->regions[i];
		uint64_t at = address - region->address;

		if (address >= region->address && at < region->size)
			return length <= region->size - at ? walk->memory + region->offset + at
							   : NULL;
	}
	return NULL;
}

bool layout_is_init(const struct walk *walk, uint64_t address)
{
	bool kinds = walk->kernel->has[SERIES_MEMORY_KINDS];
	int first = kinds ? INIT_TEXT : REGION_INIT, last = kinds ? INIT_RODATA : REGION_INIT;

	for (int i = first; i <= last; i++)
		if (address - walk->regions[i].address < walk->regions[i].size)
			return true;
	return false;
}

static bool copy_sections(struct walk *walk)
{
	walk->memory = mem_room_take(&walk->reusable->regions, 1, walk->memory_size);
	if (!walk->memory) {
		walk->no_memory = true;
		return false;
	}
	for (size_t i = 0; i < walk->section_count; i++) {
		const struct section *section = &walk->sections[i];
		unsigned char *to;

		if (!section->placed || section->data.n == 0)
			continue;
		to = layout_at(walk, section->place, section->data.n);
		if (!to) {
			walk_crash(walk, "L-CRASH-16",
				   "its sections are larger than 32-bit numbers tell: %s lies "
				   "outside of the memory",
				   section->name);
			return false;
		}
		memcpy(to, section->data.p, section->data.n);
	}
	return true;
}

static uint64_t sum(const struct walk *walk, int from, int to)
{
	uint64_t size = 0;

	for (int i = from; i <= to; i++)
		size += walk->regions[i].size;
	return size;
}

static void set_flags(struct walk *walk)
{
	struct section *const left_out[] = {walk->modinfo, walk->percpu, walk->long_crcs,
					    walk->long_names, elf_find(walk, "__versions")};

	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++)
		change_flags(left_out[i], 0, SHF_ALLOC);
	change_flags(elf_find(walk, ".data..ro_after_init"), RO_AFTER_INIT, 0);
	change_flags(elf_find(walk, "__jump_table"), RO_AFTER_INIT, 0);
	if (walk->kernel->has[SERIES_STATIC_CALLS])
		change_flags(elf_find(walk, ".static_call_sites"), RO_AFTER_INIT, 0);
}

bool layout_step(struct walk *walk)
{
	bool kinds = walk->kernel->has[SERIES_MEMORY_KINDS];

	set_flags(walk);
	place_round(walk, false);
	place_round(walk, true);
	if (!place_symbols(walk) || !assign_addresses(walk) || !copy_sections(walk))
		return false;
	walk->verdict->coresize = kinds ? sum(walk, TEXT, RO_DATA) : sum(walk, 0, 0);
	walk->verdict->initsize = kinds ? sum(walk, INIT_TEXT, INIT_RODATA) : sum(walk, 1, 1);
	return true;
}
