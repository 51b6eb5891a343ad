/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine that a module is for. */
#include <elf.h>

#include "ko/object.h"

static const struct {
	unsigned int number;
	const char *name;
} machines[] = {
	{EM_386, "x86"},
	{EM_X86_64, "x86-64"},
	{EM_ARM, "arm"},
	{EM_AARCH64, "arm64"},
	{EM_RISCV, "riscv"},
	{EM_PPC, "powerpc"},
	{EM_PPC64, "powerpc64"},
	{EM_S390, "s390x"},
	{EM_MIPS, "mips"},
	{EM_SPARC, "sparc"},
	{EM_SPARCV9, "sparc64"},
	{EM_PARISC, "parisc"},
	{EM_IA_64, "ia64"},
	{EM_68K, "m68k"},
	{EM_ALPHA, "alpha"},
	{0x9026, "alpha"},
	{EM_SH, "sh"},
	{258, "loongarch"},
	{EM_MICROBLAZE, "microblaze"},
};

const char *ko_machine_name(unsigned int machine)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].number == machine)
			return machines[i].name;
	return "unknown machine";
}

unsigned int ko_machine(const struct ko *ko)
{
	return ko->machine;
}

bool ko_big_endian(const struct ko *ko)
{
	return ko->big_endian;
}

bool ko_is_64bit(const struct ko *ko)
{
	return ko->is_64bit;
}
