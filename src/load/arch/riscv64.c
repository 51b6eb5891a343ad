/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * riscv64. With CONFIG_MODULE_SECTIONS a module has a table of addresses (.got), one of jumps
 * (.plt) and one of theirs (.got.plt); the linker script leaves the sections empty, and the loader
 * makes room for as many as could be needed. Without it all must be near.
 *
 * An address is loaded by two instructions: the first holds the upper 20 bits (HI20) of the
 * distance to it, the second the lower 12 (LO12), whose relocation names not the address but the
 * place of the first. Data that holds a difference of two addresses has a relocation for each.
 */
#include <errno.h>

#include "load/arch/arch.h"

enum { CACHE_LINE = 64, ADDRESS = 8, JUMP = 12 /* bytes: auipc, ld, jr */ };

enum form {
	NOTHING,
	STORE,	  /* the value */
	DISTANCE, /* from the place */
	ADD,
	SUB,	     /* what is there and the value */
	LOW_BITS,    /* the value into the lower bits of the byte, SUB6 and SET6 */
	BRANCH,	     /* a distance whose range nobody tests */
	UPPER,	     /* HI20 of a distance */
	UPPER_TABLE, /* HI20 of the distance to the address in the table */
	UPPER_VALUE, /* HI20 of the value itself */
	LOWER,	     /* LO12 of a pair */
	LOWER_VALUE, /* LO12 of the value itself */
	CALL,	     /* HI20 and LO12 in two instructions */
	REFUSED,     /* a mark for the linker that must be gone */
};

static const struct arch_move u_type[] = {{12, 20, 12}, {0}}, i_type[] = {{0, 12, 20}, {0}},
			      s_type[] = {{5, 7, 25}, {0, 5, 7}, {0}},
			      b_type[] = {{12, 1, 31}, {11, 1, 7}, {5, 6, 25}, {1, 4, 8}, {0}},
			      j_type[] = {{20, 1, 31}, {12, 8, 12}, {11, 1, 20}, {1, 10, 21}, {0}},
			      cb_type[] = {{8, 1, 12}, {6, 2, 5}, {5, 1, 2},
					   {3, 2, 10}, {1, 2, 3}, {0}},
			      cj_type[] = {{11, 1, 12}, {10, 1, 8}, {8, 2, 9}, {7, 1, 6}, {6, 1, 7},
					   {5, 1, 2},	{4, 1, 11}, {1, 3, 3}, {0}};

static const struct kind {
	unsigned int type;
	enum form form;
	unsigned int width; /* bytes */
	const struct arch_move *field;
} kinds[] = {
	{R_RISCV_32, STORE, 4, NULL},
	{R_RISCV_64, STORE, 8, NULL},
	{R_RISCV_BRANCH, BRANCH, 4, b_type},
	{R_RISCV_JAL, BRANCH, 4, j_type},
	{R_RISCV_CALL, CALL, 8, NULL},
	{R_RISCV_CALL_PLT, CALL, 8, NULL},
	{R_RISCV_GOT_HI20, UPPER_TABLE, 4, u_type},
	{R_RISCV_PCREL_HI20, UPPER, 4, u_type},
	{R_RISCV_PCREL_LO12_I, LOWER, 4, i_type},
	{R_RISCV_PCREL_LO12_S, LOWER, 4, s_type},
	{R_RISCV_HI20, UPPER_VALUE, 4, u_type},
	{R_RISCV_LO12_I, LOWER_VALUE, 4, i_type},
	{R_RISCV_LO12_S, LOWER_VALUE, 4, s_type},
	{R_RISCV_ADD8, ADD, 1, NULL},
	{R_RISCV_ADD16, ADD, 2, NULL},
	{R_RISCV_ADD32, ADD, 4, NULL},
	{R_RISCV_ADD64, ADD, 8, NULL},
	{R_RISCV_SUB8, SUB, 1, NULL},
	{R_RISCV_SUB16, SUB, 2, NULL},
	{R_RISCV_SUB32, SUB, 4, NULL},
	{R_RISCV_SUB64, SUB, 8, NULL},
	{R_RISCV_ALIGN, REFUSED, 0, NULL},
	{R_RISCV_RVC_BRANCH, BRANCH, 2, cb_type},
	{R_RISCV_RVC_JUMP, BRANCH, 2, cj_type},
	{R_RISCV_RELAX, NOTHING, 0, NULL},
	{R_RISCV_SUB6, LOW_BITS, 1, NULL},
	{R_RISCV_SET6, LOW_BITS, 1, NULL},
	{R_RISCV_SET8, STORE, 1, NULL},
	{R_RISCV_SET16, STORE, 2, NULL},
	{R_RISCV_SET32, STORE, 4, NULL},
	{R_RISCV_32_PCREL, DISTANCE, 4, NULL},
	{59 /* PLT32 */, DISTANCE, 4, NULL},
	{60 /* SET_ULEB128 */, NOTHING, 0, NULL},
	{61 /* SUB_ULEB128 */, NOTHING, 0, NULL},
};

static const struct kind *kind_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

static bool needs_jump(const struct walk *walk, const struct section *target,
		       const struct reloc *reloc)
{
	enum { PLT32 = 59 };

	return reloc->type == R_RISCV_CALL_PLT || reloc->type == PLT32;
}

static bool needs_address(const struct walk *walk, const struct section *target,
			  const struct reloc *reloc)
{
	return reloc->type == R_RISCV_GOT_HI20;
}

static bool check_sections(struct walk *walk)
{
	static const struct {
		const char *name, *word;
	} wanted[] = {{".plt", "PLT"}, {".got", "GOT"}, {".got.plt", "GOT.PLT"}};
	const struct arch_count jumps = {.any_region = true, .needs = needs_jump};
	const struct arch_count addresses = {.any_region = true, .needs = needs_address};
	uint64_t count;

	if (!walk->kernel->plts)
		return true;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (arch_section(walk, wanted[i].name))
			continue;
		walk_reason(walk, "L-REL-15", -ENOEXEC,
			    "it lacks the section %s, which modules of riscv64 get from the "
			    "kernel's build",
			    wanted[i].name)
			->fix = "link it with the kernel's build, which uses its module.lds";
		walk_line(walk, 3, "%s: module %s section(s) missing", walk->name, wanted[i].word);
		return false;
	}
	count = arch_count(walk, &jumps) + 1;
	arch_resize(arch_section(walk, ".plt"), SHF_EXECINSTR | SHF_ALLOC, CACHE_LINE,
		    count * JUMP);
	arch_resize(arch_section(walk, ".got.plt"), SHF_ALLOC, CACHE_LINE, count * ADDRESS);
	count = arch_count(walk, &addresses) + 1;
	arch_resize(arch_section(walk, ".got"), SHF_ALLOC, CACHE_LINE, count * ADDRESS);
	return !walk->no_memory;
}

/* Two instructions reach so far: the lower part is signed. */
static bool reaches(uint64_t distance)
{
	const int64_t reach = INT64_C(1) << 31, lower = 1 << 11;

	return (int64_t)distance >= -reach - lower && (int64_t)distance < reach - lower;
}

static uint64_t upper(uint64_t value)
{
	return value + 0x800;
}

static uint64_t lower(uint64_t value)
{
	return value - (upper(value) & ~UINT64_C(0xfff));
}

static bool too_far(struct walk *walk, const struct reloc *reloc)
{
	walk_reason(walk, "L-REL-10", -EINVAL,
		    "a relocation at %s+0x%jx needs an address that is too far away",
		    reloc->target->name, (uintmax_t)reloc->offset);
	walk_line(walk, 3,
		  "%s: target %016jx can not be addressed by the 32-bit offset from PC = "
		  "(____ptrval____)",
		  walk->name, (uintmax_t)reloc->value);
	return false;
}

/* The address of the entry that holds a value: the one that has it, else the first free one. */
static uint64_t table_entry(struct walk *walk, uint64_t value)
{
	const struct section *got = arch_section(walk, ".got");

	for (uint64_t at = 0; got && at < got->size; at += ADDRESS) {
		unsigned char *entry = layout_at(walk, got->place + at, ADDRESS);
		uint64_t there = entry ? arch_get(entry, ADDRESS) : 0;

		if (entry && there == 0)
			arch_put(entry, ADDRESS, value);
		if (entry && (there == 0 || there == value))
			return got->place + at;
	}
	return 0;
}

/* The first half of a pair, by the place of it. It mostly stands shortly before. */
static bool find_upper(const struct walk *walk, const struct reloc *reloc, uint64_t place,
		       struct reloc *out)
{
	uint64_t count = reloc->table.n / sizeof(Elf64_Rela);

	for (uint64_t i = 0; i < count; i++) {
		struct reloc other = reloc_read(reloc->table, (reloc->index + count - i) % count);

		if (reloc->target->place + other.offset == place &&
		    (other.type == R_RISCV_PCREL_HI20 || other.type == R_RISCV_GOT_HI20) &&
		    other.symbol < walk->symbol_count) {
			*out = other;
			return true;
		}
	}
	return false;
}

static bool put_lower(struct walk *walk, const struct kind *kind, const struct reloc *reloc,
		      unsigned char *at)
{
	uint64_t place = walk->symbols[reloc->symbol].value, value;
	struct reloc first;

	if (!find_upper(walk, reloc, place, &first)) {
		walk_reason(walk, "L-REL-11", -EINVAL,
			    "a relocation at %s+0x%jx is the second of a pair, and the first is "
			    "missing",
			    reloc->target->name, (uintmax_t)reloc->offset);
		walk_line(walk, 3, "%s: Can not find HI20 relocation information", walk->name);
		return false;
	}
	value = walk->symbols[first.symbol].value + (uint64_t)first.addend;
	if (first.type == R_RISCV_GOT_HI20)
		value = table_entry(walk, value);
	arch_put(at, 4, arch_scatter((uint32_t)arch_get(at, 4), kind->field, lower(value - place)));
	return true;
}

static bool put_call(struct walk *walk, const struct reloc *reloc, unsigned char *at)
{
	const struct section *table = arch_section(walk, ".plt");
	uint64_t distance = reloc->value - reloc->address;

	if (!reaches(distance)) {
		if (reloc->type != R_RISCV_CALL_PLT || !walk->kernel->plts || !table)
			return too_far(walk, reloc);
		distance = table->place - reloc->address;
	}
	arch_put(at, 4, arch_scatter((uint32_t)arch_get(at, 4), u_type, upper(distance)));
	arch_put(at + 4, 4, arch_scatter((uint32_t)arch_get(at + 4, 4), i_type, lower(distance)));
	return true;
}

static bool put_value(struct walk *walk, const struct kind *kind, const struct reloc *reloc,
		      unsigned char *at)
{
	if (reloc->type == R_RISCV_32 && reloc->value != (uint32_t)reloc->value) {
		walk_reason(walk, "L-REL-16", -EINVAL,
			    "a relocation at %s+0x%jx needs an address that does not fit 32 bits",
			    reloc->target->name, (uintmax_t)reloc->offset);
		walk_line(walk, 3, "%s: value %016jx out of range for 32-bit field", walk->name,
			  (uintmax_t)reloc->value);
		return false;
	}
	arch_put(at, kind->width, reloc->value);
	return true;
}

static bool put_low_bits(const struct reloc *reloc, unsigned char *at)
{
	uint64_t value = reloc->type == R_RISCV_SUB6 ? at[0] - reloc->value : reloc->value;

	at[0] = (unsigned char)((at[0] & 0xc0) | (value & 0x3f));
	return true;
}

static bool put_field(const struct kind *kind, unsigned char *at, uint64_t value)
{
	uint32_t instruction = (uint32_t)arch_get(at, kind->width);

	arch_put(at, kind->width, arch_scatter(instruction, kind->field, value));
	return true;
}

static bool put_upper_table(struct walk *walk, const struct kind *kind, const struct reloc *reloc,
			    unsigned char *at)
{
	if (walk->kernel->plts)
		return put_field(kind, at, upper(table_entry(walk, reloc->value) - reloc->address));
	walk_reason(walk, "L-REL-17", -EINVAL,
		    "a relocation at %s+0x%jx needs a table of addresses, which this kernel gives "
		    "to no module",
		    reloc->target->name, (uintmax_t)reloc->offset)
		->fix = "compile it with the kernel's build, which uses -fno-pic";
	walk_line(walk, 3,
		  "%s: can not generate the GOT entry for symbol = %016jx from PC = "
		  "(____ptrval____)",
		  walk->name, (uintmax_t)reloc->value);
	return false;
}

static bool refuse_align(struct walk *walk, const struct reloc *reloc)
{
	walk_reason(walk, "L-REL-12", -EINVAL,
		    "it is not linked to the end: R_RISCV_ALIGN at %s+0x%jx", reloc->target->name,
		    (uintmax_t)reloc->offset)
		->fix = "build it with the kernel's flags (-mno-relax)";
	walk_line(walk, 3,
		  "%s: The unexpected relocation type 'R_RISCV_ALIGN' from PC = (____ptrval____)",
		  walk->name);
	return false;
}

static bool put(struct walk *walk, const struct kind *kind, const struct reloc *reloc,
		unsigned char *at)
{
	uint64_t distance = reloc->value - reloc->address, there = arch_get(at, kind->width);

	switch (kind->form) {
	case STORE:
		return put_value(walk, kind, reloc, at);
	case DISTANCE:
		arch_put(at, kind->width, distance);
		return true;
	case ADD:
		arch_put(at, kind->width, there + reloc->value);
		return true;
	case SUB:
		arch_put(at, kind->width, there - reloc->value);
		return true;
	case LOW_BITS:
		return put_low_bits(reloc, at);
	case BRANCH:
		return put_field(kind, at, distance);
	case UPPER:
		return reaches(distance) ? put_field(kind, at, upper(distance))
					 : too_far(walk, reloc);
	case UPPER_TABLE:
		return put_upper_table(walk, kind, reloc, at);
	case UPPER_VALUE:
		return put_field(kind, at, upper(reloc->value));
	case LOWER:
		return put_lower(walk, kind, reloc, at);
	case LOWER_VALUE:
		return put_field(kind, at, lower(reloc->value));
	case CALL:
		return put_call(walk, reloc, at);
	case NOTHING:
	case REFUSED:
		break;
	}
	return true;
}

static bool apply(struct walk *walk, const struct reloc *reloc)
{
	const struct kind *kind = kind_of(reloc->type);
	unsigned char *at;

	if (!kind) {
		walk_reason(walk, "L-REL-13", -EINVAL, "the kernel knows no relocation of type %u",
			    reloc->type);
		walk_line(walk, 3, "%s: Unknown relocation type %u", walk->name, reloc->type);
		return false;
	}
	if (kind->form == REFUSED)
		return refuse_align(walk, reloc);
	if (kind->form == NOTHING)
		return true;
	at = reloc_place(walk, reloc, kind->width);
	return at && put(walk, kind, reloc, at);
}

const struct load_arch arch_riscv64 = {
	.machine = EM_RISCV,
	.modules = UINT64_C(0xffffffff40000000),
	.modules_size = UINT64_C(0x80000000),
	.kernel_text = UINT64_C(0xffffffff80002000),
	.percpu = UINT64_C(0xffffffff81800000),
	.check_sections = check_sections,
	.apply = apply,
};
