/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's memory: RAM, and the page tables that we do not have.
 *
 * A kernel reaches a page of RAM at its direct address (physical == virtual here) and, when it is
 * vmapped, at a second one. RAM is private memory - of the process, or of a snapshot's file - and
 * that cannot be mapped twice. So the first vmap of a page moves it into a memfd, which can, and
 * maps that at both places.
 *
 * Pages that were already vmapped when a snapshot was taken are the exception: each of their two
 * places gets its own private view of the file, which costs nothing at start. The vmapped view
 * is the true one. It becomes a proper alias when somebody asks for the page behind it
 * (pages_frame_at), and goes back to the direct address when it is unmapped.
 */
#ifndef LKM_ENGINE_PROCESS_PAGES_H
#define LKM_ENGINE_PROCESS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "engine/process/page_table.h"

/* Reserves the fixed ranges of layout.h in this process; RAM is empty private memory then. */
int pages_create(size_t vmemmap_bytes, struct err *err);

/* Pages [0, count) whose frames are pfns[i], at address; protection is of PAGE_PROTECTION. 0 or
 * -ENOMEM. May be called on a kernel stack, like all below. */
int pages_map(uint64_t address, const uint32_t *pfns, size_t count, uint32_t protection);
/* One page at a user's address, readable, or writable as well. */
int pages_map_user(uint64_t address, uint32_t pfn, bool write);
/* Forgets what is mapped in [start, end). */
void pages_unmap(uint64_t start, uint64_t end);
/* The frame behind a vmapped address, 0 when there is none. Makes a true alias of it. */
uint32_t pages_frame_at(uint64_t address);
/* Memory without a frame, filled with 0xff: what absent hardware reads like. */
int pages_map_device(uint64_t address, size_t length);

/* A boot is about to fill [address, address + length): large pages save it thousands of faults. */
void pages_expect(uint64_t address, size_t length);

int pages_fd(void);

/* True for a page of RAM (by its direct address) that lives in the memfd. */
bool pages_is_shared(uint64_t address);

/* One page, all of it. */
bool pages_is_zero(const void *page);

/* Maps runs from the RAM image that lies at offset in fd, and protects RAM as they say. */
int pages_restore(const struct pages_run *runs, size_t count, int fd, uint64_t offset,
		  struct err *err);

#endif
