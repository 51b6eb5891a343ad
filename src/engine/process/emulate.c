/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/emulate.h"

#include <string.h>

#include <Zydis/Zydis.h>

#include "engine/process/guest.h"
#include "engine/process/stub.h"

/* gregs index of the registers in the order of their encoding. */
static const int register_index[16] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8,	 REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

enum { CR0 = 0x80050033, CR4_PAE = 0x20, EFLAGS_DF = 0x400 };

enum {
	MSR_APIC_BASE = 0x1b,
	MSR_MISC_ENABLE = 0x1a0, /* bit 0: fast strings; without it the kernel complains */
	MSR_EFER = 0xc0000080,
	MSR_FS_BASE = 0xc0000100,
	MSR_GS_BASE = 0xc0000101,
};

struct decoded {
	ZydisDecodedInstruction instruction;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static bool decode(const unsigned char *code, size_t length, struct decoded *d)
{
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	return ZYAN_SUCCESS(
		ZydisDecoderDecodeFull(&decoder, code, length, &d->instruction, d->operands));
}

static bool is_register(const ZydisDecodedOperand *operand, ZydisRegisterClass class)
{
	return operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       ZydisRegisterGetClass(operand->reg.value) == class;
}

static greg_t *general_register(const ZydisDecodedOperand *operand, gregset_t regs)
{
	return &regs[register_index[ZydisRegisterGetId(operand->reg.value) & 15]];
}

static greg_t read_control(int number)
{
	switch (number) {
	case 0:
		return CR0;
	case 2:
		return (greg_t)stub_word->fault_address;
	case 4:
		return CR4_PAE;
	default:
		return 0;
	}
}

/* As after a reset: an oops shows the debug registers only when they differ from that. */
static greg_t read_debug(int number)
{
	return number == 6 ? 0xffff0ff0 : number == 7 ? 0x400 : 0;
}

static bool move(const struct decoded *d, gregset_t regs)
{
	const ZydisDecodedOperand *to = &d->operands[0], *from = &d->operands[1];

	if (is_register(from, ZYDIS_REGCLASS_CONTROL))
		*general_register(to, regs) = read_control(ZydisRegisterGetId(from->reg.value));
	else if (is_register(from, ZYDIS_REGCLASS_DEBUG))
		*general_register(to, regs) = read_debug(ZydisRegisterGetId(from->reg.value));
	else if (!is_register(to, ZYDIS_REGCLASS_CONTROL) &&
		 !is_register(to, ZYDIS_REGCLASS_DEBUG) && !is_register(to, ZYDIS_REGCLASS_SEGMENT))
		return false;
	return true;
}

/* An absent port reads all ones of its width. */
static void read_port(const struct decoded *d, gregset_t regs)
{
	switch (d->operands[0].size) {
	case 8:
		regs[REG_RAX] |= 0xff;
		break;
	case 16:
		regs[REG_RAX] |= 0xffff;
		break;
	default:
		regs[REG_RAX] = 0xffffffff;
	}
}

/* Moves a string instruction's pointer over count elements of size bytes; returns the lowest
 * address of them. */
static void *advance(greg_t *pointer, const gregset_t regs, size_t count, size_t size)
{
	uint64_t start = (uint64_t)*pointer, bytes = count * size;

	if (!(regs[REG_EFL] & EFLAGS_DF)) {
		*pointer = (greg_t)(start + bytes);
		return (void *)start;
	}
	*pointer = (greg_t)(start - bytes);
	return (void *)(start - bytes + size);
}

/* How often a string instruction is performed. */
static size_t repeat(const struct decoded *d, gregset_t regs)
{
	size_t count = (size_t)regs[REG_RCX];

	if (!(d->instruction.attributes & ZYDIS_ATTRIB_HAS_REP))
		return 1;
	regs[REG_RCX] = 0;
	return count;
}

static void read_string(const struct decoded *d, gregset_t regs)
{
	size_t count = repeat(d, regs), size = d->operands[0].size / 8;

	memset(advance(&regs[REG_RDI], regs, count, size), 0xff, count * size);
}

static void write_string(const struct decoded *d, gregset_t regs)
{
	advance(&regs[REG_RSI], regs, repeat(d, regs), d->operands[1].size / 8);
}

/* A register that nobody knows reads 0, as on the emulated PC that the results are compared
 * with. */
static void read_msr(gregset_t regs)
{
	uint64_t value = 0;

	switch ((uint32_t)regs[REG_RCX]) {
	case MSR_MISC_ENABLE:
		value = 1;
		break;
	case MSR_EFER:
		value = 0xd01; /* SCE, LME, LMA, NXE */
		break;
	case MSR_GS_BASE:
		value = guest.gs_base;
		break;
	}
	regs[REG_RAX] = (greg_t)(value & 0xffffffff);
	regs[REG_RDX] = (greg_t)(value >> 32);
}

/* sldt, str and smsw in a register; a table register, or 2 bytes in memory, keep what is there. */
static void store_system(const struct decoded *d, gregset_t regs)
{
	const ZydisDecodedOperand *to = &d->operands[0];
	greg_t value = d->instruction.mnemonic == ZYDIS_MNEMONIC_SMSW ? CR0 : 0;

	if (to->type != ZYDIS_OPERAND_TYPE_REGISTER)
		return;
	if (to->size == 16)
		value = (*general_register(to, regs) & ~0xffffll) | (value & 0xffff);
	*general_register(to, regs) = value;
}

static bool perform(const struct decoded *d, gregset_t regs)
{
	switch (d->instruction.mnemonic) {
	case ZYDIS_MNEMONIC_CLI:
		stub_word->interrupt_flag = 0;
		return true;
	case ZYDIS_MNEMONIC_STI:
		stub_word->interrupt_flag = EFLAGS_IF;
		return true;
	case ZYDIS_MNEMONIC_MOV:
		return move(d, regs);
	case ZYDIS_MNEMONIC_IN:
		read_port(d, regs);
		return true;
	case ZYDIS_MNEMONIC_INSB:
	case ZYDIS_MNEMONIC_INSW:
	case ZYDIS_MNEMONIC_INSD:
		read_string(d, regs);
		return true;
	case ZYDIS_MNEMONIC_OUTSB:
	case ZYDIS_MNEMONIC_OUTSW:
	case ZYDIS_MNEMONIC_OUTSD:
		write_string(d, regs);
		return true;
	case ZYDIS_MNEMONIC_RDMSR:
		read_msr(regs);
		return true;
	case ZYDIS_MNEMONIC_RDPMC:
		regs[REG_RAX] = regs[REG_RDX] = 0;
		return true;
	case ZYDIS_MNEMONIC_SLDT:
	case ZYDIS_MNEMONIC_STR:
	case ZYDIS_MNEMONIC_SMSW:
	case ZYDIS_MNEMONIC_SGDT:
	case ZYDIS_MNEMONIC_SIDT:
		store_system(d, regs);
		return true;
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_OUT:
	case ZYDIS_MNEMONIC_WRMSR:
	case ZYDIS_MNEMONIC_CLTS:
	case ZYDIS_MNEMONIC_INVD:
	case ZYDIS_MNEMONIC_WBINVD:
	case ZYDIS_MNEMONIC_INVLPG:
	case ZYDIS_MNEMONIC_INVPCID:
	case ZYDIS_MNEMONIC_LLDT:
	case ZYDIS_MNEMONIC_LTR:
	case ZYDIS_MNEMONIC_LGDT:
	case ZYDIS_MNEMONIC_LIDT:
	case ZYDIS_MNEMONIC_LMSW:
	case ZYDIS_MNEMONIC_SWAPGS:
	case ZYDIS_MNEMONIC_XSETBV:
		return true;
	default:
		return false;
	}
}

bool emulate(const unsigned char *code, size_t length, gregset_t regs)
{
	struct decoded d;

	if (!decode(code, length, &d) || !perform(&d, regs))
		return false;
	regs[REG_RIP] += d.instruction.length;
	return true;
}
