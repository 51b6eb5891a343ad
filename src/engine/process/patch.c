/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/patch.h"

#include <stdbool.h>
#include <string.h>

#include <Zydis/Zydis.h>

#include "engine/process/guest.h"
#include "engine/process/part.h"
#include "engine/process/smap.h"
#include "engine/process/stub.h"
#include "engine/process/user_limit.h"
#include "image/image.h"

struct code {
	unsigned char *p;
	size_t n;
};

/* A function's bytes in the relocated image; n is 0 when there is none. */
static struct code function(const struct image *image, const char *name)
{
	struct image_symbol symbol, found;
	uint64_t size;

	if (image_symbol(image, name, &symbol) < 0 ||
	    !image_symbol_at(image, symbol.address, &found, &size))
		return (struct code){0};
	return (struct code){(unsigned char *)guest_relocate(symbol.address), size};
}

typedef int visitor(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operands,
		    unsigned char *at, uint64_t argument);

/* Sum of what visit returns for each instruction of a function. */
static int each_instruction(struct code code, visitor *visit, uint64_t argument)
{
	ZydisDecoder decoder;
	ZydisDecodedInstruction instruction;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	int hits = 0;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (size_t at = 0; at < code.n; at += instruction.length) {
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code.p + at, code.n - at,
							 &instruction, operands)))
			break;
		hits += visit(&instruction, operands, code.p + at, argument);
	}
	return hits;
}

/* mov %eax,%fs at the exit of a task would clear our thread pointer. */
static int blank_fs_load(const ZydisDecodedInstruction *instruction,
			 const ZydisDecodedOperand *operands, unsigned char *at, uint64_t argument)
{
	if (instruction->mnemonic != ZYDIS_MNEMONIC_MOV ||
	    operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER ||
	    operands[0].reg.value != ZYDIS_REGISTER_FS)
		return 0;
	memset(at, 0x90, instruction->length);
	return 1;
}

static int is_call_of(const ZydisDecodedInstruction *instruction,
		      const ZydisDecodedOperand *operands, unsigned char *at, uint64_t callee)
{
	return instruction->mnemonic == ZYDIS_MNEMONIC_CALL &&
	       operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
	       (uint64_t)at + instruction->length + (uint64_t)operands[0].imm.value.s == callee;
}

bool patch_calls(const struct image *image, const char *caller, const char *callee)
{
	uint64_t target = guest_relocate(image_address(image, callee));

	return each_instruction(function(image, caller), is_call_of, target) > 0;
}

static unsigned int patch_fs(const struct image *image)
{
	/* deactivate_mm() is inlined here; the last name is that of 7.3. */
	static const char *const names[] = {"mm_release", "exit_mm_release", "exec_mm_release",
					    "mm_exit_exec_release"};
	int hits = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		hits += each_instruction(function(image, names[i]), blank_fs_load, 0);
	return (unsigned int)hits;
}

/* All irq code, also that of modules, goes through pv_ops: a slot of it becomes ours. */
static unsigned int patch_pv_slot(const struct image *image, const char *name, const char *stub)
{
	enum { WORDS = 120 };
	uint64_t *ops = (uint64_t *)guest.pv_ops;
	uint64_t link = image_address(image, name);
	unsigned int hits = 0;

	for (int word = 0; link && word < WORDS; word++) {
		if (ops[word] != guest_relocate(link))
			continue;
		ops[word] = stub_address(stub);
		hits++;
	}
	return hits;
}

static unsigned int patch_save_fl(const struct image *image)
{
	return patch_pv_slot(image, "native_save_fl", stub_save_fl) +
	       patch_pv_slot(image, "pv_native_save_fl", stub_save_fl);
}

static unsigned int patch_irq_disable(const struct image *image)
{
	return patch_pv_slot(image, "native_irq_disable", stub_irq_disable) +
	       patch_pv_slot(image, "pv_native_irq_disable", stub_irq_disable);
}

static unsigned int patch_irq_enable(const struct image *image)
{
	return patch_pv_slot(image, "native_irq_enable", stub_irq_enable) +
	       patch_pv_slot(image, "pv_native_irq_enable", stub_irq_enable);
}

/* mov %reg,%gs:address32 */
static unsigned char *write_gs_store(unsigned char *at, unsigned char modrm, uint64_t offset)
{
	uint32_t disp = (uint32_t)offset;

	memcpy(at, (unsigned char[]){0x65, 0x48, 0x89, modrm, 0x25}, 5);
	memcpy(at + 5, &disp, 4);
	return at + 9;
}

/*
 * __switch_to(prev, next) after __switch_to_asm() has switched stacks: current, the top of its
 * stack, and prev as the result. No segment, no FPU, no TSS.
 */
static unsigned int patch_switch_to(const struct image *image)
{
	struct code code = function(image, "__switch_to");
	unsigned char *at = code.p;

	if (code.n < 64)
		return 0;
	at = write_gs_store(at, 0x34, guest.current_task);  /* mov %rsi,%gs:current */
	memcpy(at, (unsigned char[]){0x48, 0x8b, 0x86}, 3); /* mov stack(%rsi),%rax */
	memcpy(at + 3, &guest.task_stack, 4);
	at += 7;
	memcpy(at, (unsigned char[]){0x48, 0x05}, 2); /* add $stack_size,%rax */
	memcpy(at + 2, &guest.stack_size, 4);
	at += 6;
	at = write_gs_store(at, 0x04, guest.top_of_stack);	  /* mov %rax,%gs:top_of_stack */
	memcpy(at, (unsigned char[]){0x48, 0x89, 0xf8, 0xc3}, 4); /* mov %rdi,%rax; ret */
	return 1;
}

/* The emulation has a raw cli in it. It is only used while alternatives are not applied: always. */
static unsigned int patch_cmpxchg16b(const struct image *image)
{
	struct code code = function(image, "this_cpu_cmpxchg16b_emu");
	size_t size = (size_t)(stub_cmpxchg16b_end - stub_cmpxchg16b);

	if (code.n < size)
		return 0;
	memcpy(code.p, stub_cmpxchg16b, size);
	return 1;
}

static const struct {
	const char *name, *why;
	bool needed;
	unsigned int (*apply)(const struct image *image); /* returns how often it hit */
} patches[] = {
	{"save_fl in pv_ops", "the interrupt flag is a word (needs CONFIG_PARAVIRT_XXL)", true,
	 patch_save_fl},
	{"irq_disable in pv_ops", "the interrupt flag is a word (needs CONFIG_PARAVIRT_XXL)", true,
	 patch_irq_disable},
	{"irq_enable in pv_ops", "the interrupt flag is a word (needs CONFIG_PARAVIRT_XXL)", true,
	 patch_irq_enable},
	{"__switch_to", "no segments, FPU or TSS to switch", true, patch_switch_to},
	{"load of fs in mm_release", "it would clear our thread pointer", true, patch_fs},
	{"end of user addresses", "the kernel lies above it", true, user_limit_lower},
	{"ends of user accesses", "user memory is forgotten there (processors with SMAP)", false,
	 smap_mark},
	{"this_cpu_cmpxchg16b_emu", "has a raw cli", false, patch_cmpxchg16b},
};

void patch_install(const struct image *image)
{
	for (size_t i = 0; i < sizeof(patches) / sizeof(*patches); i++)
		part_tell("patch", patches[i].name, patches[i].why, patches[i].needed,
			  patches[i].apply(image));
}
