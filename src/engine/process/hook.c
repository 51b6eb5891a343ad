/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/hook.h"

#include <stdio.h>
#include <string.h>

#include "engine/process/guest.h"
#include "engine/process/part.h"
#include "engine/process/stub.h"
#include "image/image.h"

struct hook_originals hook_originals;

enum { ENDBR64_SIZE = 4, JUMP_SIZE = 5, CALL_OPCODE = 0xe8, JUMP_OPCODE = 0xe9 };

static unsigned char *skip_endbr(unsigned char *code)
{
	return memcmp(code, "\xf3\x0f\x1e\xfa", ENDBR64_SIZE) ? code : code + ENDBR64_SIZE;
}

/* Where a traceable function begins: call __fentry__, or a nop that the kernel's build has made of
 * it already (objtool, for kernels of clang). */
static bool is_traceable(const unsigned char *code)
{
	return code[0] == CALL_OPCODE || memcmp(code, "\x0f\x1f\x44\0\0", JUMP_SIZE) == 0;
}

static void write_jump(unsigned char *code, uint64_t target)
{
	int32_t distance = (int32_t)(target - (uint64_t)(code + JUMP_SIZE));

	code[0] = JUMP_OPCODE;
	memcpy(code + 1, &distance, sizeof(distance));
}

/* mov $value,%rax (sign-extended); ret. Or for nothing xor %eax,%eax; ret: a function may be a
 * single jump, with the next one right behind it. */
static void write_return(unsigned char *code, long value)
{
	int32_t immediate = (int32_t)value;

	if (value == 0) {
		memcpy(code, "\x31\xc0\xc3", 3);
		return;
	}
	memcpy(code, "\x48\xc7\xc0", 3);
	memcpy(code + 3, &immediate, sizeof(immediate));
	code[7] = 0xc3;
}

static bool write_hook(const struct hook *hook, unsigned char *code, unsigned int slot)
{
	code = skip_endbr(code);
	switch (hook->action) {
	case HOOK_RETURN:
		write_return(code, hook->value);
		break;
	case HOOK_STUB:
		write_jump(code, stub_address(hook->target));
		break;
	case HOOK_WRAP:
		if (!is_traceable(code))
			return false;
		*hook->original = (uint64_t)code + JUMP_SIZE;
		write_jump(code, stub_thunk(slot));
		break;
	case HOOK_CALL:
		write_jump(code, stub_thunk(slot));
		break;
	}
	return true;
}

static bool in_text(uint64_t address)
{
	return (address >= guest.text && address < guest.etext) ||
	       (address >= guest.init_text && address < guest.init_etext);
}

/* Hooks every symbol of a row; how many there were. */
static unsigned int install_row(const struct image *image, unsigned int row)
{
	const char *symbols = hooks[row].symbols;
	unsigned int found = 0;
	char name[128];
	int used;

	for (; sscanf(symbols, "%127s%n", name, &used) == 1; symbols += used) {
		uint64_t address = guest_relocate(image_address(image, name));

		if (!in_text(address))
			continue;
		found++;
		if (!write_hook(&hooks[row], (unsigned char *)address, row))
			part_tell("call of __fentry__ in", name, hooks[row].why, true, 0);
	}
	return found;
}

static bool applies(const struct image *image, const struct hook *hook)
{
	struct image_symbol unused;

	if (!hook->when)
		return true;
	if (hook->when[0] == '!')
		return image_symbol(image, hook->when + 1, &unused) < 0;
	return image_symbol(image, hook->when, &unused) == 0;
}

void hook_install(const struct image *image)
{
	for (unsigned int row = 0; row < hook_count; row++)
		if (applies(image, &hooks[row]))
			part_tell("hook", hooks[row].symbols, hooks[row].why,
				  hooks[row].need == HOOK_MUST, install_row(image, row));
}

void hook_connect(void)
{
	for (unsigned int row = 0; row < hook_count; row++)
		stub_slots[row] = hooks[row].action == HOOK_WRAP ? *hooks[row].original
								 : (uint64_t)hooks[row].target;
}

void hook_observe(void)
{
	for (unsigned int row = 0; row < hook_count; row++)
		stub_slots[row] = (uint64_t)hooks[row].target;
}
