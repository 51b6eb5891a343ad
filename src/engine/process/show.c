/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A load that only shows: each section goes over the wire as the kernel has just relocated it, and
 * then the module's structure. Its init and exit are taken out, so that nothing of it runs.
 */
#include "engine/process/show.h"

#include <elf.h>
#include <string.h>

#include "engine/process/guest.h"
#include "engine/process/hook.h"
#include "engine/process/hooks.h"
#include "engine/process/wire.h"

static bool showing;

void show_next_load(bool show)
{
	showing = show;
}

int show_relocated(Elf64_Shdr *sections, const char *names, unsigned int symbols,
		   unsigned int table, void *module)
{
	int (*original)(Elf64_Shdr *, const char *, unsigned int, unsigned int, void *) =
		(void *)hook_originals.apply_relocate_add;
	int code = original(sections, names, symbols, table, module);
	unsigned int index = sections[table].sh_info;
	const Elf64_Shdr *target = &sections[index];

	if (showing && code == 0)
		wire_say(WIRE_SECTION, index, target->sh_addr, (const void *)target->sh_addr,
			 target->sh_size);
	return code;
}

void show_module(char *module)
{
	if (!showing)
		return;
	wire_say(WIRE_SECTION, 0, (uint64_t)module, module, guest.module_size);
	memset(module + guest.module_init, 0, sizeof(uint64_t));
	memset(module + guest.module_exit, 0, sizeof(uint64_t));
}
