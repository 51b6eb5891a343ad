/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where user addresses end: TASK_SIZE_MAX, which is a constant in the code of the kernel and its
 * modules, and far above all that lies below 2 GiB here. Lowered to USER_END, the kernel is above
 * its users as on any machine.
 */
#ifndef LKM_ENGINE_PROCESS_USER_LIMIT_H
#define LKM_ENGINE_PROCESS_USER_LIMIT_H

#include <elf.h>

struct image;

/* In the image, before it is booted. Returns in how many places. */
unsigned int user_limit_lower(const struct image *image);

/* In a module, while its text can be written; its sections are where they will stay. */
void user_limit_lower_module(const Elf64_Ehdr *header, const Elf64_Shdr *sections);

#endif
