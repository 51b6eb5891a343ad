/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/patch.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <Zydis/Zydis.h>

#include "engine/process/guest.h"
#include "engine/process/stub.h"
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

/* BUG and WARN are rejected below this address, where our whole kernel is: make it 0. */
static int clear_limit(const ZydisDecodedInstruction *instruction,
		       const ZydisDecodedOperand *operands, unsigned char *at, uint64_t argument)
{
	if (instruction->mnemonic != ZYDIS_MNEMONIC_MOV || instruction->raw.imm[0].size != 64 ||
	    instruction->raw.imm[0].value.u != argument)
		return 0;
	memset(at + instruction->raw.imm[0].offset, 0, 8);
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

static int patch_fs(const struct image *image, struct err *err)
{
	/* deactivate_mm() is inlined here; the last name is that of 7.3. */
	static const char *const names[] = {"mm_release", "exit_mm_release", "exec_mm_release",
					    "mm_exit_exec_release"};
	int hits = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		hits += each_instruction(function(image, names[i]), blank_fs_load, 0);
	return hits ? 0
		    : err_set(err, -ENOTSUP,
			      "kernel %s cannot be booted in a process: the load of fs at the exit "
			      "of "
			      "a task was not found",
			      guest.release);
}

static int patch_bug_limit(const struct image *image, struct err *err)
{
	static const char *const names[] = {"is_valid_bugaddr", "handle_bug"};
	int hits = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		hits += each_instruction(function(image, names[i]), clear_limit, 0x7ffffffff000);
	return hits ? 0
		    : err_set(err, -ENOTSUP,
			      "kernel %s cannot be booted in a process: the address limit of BUG "
			      "and "
			      "WARN was not found",
			      guest.release);
}

/* All irq code, also that of modules, goes through pv_ops: three of its slots become ours. */
static int patch_pv_ops(const struct image *image, struct err *err)
{
	static const struct {
		const char *names[2], *stub;
	} slots[] = {
		{{"native_save_fl", "pv_native_save_fl"}, stub_save_fl},
		{{"native_irq_disable", "pv_native_irq_disable"}, stub_irq_disable},
		{{"native_irq_enable", "pv_native_irq_enable"}, stub_irq_enable},
	};
	enum { SLOTS = sizeof(slots) / sizeof(*slots), WORDS = 120 };
	uint64_t *ops = (uint64_t *)guest.pv_ops;

	for (int slot = 0; slot < SLOTS; slot++) {
		int hits = 0;

		for (int name = 0; name < 2; name++) {
			uint64_t link = image_address(image, slots[slot].names[name]);

			for (int word = 0; link && word < WORDS; word++) {
				if (ops[word] != guest_relocate(link))
					continue;
				ops[word] = stub_address(slots[slot].stub);
				hits++;
			}
		}
		if (!hits)
			return err_set(
				err, -ENOTSUP,
				"kernel %s cannot be booted in a process: %s is not in pv_ops "
				"(CONFIG_PARAVIRT_XXL is off)",
				guest.release, slots[slot].names[0]);
	}
	return 0;
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
static int patch_switch_to(const struct image *image, struct err *err)
{
	struct code code = function(image, "__switch_to");
	unsigned char *at = code.p;

	if (code.n < 64)
		return err_set(err, -ENOTSUP,
			       "kernel %s cannot be booted in a process: __switch_to was not found",
			       guest.release);
	at = write_gs_store(at, 0x34, guest.current_task);  /* mov %rsi,%gs:current */
	memcpy(at, (unsigned char[]){0x48, 0x8b, 0x86}, 3); /* mov stack(%rsi),%rax */
	memcpy(at + 3, &guest.task_stack, 4);
	at += 7;
	memcpy(at, (unsigned char[]){0x48, 0x05}, 2); /* add $stack_size,%rax */
	memcpy(at + 2, &guest.stack_size, 4);
	at += 6;
	at = write_gs_store(at, 0x04, guest.top_of_stack);	  /* mov %rax,%gs:top_of_stack */
	memcpy(at, (unsigned char[]){0x48, 0x89, 0xf8, 0xc3}, 4); /* mov %rdi,%rax; ret */
	return 0;
}

/* The emulation has a raw cli in it. It is only used while alternatives are not applied: always. */
static void patch_cmpxchg16b(const struct image *image)
{
	struct code code = function(image, "this_cpu_cmpxchg16b_emu");
	size_t size = (size_t)(stub_cmpxchg16b_end - stub_cmpxchg16b);

	if (code.n >= size)
		memcpy(code.p, stub_cmpxchg16b, size);
}

int patch_install(const struct image *image, struct err *err)
{
	int code = patch_pv_ops(image, err);

	if (code == 0)
		code = patch_switch_to(image, err);
	if (code == 0)
		code = patch_fs(image, err);
	if (code == 0)
		code = patch_bug_limit(image, err);
	if (code == 0)
		patch_cmpxchg16b(image);
	return code;
}
