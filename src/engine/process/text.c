/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks of text patching (jump labels, static calls, BPF): plain copies. */
#include "engine/process/hooks.h"

#include <string.h>

void *text_poke(void *address, const void *opcode, size_t length)
{
	return memcpy(address, opcode, length);
}

void text_poke_queue(void *address, const void *opcode, size_t length, const void *emulate)
{
	memcpy(address, opcode, length);
}

void *text_poke_with(void (*copy)(void *, const void *, size_t), void *address, const void *source,
		     size_t length)
{
	copy(address, source, length);
	return address;
}

void *text_set(void *address, int byte, size_t length)
{
	return memset(address, byte, length);
}
