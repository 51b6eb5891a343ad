/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks of memory management: what a kernel does with page tables, done with pages.c. */
#include "engine/process/hooks.h"

#include "engine/process/guest.h"
#include "engine/process/layout.h"
#include "engine/process/pages.h"

enum {
	GFP_KERNEL = 0xcc0,
	VM_FLUSH_RESET_PERMS = 0x100,
	CHUNK = 64, /* frames converted at a time, on a kernel stack */
};

/* PAGE_KERNEL_EXEC; nobody reads it, there are no page tables. */
static const unsigned long PAGE_PROTECTION = 0x8000000000000163;

static uint32_t pfn_of(const void *page)
{
	return (uint32_t)(((uint64_t)page - VMEMMAP_BASE) / guest.page_size_of);
}

int memory_vmap_pages(unsigned long address, unsigned long end, unsigned long prot, void **pages)
{
	uint32_t pfns[CHUNK];
	size_t left = (end - address) >> PAGE_SHIFT;

	while (left) {
		size_t n = left < CHUNK ? left : CHUNK;

		for (size_t i = 0; i < n; i++)
			pfns[i] = pfn_of(pages[i]);
		if (pages_map(address, pfns, n) < 0)
			return -12; /* -ENOMEM of the kernel */
		address += n * PAGE_BYTES;
		pages += n;
		left -= n;
	}
	return 0;
}

void memory_vunmap(unsigned long start, unsigned long end)
{
	pages_unmap(start, end);
}

static int map_ram(uint64_t address, uint64_t end, uint64_t physical)
{
	for (; address < end; address += PAGE_BYTES, physical += PAGE_BYTES) {
		uint32_t pfn = (uint32_t)(physical >> PAGE_SHIFT);

		if (pages_map(address, &pfn, 1) < 0)
			return -12;
	}
	return 0;
}

int memory_map_device(unsigned long address, unsigned long end, uint64_t physical)
{
	if (physical >= RAM_BASE && physical + (end - address) <= RAM_END)
		return map_ram(address, end, physical);
	return pages_map_device(address, end - address) < 0 ? -12 : 0;
}

void *memory_vmalloc_to_page(const void *address)
{
	uint32_t pfn = pages_frame_at((uint64_t)address);

	return pfn ? (void *)(VMEMMAP_BASE + (uint64_t)pfn * guest.page_size_of) : NULL;
}

uint64_t memory_virt_to_phys(const void *address)
{
	uint64_t virtual = (uint64_t)address;
	uint32_t pfn = pages_frame_at(virtual & ~(uint64_t)(PAGE_BYTES - 1));

	return pfn ? ((uint64_t)pfn << PAGE_SHIFT) | (virtual & (PAGE_BYTES - 1)) : virtual;
}

void *memory_module_alloc(unsigned long size)
{
	return guest.vmalloc_node_range(size, PAGE_BYTES, MODULES_BASE, MODULES_END, GFP_KERNEL,
					PAGE_PROTECTION, VM_FLUSH_RESET_PERMS, -1,
					__builtin_return_address(0));
}

void *memory_execmem_alloc(unsigned int type, size_t size)
{
	return memory_module_alloc(size);
}

/* The kernel asks because probing a user's address, or one that the processor rejects, would be
 * complained about. */
bool memory_may_probe(const void *address, size_t size)
{
	return (uint64_t)address >= RAM_BASE && (uint64_t)address < VMALLOC_END;
}

/* What the kernel prints for an address without page tables. */
void memory_dump_pagetable(unsigned long address)
{
	guest.printk("\0016PGD 0 P4D 0 \n");
}
