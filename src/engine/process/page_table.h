/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel would keep in page tables: which frame is behind an address, and what may be done
 * there. RAM's direct addresses have entries, too; the frame of those is the address itself.
 */
#ifndef LKM_ENGINE_PROCESS_PAGE_TABLE_H
#define LKM_ENGINE_PROCESS_PAGE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An entry: the frame, 0 where nothing is mapped, and flags. */
enum {
	PAGE_FRAME = 0x00ffffff,
	PAGE_MOVED = 0x01000000,     /* RAM: lives in the memfd */
	PAGE_READ_ONLY = 0x02000000, /* without it a page may be written */
	PAGE_EXECUTE = 0x04000000,
	PAGE_VIEW = 0x08000000, /* vmapped: a private view of the snapshot's file, no alias */
	PAGE_PROTECTION = PAGE_READ_ONLY | PAGE_EXECUTE,
};

/* The entry of a page; NULL when the kernel maps nothing at such an address, or when the table
 * has no room for it yet and create is false, or when there is no memory for that room. */
uint32_t *page_table_entry(uint64_t address, bool create);

/* The frame that is mapped at an address, 0 when none is. */
uint32_t page_table_frame(uint64_t address);

/* Of an entry: what mmap and mprotect call it. */
int page_table_host_protection(uint32_t entry);
/* From now on text can be written, too: a debugger's breakpoints go there, and the host refuses
 * them in pages that are shared and read-only. */
void page_table_open_text(void);

/* Pages that are contiguous in address and in frame, with the same protection. */
struct pages_run {
	uint64_t address;
	uint32_t pfn, count;
	uint32_t protection, unused;
};

/* All vmapped pages, and those of RAM that are protected; returns how many runs there are. */
size_t page_table_runs(struct pages_run *out, size_t limit);

#endif
