/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The relocations of x86-64 that the kernel's loader knows.
 *
 * The bytes that are written must be zero before, also when they belong to the section's neighbour.
 * Displacements (PC32, PLT32) are never tested for overflow by the kernel; a value that does not
 * fit sends a call somewhere else.
 */
#include <errno.h>

#include "load/arch/arch.h"

enum { CALL_END = 4 }; /* from a displacement to what it is counted from */

enum fit { FIT_ANY, FIT_UNSIGNED, FIT_SIGNED, FIT_UNTESTED };

static const struct kind {
	unsigned int type, width;
	bool relative;
	enum fit fit;
} kinds[] = {
	{R_X86_64_NONE, 0, false, FIT_ANY},	{R_X86_64_64, 8, false, FIT_ANY},
	{R_X86_64_PC32, 4, true, FIT_UNTESTED}, {R_X86_64_PLT32, 4, true, FIT_UNTESTED},
	{R_X86_64_32, 4, false, FIT_UNSIGNED},	{R_X86_64_32S, 4, false, FIT_SIGNED},
	{R_X86_64_PC64, 8, true, FIT_ANY},
};

static const struct kind *kind_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

static bool fits(enum fit fit, uint64_t value)
{
	switch (fit) {
	case FIT_UNSIGNED:
		return value == (uint32_t)value;
	case FIT_SIGNED:
	case FIT_UNTESTED:
		return (int64_t)value == (int32_t)value;
	default:
		return true;
	}
}

static bool is_zero(const unsigned char *bytes, unsigned int width)
{
	return width == 8 ? span_le64(span_of(bytes, 8), 0) == 0
			  : span_le32(span_of(bytes, 4), 0) == 0;
}

static void not_zero(struct walk *walk, const struct reloc *reloc, uint64_t value)
{
	const bool *has = walk->kernel->has;
	const char *place = "";

	walk_reason(walk, "L-REL-03", -ENOEXEC,
		    "a relocation at %s+0x%jx meets bytes that are not zero: the file is damaged",
		    reloc->target->name, (uintmax_t)reloc->offset);
	if (has[SERIES_RELOC_PLACES])
		place = walk_text(walk, "sec %zu, idx %ju, ", reloc->section,
				  (uintmax_t)reloc->index);
	walk_line(walk, 3,
		  "module: x86/modules: %s, existing value is nonzero for %stype %u, loc "
		  "(____ptrval____), val %jX",
		  has[SERIES_RELOC_TEXT] ? "Invalid relocation target"
					 : "Skipping invalid relocation target",
		  place, reloc->type, (uintmax_t)value);
}

static void overflow(struct walk *walk, const struct reloc *reloc, uint64_t value)
{
	const char *place = "";

	walk_reason(walk, "L-REL-04", -ENOEXEC,
		    "a relocation at %s+0x%jx needs an address that does not fit 32 bits",
		    reloc->target->name, (uintmax_t)reloc->offset)
		->fix = "compile it with the kernel's build, which uses -mcmodel=kernel";
	if (walk->kernel->has[SERIES_RELOC_PLACES])
		place = walk_text(walk, " sec %zu idx %ju", reloc->section,
				  (uintmax_t)reloc->index);
	walk_line(walk, 3, "module: overflow in relocation type %u val %jx%s", reloc->type,
		  (uintmax_t)value, place);
	walk_line(walk, 3, "module: `%s' likely not compiled with -mcmodel=kernel", walk->name);
}

/* Behind the opcode of a call or jump. */
static bool is_call(const struct reloc *reloc, const unsigned char *at)
{
	return (reloc->target->flags & SHF_EXECINSTR) && reloc->offset > 0 &&
	       (at[-1] == 0xe8 || at[-1] == 0xe9);
}

/* Whether a call leads to a function, as far as can be told. A weak one that nobody has is not
 * called. */
static bool is_sound(const struct walk *walk, const struct reloc *reloc)
{
	const struct load_kernel *kernel = walk->kernel;
	int32_t addend = (int32_t)reloc->addend; /* more is cut */
	uint64_t address = reloc->value - (uint64_t)reloc->addend + (uint64_t)(addend + CALL_END);
	const struct section *section;
	const struct symbol *symbol;

	if (reloc->symbol >= walk->symbol_count)
		return false;
	symbol = &walk->symbols[reloc->symbol];
	if (symbol->section == SHN_UNDEF && (symbol->value == 0 || walk->request->places))
		return true;
	if (address >= kernel->arch->kernel_text && address < kernel->text_end)
		return addend == -CALL_END;
	section = arch_section_at(walk, address);
	return section && (section->flags & SHF_EXECINSTR);
}

/* A call whose displacement is cut may lead to its function all the same. */
static bool leads_there(const struct reloc *reloc, uint64_t value, const unsigned char *at)
{
	uint64_t leads = reloc->address + CALL_END + (uint64_t)(int64_t)(int32_t)value;

	return is_call(reloc, at) && leads == reloc->value - (uint64_t)reloc->addend;
}

static bool apply(struct walk *walk, const struct reloc *reloc)
{
	const struct kind *kind = kind_of(reloc->type);
	uint64_t value = reloc->value;
	unsigned char *at;

	if (!kind) {
		walk_reason(walk, "L-REL-02", -ENOEXEC, "the kernel knows no relocation of type %u",
			    reloc->type);
		walk_line(walk, 3, "module: %s: Unknown rela relocation: %u", walk->name,
			  reloc->type);
		return false;
	}
	if (kind->width == 0)
		return true;
	if (kind->relative)
		value -= reloc->address;
	if (kind->relative && reloc->symbol == 0)
		reloc_harm(walk, "L-CRASH-08", "a relocation names no symbol", reloc);
	at = reloc_place(walk, reloc, kind->width);
	if (!at)
		return false;
	if (!is_zero(at, kind->width)) {
		not_zero(walk, reloc, value);
		return false;
	}
	if (!fits(kind->fit, value) && kind->fit != FIT_UNTESTED) {
		overflow(walk, reloc, value);
		return false;
	}
	if (!fits(kind->fit, value) && !leads_there(reloc, value, at))
		reloc_harm(walk, "L-CRASH-10",
			   "a displacement does not fit 32 bits: the kernel cuts it", reloc);
	else if (kind->fit == FIT_SIGNED && reloc->addend == -CALL_END && is_call(reloc, at))
		reloc_harm(walk, "L-CRASH-19", "a call is relocated as an absolute address", reloc);
	else if (kind->relative && is_call(reloc, at) && !is_sound(walk, reloc))
		reloc_harm(walk, "L-CRASH-21", "a call leads to no code", reloc);
	for (unsigned int i = 0; i < kind->width; i++)
		at[i] = (unsigned char)(value >> 8 * i);
	return true;
}

const struct load_arch arch_x86_64 = {
	.machine = EM_X86_64,
	.modules = UINT64_C(0xffffffffc0000000),
	.modules_size = UINT64_C(0xffffffffff000000) - UINT64_C(0xffffffffc0000000),
	.kernel_text = UINT64_C(0xffffffff81000000),
	.apply = apply,
	.finalize = x86_64_patch,
	.reach = x86_64_reach,
};
