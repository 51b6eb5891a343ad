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

/* Behind the opcode of a call or jump, and with the addend that only a displacement needs. */
static bool is_call(const struct reloc *reloc, const unsigned char *at)
{
	return (reloc->target->flags & SHF_EXECINSTR) && reloc->offset > 0 && reloc->addend == -4 &&
	       (at[-1] == 0xe8 || at[-1] == 0xe9);
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
	if (kind->relative && reloc->symbol == 0 && (reloc->target->flags & SHF_EXECINSTR))
		reloc_harm(walk, "L-CRASH-08", "a relocation names no symbol", reloc->target->name);
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
	if (!fits(kind->fit, value))
		reloc_harm(walk, "L-CRASH-10",
			   "a displacement does not fit 32 bits: the kernel cuts it",
			   reloc->target->name);
	if (kind->fit == FIT_SIGNED && is_call(reloc, at))
		reloc_harm(walk, "L-CRASH-19", "a call is relocated as an absolute address",
			   reloc->target->name);
	for (unsigned int i = 0; i < kind->width; i++)
		at[i] = (unsigned char)(value >> 8 * i);
	return true;
}

/* The address of an import, 0 when the module has none of that name. */
static uint64_t import(const struct walk *walk, const char *name)
{
	for (size_t i = 1; i < walk->symbol_count; i++)
		if (walk->symbols[i].section == SHN_UNDEF &&
		    strcmp(walk->symbols[i].name, name) == 0)
			return walk->symbols[i].value;
	return 0;
}

static uint64_t displaced(uint64_t address, const unsigned char *code)
{
	return address + 5 + (uint64_t)(int64_t)(int32_t)span_le32(span_of(code + 1, 4), 0);
}

/* A return that the kernel would patch, but that leads elsewhere: it warns, and dies of one that is
 * run while the module starts. */
static bool lost_return(struct walk *walk, uint64_t address, uint64_t leads,
			const unsigned char *code)
{
	bool starts = layout_is_init(walk, address), warned = walk->lost_return;
	static const char sentence[] = "a return that the kernel patches has lost its relocation";

	walk->lost_return = true;
	if (starts)
		walk_crash(walk, "L-CRASH-09", "%s", sentence);
	else
		walk_reason(walk, "L-CRASH-09", 0, "%s", sentence);
	if (!warned)
		walk_line(walk, 4, "missing return thunk: %jx-%s: %02x %02x %02x %02x %02x",
			  (uintmax_t)address,
			  leads ? walk_text(walk, "%jx", (uintmax_t)leads) : "0x0", code[0],
			  code[1], code[2], code[3], code[4]);
	if (walk->verdict->code == 0)
		walk->verdict->taints |= LOAD_TAINT_W;
	return !starts;
}

static bool check_returns(struct walk *walk)
{
	const struct section *sites = elf_find(walk, ".return_sites");
	uint64_t thunk = import(walk, "__x86_return_thunk");

	for (uint64_t at = 0; sites && sites->placed && at + 4 <= sites->data.n; at += 4) {
		const unsigned char *site = layout_at(walk, sites->place + at, 4), *code;
		uint64_t address, leads;

		if (!site)
			return true;
		address = sites->place + at +
			  (uint64_t)(int64_t)(int32_t)span_le32(span_of(site, 4), 0);
		code = layout_at(walk, address, 5);
		if (!code)
			continue;
		leads = code[0] == 0xe9 ? displaced(address, code) : 0;
		if (leads != thunk && !lost_return(walk, address, leads, code))
			return false;
	}
	return true;
}

/* The lowest place in __mcount_loc that is no call of the tracer; 0: there is none. */
static uint64_t lost_call(const struct walk *walk, const struct section *places, uint64_t tracer)
{
	uint64_t lost = 0;

	for (uint64_t at = 0; at + 8 <= places->data.n; at += 8) {
		const unsigned char *place = layout_at(walk, places->place + at, 8), *code;
		uint64_t address = place ? span_le64(span_of(place, 8), 0) : 0;

		code = address ? layout_at(walk, address, 5) : NULL;
		if (code && (code[0] != 0xe8 || displaced(address, code) != tracer) &&
		    (!lost || address < lost))
			lost = address;
	}
	return lost;
}

static void call_line(struct walk *walk, const char *what, const unsigned char code[5])
{
	walk_say(walk, 4, " %s %02x:%02x:%02x:%02x:%02x", what, code[0], code[1], code[2], code[3],
		 code[4]);
}

/* The tracer gives up at the first call that is not its own, with a report. */
static void check_calls(struct walk *walk)
{
	const struct section *places = elf_find(walk, "__mcount_loc");
	uint64_t tracer = import(walk, "__fentry__"), address;
	const char *flags = walk->kernel->has[SERIES_TRACER_FLAGS] ? "    " : "  ";
	unsigned char wanted[5] = {0xe8};

	if (!walk->kernel->dynamic_ftrace || !places || !places->placed || !tracer)
		return;
	address = lost_call(walk, places, tracer);
	if (!address)
		return;
	for (int i = 0; i < 4; i++)
		wanted[i + 1] = (unsigned char)((tracer - address - 5) >> 8 * i);
	walk_reason(walk, "L-CRASH-09", 0, "a function does not begin with a call of the tracer");
	call_line(walk, "actual:  ", layout_at(walk, address, 5));
	call_line(walk, "expected:", wanted);
	walk_say(walk, 4, " (0)%s\n expected tramp: %016jx", flags, (uintmax_t)tracer);
	if (walk->verdict->code == 0)
		walk->verdict->taints |= LOAD_TAINT_W;
}

static bool finalize(struct walk *walk)
{
	if (!check_returns(walk))
		return false;
	check_calls(walk);
	return true;
}

const struct load_arch arch_x86_64 = {
	.machine = EM_X86_64,
	.modules = UINT64_C(0xffffffffc0000000),
	.modules_size = UINT64_C(0xffffffffff000000) - UINT64_C(0xffffffffc0000000),
	.kernel_text = UINT64_C(0xffffffff81000000),
	.apply = apply,
	.finalize = finalize,
};
