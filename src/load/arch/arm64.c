/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm64. The loader gives a module two tables of jumps (.plt, .init.plt) for calls beyond 128 MiB;
 * the linker script leaves their sections empty, and the loader makes room for as many as could be
 * needed. What relocations write is not looked at before, and is written before its range is
 * tested.
 *
 * The workaround for erratum 843419 depends on the processor; this is what one without it sees.
 */
#include <errno.h>

#include "load/arch/arch.h"

enum { JUMP = 12 /* bytes of one: adrp, add, br */, CACHE_LINE = 64 };

enum operation { ABS, PREL, PAGE };
enum form { NOTHING, DATA, IMMEDIATE, MOVE_KEEP, MOVE_SIGNED };

/* The places of immediates in instructions. */
static const struct arch_move imm26[] = {{0, 26, 0}, {0}}, imm19[] = {{0, 19, 5}, {0}},
			      imm14[] = {{0, 14, 5}, {0}}, imm12[] = {{0, 12, 10}, {0}},
			      imm16[] = {{0, 16, 5}, {0}}, adr[] = {{0, 2, 29}, {2, 19, 5}, {0}};

/* DATA: length is the width in bits. IMMEDIATE: that many bits of the value from lsb on; a signed
 * number when checked. MOVE: 16 bits from lsb on. */
static const struct kind {
	unsigned int type;
	enum form form;
	enum operation operation;
	unsigned int lsb, length;
	bool checked;
	const struct arch_move *field;
} kinds[] = {
	{R_AARCH64_NONE, NOTHING, ABS, 0, 0, false, NULL},
	{256, NOTHING, ABS, 0, 0, false, NULL}, /* NONE of older tools */
	{R_AARCH64_ABS64, DATA, ABS, 0, 64, false, NULL},
	{R_AARCH64_ABS32, DATA, ABS, 0, 32, true, NULL},
	{R_AARCH64_ABS16, DATA, ABS, 0, 16, true, NULL},
	{R_AARCH64_PREL64, DATA, PREL, 0, 64, false, NULL},
	{R_AARCH64_PREL32, DATA, PREL, 0, 32, true, NULL},
	{R_AARCH64_PREL16, DATA, PREL, 0, 16, true, NULL},
	{R_AARCH64_MOVW_UABS_G0, MOVE_KEEP, ABS, 0, 16, true, imm16},
	{R_AARCH64_MOVW_UABS_G0_NC, MOVE_KEEP, ABS, 0, 16, false, imm16},
	{R_AARCH64_MOVW_UABS_G1, MOVE_KEEP, ABS, 16, 16, true, imm16},
	{R_AARCH64_MOVW_UABS_G1_NC, MOVE_KEEP, ABS, 16, 16, false, imm16},
	{R_AARCH64_MOVW_UABS_G2, MOVE_KEEP, ABS, 32, 16, true, imm16},
	{R_AARCH64_MOVW_UABS_G2_NC, MOVE_KEEP, ABS, 32, 16, false, imm16},
	{R_AARCH64_MOVW_UABS_G3, MOVE_KEEP, ABS, 48, 16, false, imm16},
	{R_AARCH64_MOVW_SABS_G0, MOVE_SIGNED, ABS, 0, 16, true, imm16},
	{R_AARCH64_MOVW_SABS_G1, MOVE_SIGNED, ABS, 16, 16, true, imm16},
	{R_AARCH64_MOVW_SABS_G2, MOVE_SIGNED, ABS, 32, 16, true, imm16},
	{R_AARCH64_MOVW_PREL_G0, MOVE_SIGNED, PREL, 0, 16, true, imm16},
	{R_AARCH64_MOVW_PREL_G0_NC, MOVE_KEEP, PREL, 0, 16, false, imm16},
	{R_AARCH64_MOVW_PREL_G1, MOVE_SIGNED, PREL, 16, 16, true, imm16},
	{R_AARCH64_MOVW_PREL_G1_NC, MOVE_KEEP, PREL, 16, 16, false, imm16},
	{R_AARCH64_MOVW_PREL_G2, MOVE_SIGNED, PREL, 32, 16, true, imm16},
	{R_AARCH64_MOVW_PREL_G2_NC, MOVE_KEEP, PREL, 32, 16, false, imm16},
	{R_AARCH64_MOVW_PREL_G3, MOVE_SIGNED, PREL, 48, 16, false, imm16},
	{R_AARCH64_LD_PREL_LO19, IMMEDIATE, PREL, 2, 19, true, imm19},
	{R_AARCH64_ADR_PREL_LO21, IMMEDIATE, PREL, 0, 21, true, adr},
	{R_AARCH64_ADR_PREL_PG_HI21, IMMEDIATE, PAGE, 12, 21, true, adr},
	{R_AARCH64_ADR_PREL_PG_HI21_NC, IMMEDIATE, PAGE, 12, 21, false, adr},
	{R_AARCH64_ADD_ABS_LO12_NC, IMMEDIATE, ABS, 0, 12, false, imm12},
	{R_AARCH64_LDST8_ABS_LO12_NC, IMMEDIATE, ABS, 0, 12, false, imm12},
	{R_AARCH64_LDST16_ABS_LO12_NC, IMMEDIATE, ABS, 1, 11, false, imm12},
	{R_AARCH64_LDST32_ABS_LO12_NC, IMMEDIATE, ABS, 2, 10, false, imm12},
	{R_AARCH64_LDST64_ABS_LO12_NC, IMMEDIATE, ABS, 3, 9, false, imm12},
	{R_AARCH64_LDST128_ABS_LO12_NC, IMMEDIATE, ABS, 4, 8, false, imm12},
	{R_AARCH64_TSTBR14, IMMEDIATE, PREL, 2, 14, true, imm14},
	{R_AARCH64_CONDBR19, IMMEDIATE, PREL, 2, 19, true, imm19},
	{R_AARCH64_JUMP26, IMMEDIATE, PREL, 2, 26, true, imm26},
	{R_AARCH64_CALL26, IMMEDIATE, PREL, 2, 26, true, imm26},
};

static const struct kind *kind_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

static bool is_call(uint32_t type)
{
	return type == R_AARCH64_JUMP26 || type == R_AARCH64_CALL26;
}

static bool needs_jump(const struct walk *walk, const struct section *target,
		       const struct reloc *reloc)
{
	return is_call(reloc->type) &&
	       arch_symbol_section(walk, reloc->symbol) != (size_t)(target - walk->sections);
}

static const char *prefix(const struct walk *walk)
{
	return walk->kernel->has[SERIES_ARM64_PREFIX] ? "Modules: " : "";
}

static bool no_tables(struct walk *walk)
{
	walk_reason(walk, "L-REL-07", -ENOEXEC,
		    "it lacks a section that modules of arm64 get from the kernel's build")
		->fix = "link it with the kernel's build, which uses its module.lds";
	walk_line(walk, 3, "%s: module PLT section(s) missing", walk->name);
	return false;
}

static bool check_sections(struct walk *walk)
{
	struct section *core = arch_section(walk, ".plt");
	struct section *init = arch_section(walk, ".init.plt");
	struct section *trampoline = arch_section(walk, ".text.ftrace_trampoline");
	const uint64_t flags = SHF_EXECINSTR | SHF_ALLOC;
	struct arch_count how = {.needs = needs_jump};

	if (!walk->kernel->plts)
		return true;
	if (!core || !init)
		return no_tables(walk);
	arch_resize(core, flags, CACHE_LINE, (arch_count(walk, &how) + 1) * JUMP);
	how.init = true;
	arch_resize(init, flags, CACHE_LINE, (arch_count(walk, &how) + 1) * JUMP);
	if (trampoline)
		arch_resize(trampoline, flags, 4, JUMP);
	return !walk->no_memory;
}

static uint64_t value_of(const struct kind *kind, uint64_t address, uint64_t value)
{
	switch (kind->operation) {
	case ABS:
		return value;
	case PREL:
		return value - address;
	case PAGE:
		break;
	}
	return (value & ~UINT64_C(0xfff)) - (address & ~UINT64_C(0xfff));
}

static bool fits_signed(uint64_t value, unsigned int bits)
{
	int64_t rest = (int64_t)value >> (bits - 1);

	return rest == 0 || rest == -1;
}

/* Absolute numbers are unsigned, distances signed. */
static bool put_data(unsigned char *at, const struct kind *kind, uint64_t value)
{
	arch_put(at, kind->length / 8, value);
	if (kind->operation == ABS)
		return kind->length == 64 || value >> kind->length == 0;
	return fits_signed(value, kind->length);
}

/* MOVZ for what is not negative, MOVN of the complement for what is. */
static bool put_move(unsigned char *at, const struct kind *kind, uint64_t value)
{
	enum { OPCODE_AT = 29 };
	uint64_t part = (uint64_t)((int64_t)value >> kind->lsb);
	uint32_t instruction = (uint32_t)arch_get(at, 4);

	if (kind->form == MOVE_SIGNED) {
		instruction &= ~(UINT32_C(3) << OPCODE_AT);
		if ((int64_t)value >= 0)
			instruction |= UINT32_C(2) << OPCODE_AT;
		else
			part = ~part;
	}
	arch_put(at, 4, arch_scatter(instruction, kind->field, part));
	return part <= UINT16_MAX;
}

static bool put_immediate(unsigned char *at, const struct kind *kind, uint64_t value)
{
	uint64_t part = (uint64_t)((int64_t)value >> kind->lsb);
	uint64_t mask = (UINT64_C(1) << kind->length) - 1;

	arch_put(at, 4, arch_scatter((uint32_t)arch_get(at, 4), kind->field, part & mask));
	return fits_signed(part, kind->length);
}

static bool put(unsigned char *at, const struct kind *kind, uint64_t value)
{
	switch (kind->form) {
	case NOTHING:
		return true;
	case DATA:
		return put_data(at, kind, value);
	case IMMEDIATE:
		return put_immediate(at, kind, value);
	case MOVE_KEEP:
	case MOVE_SIGNED:
		break;
	}
	return put_move(at, kind, value);
}

static bool refuse_type(struct walk *walk, const struct reloc *reloc)
{
	walk_reason(walk, "L-REL-05", -ENOEXEC, "the kernel knows no relocation of type %u",
		    reloc->type);
	walk_line(walk, 3, "%smodule %s: unsupported RELA relocation: %u", prefix(walk), walk->name,
		  reloc->type);
	return false;
}

static bool overflow(struct walk *walk, const struct reloc *reloc)
{
	walk_reason(walk, "L-REL-06", -ENOEXEC,
		    "a relocation at %s+0x%jx needs an address that is too far away",
		    reloc->target->name, (uintmax_t)reloc->offset);
	walk_line(walk, 3, "%smodule %s: overflow in relocation type %u val %jx", prefix(walk),
		  walk->name, reloc->type, (uintmax_t)reloc->value);
	return false;
}

/* A call that is too far away goes by the table of jumps. */
static bool call_by_table(struct walk *walk, const struct kind *kind, const struct reloc *reloc,
			  unsigned char *at)
{
	bool init = strncmp(reloc->target->name, ".init", 5) == 0;
	const struct section *table = arch_section(walk, init ? ".init.plt" : ".plt");

	return walk->kernel->plts && table &&
	       put(at, kind, value_of(kind, reloc->address, table->place));
}

static bool apply(struct walk *walk, const struct reloc *reloc)
{
	const struct kind *kind = kind_of(reloc->type);
	unsigned char *at;

	if (!kind)
		return refuse_type(walk, reloc);
	if (kind->form == NOTHING)
		return true;
	at = reloc_place(walk, reloc, kind->form == DATA ? kind->length / 8 : 4);
	if (!at)
		return false;
	if (put(at, kind, value_of(kind, reloc->address, reloc->value)) || !kind->checked)
		return true;
	if (is_call(reloc->type) && call_by_table(walk, kind, reloc, at))
		return true;
	return overflow(walk, reloc);
}

static bool check_trampoline(struct walk *walk)
{
	if (!walk->kernel->plts || !walk->kernel->dynamic_ftrace ||
	    elf_find(walk, ".text.ftrace_trampoline"))
		return true;
	walk_reason(walk, "L-REL-09", -ENOEXEC, "it lacks the section .text.ftrace_trampoline")
		->fix = "link it with the kernel's build, which uses its module.lds";
	return false;
}

const struct load_arch arch_arm64 = {
	.machine = EM_AARCH64,
	.modules = UINT64_C(0xffff80007c000000),
	.modules_size = UINT64_C(0x80000000),
	.kernel_text = UINT64_C(0xffff800080010000),
	.percpu = UINT64_C(0xffff800082000000),
	.check_sections = check_sections,
	.apply = apply,
	.finalize = check_trampoline,
};
