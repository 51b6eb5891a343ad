/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks of text patching (jump labels, static calls, BPF): copies, past the text's protection. */
#include "engine/process/hooks.h"

#include <string.h>

#include "engine/process/protect.h"

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
