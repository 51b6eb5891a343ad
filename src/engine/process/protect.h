/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may be done with the kernel's pages. The kernel says so as ever - by the protection of a
 * vmap, by set_memory_ro() and its like, by mark_rodata_ro() - and the host enforces it.
 */
#ifndef LKM_ENGINE_PROCESS_PROTECT_H
#define LKM_ENGINE_PROCESS_PROTECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets and clears flags of PAGE_PROTECTION for the pages of [address, address + length) that are
 * mapped. 0 or -ENOMEM. */
int protect_change(uint64_t address, uint64_t length, uint32_t set, uint32_t clear);

/* Read-only memory that the kernel may write nevertheless (text_poke) is writable from open to
 * close, and cannot be executed meanwhile. Other memory is left alone. */
void protect_open(const void *address, size_t length);
void protect_close(const void *address, size_t length);

/* Is something mapped at this address of the kernel's? */
bool protect_is_mapped(uint64_t address);

#endif
