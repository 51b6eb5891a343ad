/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/user.h"

#include <string.h>
#include <sys/mman.h>

#include "engine/process/guest.h"
#include "engine/process/hook.h"
#include "engine/process/hooks.h"
#include "engine/process/layout.h"
#include "engine/process/pages.h"
#include "engine/process/stub.h"
#include "engine/process/syscall.h"

/* An entry of a page table, of any level. */
enum {
	ENTRY_PRESENT = 1,
	ENTRY_WRITE = 2,
	ENTRY_USER = 4,
	ENTRY_ACCESSED = 0x20,
	ENTRY_DIRTY = 0x40,
	ENTRY_LARGE = 0x80,
};
static const uint64_t ENTRY_ADDRESS = 0x000ffffffffff000;

enum { LEVELS = 4, INDEX_BITS = 9, LEVEL_LARGE = 2, PF_KTHREAD = 0x00200000 };

static const uint64_t TO_THE_END = UINT64_MAX;

/* User memory that is mapped on the host lies in here, and belongs to this mm. */
static uint64_t filled_start = WINDOW_BASE, filled_end, filled_mm;

#define MEMBER(type, object, offset) (*(type *)((object) + guest.offset))

/* ---- page tables ---- */

static uint64_t current_mm(void)
{
	return MEMBER(uint64_t, guest_current(), task_mm);
}

static uint64_t *entry_in(uint64_t table, uint64_t address, int level)
{
	uint64_t index = address >> (PAGE_SHIFT + INDEX_BITS * (level - 1));

	return (uint64_t *)table + (index & ((1 << INDEX_BITS) - 1));
}

static bool is_ram(uint64_t physical)
{
	return physical >= RAM_BASE && physical < RAM_END;
}

/* The last entry for an address, and where its page is; NULL when there is none. Tables are at
 * their physical address. */
static uint64_t *walk(uint64_t address, uint64_t *page)
{
	uint64_t mm = current_mm(), table = mm ? MEMBER(uint64_t, mm, mm_pgd) : 0;

	for (int level = LEVELS; is_ram(table); level--) {
		uint64_t *entry = entry_in(table, address, level);
		uint64_t size = 1ull << (PAGE_SHIFT + INDEX_BITS * (level - 1));

		if (!(*entry & ENTRY_PRESENT))
			return NULL;
		table = *entry & ENTRY_ADDRESS;
		if (level == 1 || (level == LEVEL_LARGE && *entry & ENTRY_LARGE)) {
			*page = (table & ~(size - 1)) +
				(address & (size - 1) & ~(uint64_t)(PAGE_BYTES - 1));
			return entry;
		}
	}
	return NULL;
}

bool user_is_mapped(uint64_t address)
{
	uint64_t page;

	return address < USER_END && walk(address, &page);
}

/* ---- the host's mappings ---- */

static void unmap(uint64_t start, uint64_t end)
{
	if (start < filled_start)
		start = filled_start;
	if (end > filled_end)
		end = filled_end;
	if (start >= end)
		return;
	munmap((void *)start, end - start);
	if (start == filled_start && end == filled_end) {
		filled_start = WINDOW_BASE;
		filled_end = 0;
	}
}

void user_forget(void)
{
	unmap(0, TO_THE_END);
}

static bool map_page(uint64_t address, uint64_t page, bool write)
{
	if (!is_ram(page))
		return pages_map_device(address, PAGE_BYTES) == 0;
	return pages_map_user(address, (uint32_t)(page >> PAGE_SHIFT), write) == 0;
}

bool user_fill(uint64_t address, bool write)
{
	uint64_t at = address & ~(uint64_t)(PAGE_BYTES - 1), page, *entry;

	if (address >= WINDOW_BASE)
		return false;
	entry = walk(address, &page);
	if (!entry || !(*entry & ENTRY_USER) || (write && !(*entry & ENTRY_WRITE)))
		return false;
	*entry |= ENTRY_ACCESSED | (write ? ENTRY_DIRTY : 0);
	if (!map_page(at, page, write))
		return false;
	filled_mm = current_mm();
	if (at < filled_start)
		filled_start = at;
	if (at + PAGE_BYTES > filled_end)
		filled_end = at + PAGE_BYTES;
	return true;
}

/* ---- hooks ---- */

void user_flush(uint64_t mm, uint64_t start, uint64_t end, unsigned int shift, bool tables)
{
	if (mm == filled_mm)
		unmap(start, end);
}

void user_switch_mm(uint64_t previous, uint64_t next, uint64_t task)
{
	void (*original)(uint64_t, uint64_t, uint64_t) = (void *)hook_originals.switch_mm;

	if (next != filled_mm)
		user_forget();
	original(previous, next, task);
}

/* ---- the worker's memory ---- */

/* Where the kernel looks for room. There is less than it knows, and arch_pick_mmap_layout() would
 * leave gaps that are larger than all of it. */
static void lay_out(uint64_t mm)
{
	MEMBER(uint64_t, mm, mm_base) = USER_HEAP;
	MEMBER(uint64_t, mm, mm_legacy_base) = USER_HEAP;
	MEMBER(uint64_t, mm, mm_task_size) = USER_END;
	if (guest.mm_find) /* up to 6.9; later the default does */
		MEMBER(uint64_t, mm, mm_find) = (uint64_t)guest.arch_get_unmapped_area;
}

/* kthread_use_mm() is the kernel's way to get an mm without an exec; it wants to be called by a
 * kernel thread, and takes a reference that its counterpart would give back. */
static void adopt(uint64_t mm)
{
	uint32_t *flags = &MEMBER(uint32_t, guest_current(), task_flags);

	*flags |= PF_KTHREAD;
	stub_enter_kernel((uint64_t)guest.kthread_use_mm, (long[6]){(long)mm});
	*flags &= ~(uint32_t)PF_KTHREAD;
	MEMBER(uint32_t, mm, mm_count)--;
}

bool user_enter(void)
{
	const int fixed = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;
	uint64_t mm = (uint64_t)stub_enter_kernel((uint64_t)guest.mm_alloc, (long[6]){0});

	if (!mm)
		return false;
	lay_out(mm);
	adopt(mm);
	/* Nothing of the kernel's shall come where our window is. */
	return SYSCALL(mmap, WINDOW_BASE, WINDOW_END - WINDOW_BASE, PROT_NONE,
		       fixed | MAP_NORESERVE, -1, 0) == WINDOW_BASE &&
	       SYSCALL(mmap, USER_HEAP, USER_HEAP_SIZE, PROT_READ | PROT_WRITE,
		       fixed | MAP_POPULATE, -1, 0) == USER_HEAP;
}

/* Copies by way of the pages' direct addresses. */
static bool copy(uint64_t user, char *host, size_t length, bool to_user)
{
	while (length) {
		size_t within = user & (PAGE_BYTES - 1), n = PAGE_BYTES - within;
		uint64_t page;

		if (n > length)
			n = length;
		if (!walk(user, &page) || !is_ram(page))
			return false;
		if (to_user)
			memcpy((char *)page + within, host, n);
		else
			memcpy(host, (char *)page + within, n);
		user += n;
		host += n;
		length -= n;
	}
	return true;
}

bool user_put(uint64_t to, const void *from, size_t length)
{
	return copy(to, (char *)from, length, true);
}

bool user_get(void *to, uint64_t from, size_t length)
{
	return copy(from, to, length, false);
}
