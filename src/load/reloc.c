/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Relocation, in a copy of what the kernel would have in memory. Sections are relocated in the
 * order of the file; the first error ends it. What a relocation does is the architecture's.
 */
#include <errno.h>

#include "load/arch/arch.h"

#define RELA_LIVEPATCH UINT64_C(0x00100000)

/* Padding between sections belongs to nobody. */
static bool hits_another(const struct walk *walk, const struct section *target, uint64_t address,
			 unsigned int width)
{
	for (size_t i = 1; i < walk->section_count; i++) {
		const struct section *section = &walk->sections[i];

		if (section != target && section->placed &&
		    address < section->place + section->size && section->place < address + width)
			return true;
	}
	return false;
}

unsigned char *reloc_place(struct walk *walk, const struct reloc *reloc, unsigned int width)
{
	const struct section *target = reloc->target;
	unsigned char *at = layout_at(walk, reloc->address, width);

	if (!at)
		walk_crash(walk, "L-CRASH-07", "a relocation lies outside of its section: %s+0x%jx",
			   target->name, (uintmax_t)reloc->offset);
	else if ((reloc->offset > target->size || width > target->size - reloc->offset) &&
		 hits_another(walk, target, reloc->address, width))
		reloc_harm(walk, "L-CRASH-07", "a relocation writes outside of its section", reloc);
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

void reloc_harm(struct walk *walk, const char *id, const char *sentence, const struct reloc *reloc)
{
	struct harm *harm = vec_push(&walk->harms);

	if (harm)
		*harm = (struct harm){id, sentence, reloc->target, reloc->address};
	else
		walk->no_memory = true;
}

/* The value of a symbol. Behind the table the kernel takes what stands there for one. */
static bool symbol_value(struct walk *walk, struct reloc *reloc)
{
	const unsigned char *raw;

	if (reloc->symbol < walk->symbol_count) {
		reloc->value = walk->symbols[reloc->symbol].value;
		return true;
	}
	raw = layout_at(walk, walk->symtab->place + reloc->symbol * sizeof(Elf64_Sym),
			sizeof(Elf64_Sym));
	if (!raw || walk->kernel->arch != &arch_x86_64) {
		walk_crash(walk, "L-CRASH-08", "a relocation of %s names no symbol",
			   reloc->target->name);
		return false;
	}
	reloc_harm(walk, "L-CRASH-08", "a relocation names no symbol", reloc);
	reloc->value = span_le64(span_of(raw, sizeof(Elf64_Sym)), offsetof(Elf64_Sym, st_value));
	return true;
}

static bool apply_section(struct walk *walk, const struct section *section)
{
	const struct section *target = &walk->sections[section->info];

	for (uint64_t i = 0; i < section->data.n / sizeof(Elf64_Rela); i++) {
		struct reloc reloc = reloc_read(section->data, i);

		reloc.target = target;
		reloc.section = (size_t)(section - walk->sections);
		reloc.address = target->place + reloc.offset;
		if (!symbol_value(walk, &reloc))
			return false;
		reloc.value += (uint64_t)reloc.addend;
		if (!walk->kernel->arch->apply(walk, &reloc))
			return false;
	}
	return true;
}

/* Harm to data is seen by the steps that read it. */
static bool is_fatal(const struct walk *walk, const struct harm *harm, const unsigned char *reached)
{
	const unsigned char *at = layout_at(walk, harm->address, 1);

	if (!walk->kernel->arch->reach)
		return true;
	return reached && at && reached[at - walk->memory];
}

static void judge_harm(struct walk *walk)
{
	const struct load_arch *arch = walk->kernel->arch;
	DEFER(mem_freep)
	unsigned char *reached = walk->harms.n && arch->reach ? arch->reach(walk) : NULL;
	const struct harm *worst = NULL;

	vec_foreach (&walk->harms, harm)
		if (!worst && is_fatal(walk, harm, reached))
			worst = harm;
	if (worst)
		walk_crash(walk, worst->id, "%s (in %s)", worst->sentence, worst->target->name);
	else if (walk->harms.n)
		walk_reason(walk, walk->harms.p->id, 0, "%s (in %s)", walk->harms.p->sentence,
			    walk->harms.p->target->name);
}

bool reloc_step(struct walk *walk)
{
	for (size_t i = 1; i < walk->section_count; i++) {
		const struct section *section = &walk->sections[i];
		bool apply = true;

		if (section->info >= walk->section_count || !walk->sections[section->info].placed)
			continue;
		if ((section->flags & RELA_LIVEPATCH) && !livepatch_resolve(walk, section, &apply))
			return false;
		if (!(section->flags & RELA_LIVEPATCH) && section->type == SHT_REL) {
			walk_reason(walk, "L-REL-01", -ENOEXEC,
				    "section %s has relocations without addends", section->name);
			walk_line(walk, 3, "module %s: REL relocation unsupported", walk->name);
			return false;
		}
		if (section->type == SHT_RELA && apply && !apply_section(walk, section))
			return false;
	}
	return true;
}

bool arch_section_step(struct walk *walk)
{
	const struct load_arch *arch = walk->kernel->arch;

	return !arch->check_sections || arch->check_sections(walk);
}

const struct section *arch_section_at(const struct walk *walk, uint64_t address)
{
	for (size_t i = 1; i < walk->section_count; i++) {
		const struct section *section = &walk->sections[i];

		if (section->placed && address - section->place < section->size)
			return section;
	}
	return NULL;
}

/* Where the kernel would jump to. */
static bool check_init(struct walk *walk)
{
	uint64_t place = walk->this_module->place + walk->kernel->init_offset;
	const unsigned char *init = layout_at(walk, place, 8);
	uint64_t address = init ? span_le64(span_of(init, 8), 0) : 0;
	const struct section *section = arch_section_at(walk, address);

	if (address == 0 || walk->kernel->init_offset == 0)
		return true;
	if (!section)
		walk_crash(walk, "L-CRASH-11", "its init lies in no section that is loaded");
	else if (!(section->flags & SHF_EXECINSTR))
		walk_crash(walk, "L-CRASH-12",
			   "its init lies in section %s, which is not executable", section->name);
	else if (section->data.n == 0)
		walk_crash(walk, "L-CRASH-12", "its init lies in section %s, which has no content",
			   section->name);
	return walk->step_code == 0;
}

/* What 6.1 does not check, and stumbles over when the module is about to be started. */
bool crash_step(struct walk *walk)
{
	const struct load_arch *arch = walk->kernel->arch;

	if (arch->finalize && !arch->finalize(walk))
		return true;
	if (!(walk->this_module->flags & SHF_WRITE))
		walk_crash(walk, "L-CRASH-05", "its module structure is in read-only memory");
	else if (walk->this_module->size < walk->kernel->module_used)
		walk_crash(walk, "L-CRASH-01", "its module structure is shorter than the kernel's");
	return true;
}

/* What comes to light when init runs, if the kernel gets that far. */
bool start_step(struct walk *walk)
{
	judge_harm(walk);
	if (walk->step_code < 0 || !check_init(walk) || !walk->starts_unpatched)
		return true;
	walk_reason(walk, "L-CRASH-09", 0, "the returns of its init are not patched");
	walk_line(walk, 4, "Unpatched return thunk in use. This should not happen!");
	if (walk->verdict->code == 0)
		walk->verdict->taints |= LOAD_TAINT_W;
	return true;
}
