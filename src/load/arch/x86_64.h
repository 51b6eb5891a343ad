/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The relocations of x86-64 that the kernel's loader knows.
 *
 * Displacements (PC32, PLT32) are never tested for overflow by the kernel; a value that does not
 * fit sends a call somewhere else.
 */
#ifndef LKM_LOAD_ARCH_X86_64_H
#define LKM_LOAD_ARCH_X86_64_H

#include <elf.h>
#include <stdbool.h>

enum reloc_fit { FIT_ANY, FIT_UNSIGNED, FIT_SIGNED, FIT_UNTESTED };

static const struct reloc_kind {
	unsigned int type, width;
	bool relative;
	enum reloc_fit fit;
} reloc_kinds[] = {
	{R_X86_64_NONE, 0, false, FIT_ANY},	{R_X86_64_64, 8, false, FIT_ANY},
	{R_X86_64_PC32, 4, true, FIT_UNTESTED}, {R_X86_64_PLT32, 4, true, FIT_UNTESTED},
	{R_X86_64_32, 4, false, FIT_UNSIGNED},	{R_X86_64_32S, 4, false, FIT_SIGNED},
	{R_X86_64_PC64, 8, true, FIT_ANY},
};

#endif
