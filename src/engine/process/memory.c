/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks of memory management: what a kernel does with page tables, done with pages.c. */
#include "engine/process/hooks.h"

#include "engine/process/guest.h"
#include "engine/process/layout.h"
#include "engine/process/pages.h"
#include "engine/process/protect.h"

enum {
	GFP_KERNEL = 0xcc0,
	VM_FLUSH_RESET_PERMS = 0x100,
	CHUNK = 64, /* frames converted at a time, on a kernel stack */
	/* The kernel's numbers. */
	EXECMEM_KPROBES = 1,
	PG_LEVEL_4K = 1,
	CPA_LISTS =
		2 | 4, /* address is a list, or the pages are in one: only caching is changed so */
};

/* Bits of the processor's page table entries, as they are in the kernel's pgprot_t. */
static const unsigned long ENTRY_PRESENT = 1, ENTRY_WRITE = 2, ENTRY_NO_EXECUTE = 1ul << 63;

static const unsigned long PAGE_KERNEL = 0x8000000000000163, PAGE_KERNEL_ROX = 0x121;

static uint32_t protection_of(unsigned long prot)
{
	return (prot & ENTRY_WRITE ? 0 : PAGE_READ_ONLY) |
	       (prot & ENTRY_NO_EXECUTE ? 0 : PAGE_EXECUTE);
}

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
		if (pages_map(address, pfns, n, protection_of(prot)) < 0)
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

		if (pages_map(address, &pfn, 1, 0) < 0)
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

static void *alloc_near_image(unsigned long size, unsigned long prot)
{
	return guest.vmalloc_node_range(size, PAGE_BYTES, MODULES_BASE, MODULES_END, GFP_KERNEL,
					prot, VM_FLUSH_RESET_PERMS, -1,
					__builtin_return_address(0));
}

void *memory_module_alloc(unsigned long size)
{
	return alloc_near_image(size, PAGE_KERNEL);
}

/* Who asks for kprobes' memory expects it to be executable and patches it; all others make
 * theirs so themselves. */
void *memory_execmem_alloc(unsigned int type, size_t size)
{
	return alloc_near_image(size, type == EXECMEM_KPROBES ? PAGE_KERNEL_ROX : PAGE_KERNEL);
}

/* The one door of set_memory_ro(), _rw(), _nx(), _x() and their like. Other bits - caching,
 * encryption - mean nothing here. */
int memory_change_attributes(const unsigned long *address, int pages, unsigned long set,
			     unsigned long clear, int force_split, int flags)
{
	uint32_t now = protection_of(set | ~clear), then = protection_of(set);
	uint32_t add = now, remove = PAGE_PROTECTION & ~then;

	if (flags & CPA_LISTS)
		return 0;
	return protect_change(*address, (uint64_t)pages * PAGE_BYTES, add, remove) < 0 ? -12 : 0;
}

static unsigned long processor_entry(uint64_t address)
{
	const uint32_t *entry = page_table_entry(address, false);
	uint32_t flags = entry ? *entry : 0;

	if (!protect_is_mapped(address))
		return 0;
	return ENTRY_PRESENT | (flags & PAGE_READ_ONLY ? 0 : ENTRY_WRITE) |
	       (flags & PAGE_EXECUTE ? 0 : ENTRY_NO_EXECUTE);
}

/* An oops looks the page up to tell why it could not be executed. */
const unsigned long *memory_lookup_address(const void *pgd, unsigned long address,
					   unsigned int *level)
{
	static unsigned long entry;

	*level = PG_LEVEL_4K;
	entry = processor_entry(address);
	return entry ? &entry : NULL;
}

const unsigned long *memory_lookup_attributes(const void *pgd, unsigned long address,
					      unsigned int *level, bool *no_execute, bool *writable)
{
	const unsigned long *entry = memory_lookup_address(pgd, address, level);

	*no_execute = !entry || *entry & ENTRY_NO_EXECUTE;
	*writable = entry && *entry & ENTRY_WRITE;
	return entry;
}

/* What the kernel prints for an address without page tables. */
void memory_dump_pagetable(unsigned long address)
{
	guest.printk("\0016PGD 0 P4D 0 \n");
}
