/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User memory: the worker has an mm of the kernel's own making, with page tables in the kernel's
 * RAM. The host has no use for those, so its mappings at user addresses are what a processor's TLB
 * is: an access that faults is looked up in the page tables of the current mm, and the page is
 * mapped there, too (user_fill()); when the kernel flushes its TLB, mappings go (user_flush()).
 * What the tables do not have is the kernel's own page fault.
 *
 * As on a processor with SMAP only code that has an exception table entry fills, and only until its
 * access is over (smap.h): a module that follows a user's pointer itself gets the oops.
 */
#ifndef LKM_ENGINE_PROCESS_USER_H
#define LKM_ENGINE_PROCESS_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the worker's memory, which it has from the start: readable, writable, populated. */
#define USER_HEAP 0x02000000
#define USER_HEAP_SIZE 0x40000

/* Gives the worker, which has none, an mm. False when the kernel has no memory for it. */
bool user_enter(void);

/* To and from the worker's memory. False when a page is not there. */
bool user_put(uint64_t to, const void *from, size_t length);
bool user_get(void *to, uint64_t from, size_t length);

/* An access at a user's address faulted. True when it may be tried again. */
bool user_fill(uint64_t address, bool write);
/* Is a page there, though perhaps not for this kind of access? */
bool user_is_mapped(uint64_t address);

/* No mapping is left: the next access faults. */
void user_forget(void);

#endif
