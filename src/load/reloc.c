/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Relocation, in a copy of what the kernel would have in memory. Sections are relocated in the
 * order of the file; the first error ends it. What a relocation does is the architecture's.
 */
#include <errno.h>

#include "load/arch/arch.h"

unsigned char *reloc_place(struct walk *walk, const struct reloc *reloc, unsigned int width)
{
	const struct section *target = reloc->target;
	unsigned char *at = layout_at(walk, reloc->address, width);

	if (!at)
		walk_crash(walk, "L-CRASH-07", "a relocation lies outside of its section: %s+0x%jx",
			   target->name, (uintmax_t)reloc->offset);
	else if (reloc->offset > target->size || width > target->size - reloc->offset)
		walk->stray = target->name;
	return at;
}

struct reloc reloc_read(struct span table, uint64_t index)
{
	uint64_t at = index * sizeof(Elf64_Rela);

	return (struct reloc){
		.table = table,
		.index = index,
		.offset = span_le64(table, at),
		.type = span_le32(table, at + 8),
		.symbol = span_le32(table, at + 12),
		.addend = (int64_t)span_le64(table, at + 16),
	};
}

static bool apply_section(struct walk *walk, const struct section *section)
{
	const struct section *target = &walk->sections[section->info];

	for (uint64_t i = 0; i < section->data.n / sizeof(Elf64_Rela); i++) {
		struct reloc reloc = reloc_read(section->data, i);

		if (reloc.symbol >= walk->symbol_count) {
			walk_crash(walk, "L-CRASH-08", "a relocation at %s+0x%jx names no symbol",
				   target->name, (uintmax_t)reloc.offset);
			return false;
		}
		reloc.target = target;
		reloc.address = target->place + reloc.offset;
		reloc.value = walk->symbols[reloc.symbol].value + (uint64_t)reloc.addend;
		if (!walk->kernel->arch->apply(walk, &reloc))
			return false;
	}
	return true;
}

bool reloc_step(struct walk *walk)
{
	for (size_t i = 1; i < walk->section_count; i++) {
		const struct section *section = &walk->sections[i];

		if (section->info >= walk->section_count || !walk->sections[section->info].placed)
			continue;
		if (section->type == SHT_REL) {
			walk_reason(walk, "L-REL-01", -ENOEXEC,
				    "section %s has relocations without addends", section->name);
			walk_line(walk, 3, "module %s: REL relocation unsupported", walk->name);
			return false;
		}
		if (section->type == SHT_RELA && !apply_section(walk, section))
			return false;
	}
	if (walk->stray)
		walk_crash(walk, "L-CRASH-07", "a relocation of %s lies outside of it",
			   walk->stray);
	return !walk->stray;
}

bool arch_section_step(struct walk *walk)
{
	const struct load_arch *arch = walk->kernel->arch;

	return !arch->check_sections || arch->check_sections(walk);
}

/* What 6.1 does not check, and stumbles over when the module is about to be started. */
bool crash_step(struct walk *walk)
{
	const struct load_arch *arch = walk->kernel->arch;

	if (arch->finalize && !arch->finalize(walk))
		return true;
	if (!(walk->this_module->flags & SHF_WRITE))
		walk_crash(walk, "L-CRASH-05", "its module structure is in read-only memory");
	else if (walk->this_module->size < walk->kernel->module_size)
		walk_crash(walk, "L-CRASH-01", "its module structure is shorter than the kernel's");
	return true;
}
