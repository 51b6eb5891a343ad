/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of an access to user memory. A processor with SMAP has user memory open between two
 * instructions, stac and clac. A process may execute neither, and text stays as compiled here, with
 * nops that the kernel would replace. What opens is the fault that fills (user.h). For the end each
 * clac's place gets a nop whose bytes are nowhere else in the image's text; of the 64 that there
 * are the first. Where an access has filled, those nearby become clac: each traps, and what was
 * filled is forgotten. So an access that touches nothing but the window costs nothing, and one that
 * fills some ten microseconds more. After ENDS of them no more are looked at: a test that makes a
 * million would take half a minute.
 */
#ifndef LKM_ENGINE_PROCESS_SMAP_H
#define LKM_ENGINE_PROCESS_SMAP_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

struct image;

/* Without it a kernel may touch user memory at any time. */
bool smap_in_processor(void);

/* Marks them in the image, before it is booted. Returns how many. */
unsigned int smap_mark(const struct image *image);

/* In a module, while its text can be written; its sections are where they will stay. */
void smap_mark_module(const Elf64_Ehdr *header, const Elf64_Shdr *first);

/* The code at ip has filled. */
void smap_arm(uint64_t ip);

/* The host refused the instruction at *ip. If that is a clac, *ip goes on, what was filled is
 * forgotten, and it returns true. */
bool smap_end(uint64_t *ip);

#endif
