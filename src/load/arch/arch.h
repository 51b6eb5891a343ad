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
	uint64_t index; /* in the table */
	size_t section; /* that is the table */
	int64_t addend;
	uint32_t type, symbol;
};

struct load_arch {
	unsigned int machine;  /* e_machine */
	uint64_t modules;      /* where modules are put; KASLR moves it */
	uint64_t modules_size; /* of that area */
	uint64_t kernel_text;  /* where the kernel's own symbols lie, as far as ranges go */
	uint64_t percpu;       /* where a module's per-CPU data seems to lie */
	/* Step 8: the loader's demands on sections. NULL: none. */
	bool (*check_sections)(struct walk *walk);
	bool (*apply)(struct walk *walk, const struct reloc *reloc);
	/* Patching after relocation. NULL: nothing that can go wrong. */
	bool (*finalize)(struct walk *walk);
	/* As x86_64_reach(). NULL: any code may run. */
	unsigned char *(*reach)(struct walk *walk);
};

extern const struct load_arch arch_x86_64, arch_arm64, arch_riscv64;

/* NULL: modules of this architecture cannot be checked. */
const struct load_arch *arch_find(unsigned int machine);

/* The memory of a relocation's place; NULL when it does not lie in what is loaded, which a kernel
 * would crash by. One that lies in another section is noted: the kernel overwrites what is there.
 */
unsigned char *reloc_place(struct walk *walk, const struct reloc *reloc, unsigned int width);
/* Relocation number index of a table; only what the table has is filled in. */
struct reloc reloc_read(struct span table, uint64_t index);

/* For the architectures whose instructions hold pieces of an address. A field is a list of such
 * moves: count bits of the value, from one place to another, up to a count of 0. */
struct arch_move {
	unsigned char from, count, to;
};
uint32_t arch_scatter(uint32_t instruction, const struct arch_move *field, uint64_t value);
uint64_t arch_get(const unsigned char *at, unsigned int width);
void arch_put(unsigned char *at, unsigned int width, uint64_t value);

/* The section of that name, loaded or not. The last, as the loaders' loops leave it; NULL: none. */
struct section *arch_section(struct walk *walk, const char *name);
/* Where a section is: in the module's memory, or in the kernel's copy of the file. */
uint64_t arch_section_address(const struct section *section);
/* The bytes of a table that are worth looking at: of one without content all rows are alike. */
uint64_t arch_table_size(const struct section *section);
/* Bytes of either; NULL when so many are not there. */
const unsigned char *arch_bytes_at(const struct walk *walk, uint64_t address, uint64_t length);
/* The address of an import, 0 when the module has none of that name. */
uint64_t arch_import(const struct walk *walk, const char *name);
/* Makes a section, which the linker script left empty, one for so many bytes of the loader's own.
 */
void arch_resize(struct section *section, uint64_t flags, unsigned int alignment, uint64_t size);

/* Counts the relocations of executable sections (those of init or the others, or both when
 * any_region) that need an entry in a table, equal ones once. */
struct arch_count {
	bool any_region, init;
	bool (*needs)(const struct walk *walk, const struct section *target,
		      const struct reloc *reloc);
};
uint64_t arch_count(struct walk *walk, const struct arch_count *how);
/* st_shndx of a symbol that is not resolved yet. */
uint16_t arch_symbol_section(const struct walk *walk, uint32_t symbol);

/* The section in memory that an address lies in; NULL: none. */
const struct section *arch_section_at(const struct walk *walk, uint64_t address);

/* Notes what a relocation does that the kernel does not look at, and dies of when it comes across
 * that place. */
void reloc_harm(struct walk *walk, const char *id, const char *sentence, const struct reloc *reloc);

/* As load_arch's finalize. */
bool x86_64_patch(struct walk *walk);
/* A byte for each of the walk's memory, not 0: it is of an instruction that may run when the module
 * is loaded or unloaded. For mem_free(). */
unsigned char *x86_64_reach(struct walk *walk);

#endif
