/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Relocation, in a copy of what the kernel would have in memory: the bytes that are written must be
 * zero before, also when they belong to the section's neighbour. Stops at the first error.
 */
#include <errno.h>

#include "load/arch/x86_64.h"
#include "load/walk.h"

struct one {
	uint64_t offset, address, value;
	int64_t addend;
	uint32_t type, symbol;
	const struct reloc_kind *kind;
};

static const struct reloc_kind *kind_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(reloc_kinds) / sizeof(reloc_kinds[0]); i++)
		if (reloc_kinds[i].type == type)
			return &reloc_kinds[i];
	return NULL;
}

static bool fits(const struct one *one)
{
	switch (one->kind->fit) {
	case FIT_UNSIGNED:
		return one->value == (uint32_t)one->value;
	case FIT_SIGNED:
		return (int64_t)one->value == (int32_t)one->value;
	default:
		return true;
	}
}

static bool is_zero(const unsigned char *bytes, unsigned int width)
{
	return width == 8 ? span_le64(span_of(bytes, 8), 0) == 0
			  : span_le32(span_of(bytes, 4), 0) == 0;
}

static void not_zero(struct walk *walk, const struct section *target, const struct one *one)
{
	bool newer = walk->kernel->has[SERIES_RELOC_TEXT];

	walk_reason(walk, "L-REL-03", -ENOEXEC,
		    "a relocation at %s+0x%jx meets bytes that are not zero: the file is damaged",
		    target->name, (uintmax_t)one->offset);
	walk_line(walk, 3,
		  "module: x86/modules: %s, existing value is nonzero for type %u, loc "
		  "(____ptrval____), val %jX",
		  newer ? "Invalid relocation target" : "Skipping invalid relocation target",
		  one->type, (uintmax_t)one->value);
}

static void overflow(struct walk *walk, const struct section *target, const struct one *one)
{
	walk_reason(walk, "L-REL-04", -ENOEXEC,
		    "a relocation at %s+0x%jx needs an address that does not fit 32 bits",
		    target->name, (uintmax_t)one->offset)
		->fix = "compile it with the kernel's build, which uses -mcmodel=kernel";
	walk_line(walk, 3, "module: overflow in relocation type %u val %jx", one->type,
		  (uintmax_t)one->value);
	walk_line(walk, 3, "module: `%s' likely not compiled with -mcmodel=kernel", walk->name);
}

static bool apply(struct walk *walk, const struct section *target, struct one *one)
{
	unsigned char *at;

	if (one->symbol >= walk->symbol_count) {
		walk_crash(walk, "L-CRASH-08", "a relocation at %s+0x%jx names no symbol",
			   target->name, (uintmax_t)one->offset);
		return false;
	}
	one->kind = kind_of(one->type);
	if (!one->kind) {
		walk_reason(walk, "L-REL-02", -ENOEXEC, "the kernel knows no relocation of type %u",
			    one->type);
		walk_line(walk, 3, "module: %s: Unknown rela relocation: %u", walk->name,
			  one->type);
		return false;
	}
	if (one->kind->width == 0)
		return true;
	one->address = target->place + one->offset;
	one->value = walk->symbols[one->symbol].value + (uint64_t)one->addend;
	if (one->kind->relative)
		one->value -= one->address;
	at = layout_at(walk, one->address, one->kind->width);
	if (at && !is_zero(at, one->kind->width)) {
		not_zero(walk, target, one);
		return false;
	}
	if (!at) {
		walk_crash(walk, "L-CRASH-07", "a relocation lies outside of its section: %s+0x%jx",
			   target->name, (uintmax_t)one->offset);
		return false;
	}
	if (one->offset > target->size || one->kind->width > target->size - one->offset)
		walk->stray = target->name; /* the kernel overwrites what is there */
	if (!fits(one)) {
		overflow(walk, target, one);
		return false;
	}
	for (unsigned int i = 0; i < one->kind->width; i++)
		at[i] = (unsigned char)(one->value >> 8 * i);
	return true;
}

static bool apply_section(struct walk *walk, const struct section *section)
{
	const struct section *target = &walk->sections[section->info];

	for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= section->data.n;
	     at += sizeof(Elf64_Rela)) {
		struct one one = {
			.offset = span_le64(section->data, at),
			.type = span_le32(section->data, at + 8),
			.symbol = span_le32(section->data, at + 12),
			.addend = (int64_t)span_le64(section->data, at + 16),
		};

		if (!apply(walk, target, &one))
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

/* Returns that the kernel would patch, but that lead nowhere: it warns and then dies. */
static bool check_returns(struct walk *walk)
{
	const struct section *sites = elf_find(walk, ".return_sites");

	for (uint64_t at = 0; sites && sites->placed && at + 4 <= sites->data.n; at += 4) {
		const unsigned char *site = layout_at(walk, sites->place + at, 4), *code;
		uint64_t address;

		if (!site)
			return true;
		address = sites->place + at +
			  (uint64_t)(int64_t)(int32_t)span_le32(span_of(site, 4), 0);
		code = layout_at(walk, address, 5);
		if (code && code[0] == 0xe9 && is_zero(code + 1, 4)) {
			walk_crash(walk, "L-CRASH-09",
				   "a return that the kernel patches has lost its relocation");
			walk_line(walk, 4, "missing return thunk: %jx-%jx: e9 00 00 00 00",
				  (uintmax_t)address, (uintmax_t)address + 5);
			return false;
		}
	}
	return true;
}

/* What 6.1 does not check, and stumbles over when the module is about to be started. */
bool crash_step(struct walk *walk)
{
	if (!check_returns(walk))
		return true;
	if (!(walk->this_module->flags & SHF_WRITE))
		walk_crash(walk, "L-CRASH-05", "its module structure is in read-only memory");
	else if (walk->this_module->size < walk->kernel->module_size)
		walk_crash(walk, "L-CRASH-01", "its module structure is shorter than the kernel's");
	return true;
}
