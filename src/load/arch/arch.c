/* SPDX-License-Identifier: GPL-2.0-only */
#include "load/arch/arch.h"

static const struct load_arch *const all[] = {&arch_x86_64};

const struct load_arch *arch_find(unsigned int machine)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i]->machine == machine)
			return all[i];
	return NULL;
}
