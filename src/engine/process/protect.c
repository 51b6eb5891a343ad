/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/protect.h"

#include <errno.h>
#include <sys/mman.h>

#include "engine/process/guest.h"
#include "engine/process/layout.h"
#include "engine/process/page_table.h"

static uint64_t page_start(uint64_t address)
{
	return address & ~(uint64_t)(PAGE_BYTES - 1);
}

static bool is_present(uint64_t address)
{
	return page_table_frame(address) != 0;
}

/* The end of the pages from address on that are all mapped, or all not, and protected alike. */
static uint64_t alike_until(uint64_t address, uint64_t end)
{
	const uint32_t *first = page_table_entry(address, false), *other;
	bool present = is_present(address);
	uint64_t at = address + PAGE_BYTES;

	for (; at < end && is_present(at) == present; at += PAGE_BYTES) {
		other = page_table_entry(at, false);
		if (present && ((*first ^ *other) & PAGE_PROTECTION))
			break;
	}
	return at;
}

static void set_flags(uint64_t start, uint64_t end, uint32_t set, uint32_t clear)
{
	for (uint64_t at = start; at < end; at += PAGE_BYTES) {
		uint32_t *entry = page_table_entry(at, true);

		*entry = (*entry & ~clear) | set;
	}
}

int protect_change(uint64_t address, uint64_t length, uint32_t set, uint32_t clear)
{
	uint64_t end = address + length, next;

	for (uint64_t at = page_start(address); at < end; at = next) {
		uint32_t before, after;

		next = alike_until(at, end);
		if (!is_present(at))
			continue;
		before = *page_table_entry(at, true);
		after = (before & ~clear) | set;
		if (after == before)
			continue;
		if (mprotect((void *)at, next - at, page_table_host_protection(after)) < 0)
			return -ENOMEM;
		set_flags(at, next, set, clear);
	}
	return 0;
}

/* Calls change for the read-only pages that bytes lie in: two when they cross a boundary. */
static void each_read_only(const void *address, size_t length, int protection)
{
	uint64_t end = (uint64_t)address + length;

	for (uint64_t at = page_start((uint64_t)address); at < end; at += PAGE_BYTES) {
		const uint32_t *entry = page_table_entry(at, false);

		if (entry && is_present(at) && *entry & PAGE_READ_ONLY)
			mprotect((void *)at, PAGE_BYTES,
				 protection ? protection : page_table_host_protection(*entry));
	}
}

void protect_open(const void *address, size_t length)
{
	each_read_only(address, length, PROT_READ | PROT_WRITE);
}

void protect_close(const void *address, size_t length)
{
	each_read_only(address, length, 0);
}

bool protect_is_mapped(uint64_t address)
{
	uint64_t vmemmap_size = (RAM_END >> PAGE_SHIFT) * (uint64_t)guest.page_size_of;

	return is_present(address) || address - VMEMMAP_BASE < vmemmap_size;
}
