/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks of text: patching (jump labels, static calls, BPF) is a copy past the text's protection; a
 * module's becomes final. */
#include "engine/process/hooks.h"

#include <string.h>

#include "engine/process/hook.h"
#include "engine/process/protect.h"
#include "engine/process/show.h"
#include "engine/process/smap.h"
#include "engine/process/user_limit.h"

void *text_poke(void *address, const void *opcode, size_t length)
{
	protect_open(address, length);
	memcpy(address, opcode, length);
	protect_close(address, length);
	return address;
}

void text_poke_queue(void *address, const void *opcode, size_t length, const void *emulate)
{
	text_poke(address, opcode, length);
}

void *text_poke_with(void (*copy)(void *, const void *, size_t), void *address, const void *source,
		     size_t length)
{
	protect_open(address, length);
	copy(address, source, length);
	protect_close(address, length);
	return address;
}

void *text_set(void *address, int byte, size_t length)
{
	protect_open(address, length);
	memset(address, byte, length);
	protect_close(address, length);
	return address;
}

int text_finalize_module(const Elf64_Ehdr *header, const Elf64_Shdr *sections, void *module)
{
	int (*original)(const void *, const void *, void *) =
		(void *)hook_originals.module_finalize;

	show_module(module);
	user_limit_lower_module(header, sections);
	smap_mark_module(header, sections);
	return original(header, sections, module);
}
