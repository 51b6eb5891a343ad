/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between architectures: relocations, and what their loaders demand of sections. */
#ifndef LKM_LOAD_ARCH_ARCH_H
#define LKM_LOAD_ARCH_ARCH_H

#include "load/walk.h"

/* One relocation. address is of the place, value is symbol plus addend. */
struct reloc {
	const struct section *target;
	struct span table; /* all relocations of the target */
	uint64_t offset, address, value;
	int64_t addend;
	uint32_t type, symbol;
};

struct load_arch {
	unsigned int machine; /* e_machine */
	uint64_t modules;     /* where modules are put; KASLR moves it */
	uint64_t kernel_text; /* where the kernel's own symbols lie, as far as ranges go */
	/* Step 8: the loader's demands on sections. NULL: none. */
	bool (*check_sections)(struct walk *walk);
	bool (*apply)(struct walk *walk, const struct reloc *reloc);
	/* Patching after relocation. NULL: nothing that can go wrong. */
	bool (*finalize)(struct walk *walk);
};

extern const struct load_arch arch_x86_64;

/* NULL: modules of this architecture cannot be checked. */
const struct load_arch *arch_find(unsigned int machine);

/* The memory of a relocation's place; NULL when it does not lie in what is loaded, which a kernel
 * would crash by. One that lies outside of its own section is noted: the kernel overwrites what is
 * there. */
unsigned char *reloc_place(struct walk *walk, const struct reloc *reloc, unsigned int width);

#endif
