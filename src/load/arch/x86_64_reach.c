/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which code of a module runs when it is loaded and unloaded: what can be reached from its init and
 * exit by jumps, calls and the addresses that instructions name. All branches count as taken; what
 * is reached only by pointers in data, as a driver's operations are, does not count.
 */
#include "load/arch/arch.h"

#include <Zydis/Zydis.h>

enum { LONGEST = ZYDIS_MAX_INSTRUCTION_LENGTH };

struct reach {
	const struct walk *walk;
	unsigned char *seen; /* of each byte of the walk's memory: belongs to code that runs */
	VEC(uint64_t) todo;
	ZydisDecoder decoder;
};

/* The code at an address, and how much of it there is, up to the longest instruction. */
static const unsigned char *code_at(const struct walk *walk, uint64_t address, size_t *length)
{
	const struct section *section = arch_section_at(walk, address);
	uint64_t rest = section ? section->place + section->size - address : 0;

	if (!section || !(section->flags & SHF_EXECINSTR))
		return NULL;
	*length = rest < LONGEST ? rest : LONGEST;
	return layout_at(walk, address, *length);
}

static void see_later(struct reach *reach, uint64_t address)
{
	uint64_t *slot = vec_push(&reach->todo);

	if (slot)
		*slot = address;
}

/* Addresses that an instruction names: of a branch, relative to it, or whole. */
static void note_operands(struct reach *reach, const ZydisDecodedInstruction *instruction,
			  const ZydisDecodedOperand *operands, uint64_t address)
{
	for (size_t i = 0; i < instruction->operand_count_visible; i++) {
		ZyanU64 named = 0;
		size_t length;

		if (operands[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
		    !operands[i].imm.is_relative)
			named = operands[i].imm.value.u;
		else if (!ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(instruction, &operands[i], address,
								&named)))
			continue;
		if (code_at(reach->walk, named, &length))
			see_later(reach, named);
	}
}

static bool goes_on(const ZydisDecodedInstruction *instruction)
{
	return instruction->meta.category != ZYDIS_CATEGORY_UNCOND_BR &&
	       instruction->meta.category != ZYDIS_CATEGORY_RET &&
	       instruction->mnemonic != ZYDIS_MNEMONIC_UD2 &&
	       instruction->mnemonic != ZYDIS_MNEMONIC_INT3;
}

static void follow(struct reach *reach, uint64_t address)
{
	const unsigned char *code;
	size_t length;
	bool more = true;

	while (more && (code = code_at(reach->walk, address, &length))) {
		unsigned char *seen = reach->seen + (code - reach->walk->memory);
		ZydisDecodedInstruction instruction;
		ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

		if (*seen || !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&reach->decoder, code, length,
								  &instruction, operands)))
			return;
		memset(seen, 1, instruction.length);
		note_operands(reach, &instruction, operands, address);
		more = goes_on(&instruction);
		address += instruction.length;
	}
}

static uint64_t entry(const struct walk *walk, uint32_t offset)
{
	const unsigned char *at = layout_at(walk, walk->this_module->place + offset, 8);

	return at && offset ? span_le64(span_of(at, 8), 0) : 0;
}

unsigned char *x86_64_reach(struct walk *walk)
{
	struct reach reach = {.walk = walk, .seen = mem_zalloc(walk->memory_size)};

	if (!reach.seen) {
		walk->no_memory = true;
		return NULL;
	}
	ZydisDecoderInit(&reach.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	see_later(&reach, entry(walk, walk->kernel->init_offset));
	see_later(&reach, entry(walk, walk->kernel->exit_offset));
	while (reach.todo.n > 0)
		follow(&reach, reach.todo.p[--reach.todo.n]);
	vec_free(&reach.todo);
	return reach.seen;
}
