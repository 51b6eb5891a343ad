/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/page_table.h"

#include <sys/mman.h>

#include "engine/process/layout.h"

enum {
	RAM_PAGES = RAM_SIZE / PAGE_BYTES,
	/* One leaf describes 1 GiB; the module area is the last one. */
	LEAF_SHIFT = 30,
	LEAF_PAGES = 1 << (LEAF_SHIFT - PAGE_SHIFT),
	VMALLOC_LEAVES = VMALLOC_SIZE >> LEAF_SHIFT,
	MODULES_LEAF = VMALLOC_LEAVES,
	LEAVES = MODULES_LEAF + 1,
};

static uint32_t *leaves[LEAVES];
static uint32_t ram[RAM_PAGES];

/* Mostly untouched: memory from mmap costs only what is used. */
static uint32_t *new_leaf(void)
{
	void *p = mmap(NULL, LEAF_PAGES * sizeof(uint32_t), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static bool is_ram(uint64_t address)
{
	return address >= RAM_BASE && address < RAM_END;
}

uint32_t *page_table_entry(uint64_t address, bool create)
{
	size_t leaf, page = address >> PAGE_SHIFT & (LEAF_PAGES - 1);

	if (is_ram(address))
		return &ram[(address - RAM_BASE) >> PAGE_SHIFT];
	if (address >= VMALLOC_BASE && address < VMALLOC_END)
		leaf = (address - VMALLOC_BASE) >> LEAF_SHIFT;
	else if (address >= MODULES_BASE && address < MODULES_END)
		leaf = MODULES_LEAF;
	else
		return NULL;
	if (!leaves[leaf] && create)
		leaves[leaf] = new_leaf();
	return leaves[leaf] ? &leaves[leaf][page] : NULL;
}

uint32_t page_table_frame(uint64_t address)
{
	const uint32_t *entry = page_table_entry(address, false);

	if (is_ram(address))
		return (uint32_t)(address >> PAGE_SHIFT);
	return entry ? *entry & PAGE_FRAME : 0;
}

static bool is_text_open;

void page_table_open_text(void)
{
	is_text_open = true;
}

int page_table_host_protection(uint32_t entry)
{
	bool is_text = entry & PAGE_EXECUTE;
	bool is_writable = !(entry & PAGE_READ_ONLY) || (is_text && is_text_open);

	return PROT_READ | (is_writable ? PROT_WRITE : 0) | (is_text ? PROT_EXEC : 0);
}

struct run_list {
	struct pages_run *out, last;
	size_t limit, n;
};

static void end_run(struct run_list *list)
{
	if (list->last.count && list->n++ < list->limit)
		list->out[list->n - 1] = list->last;
	list->last.count = 0;
}

static void add_page(struct run_list *list, uint64_t address, uint32_t pfn, uint32_t protection)
{
	struct pages_run *last = &list->last;

	if (last->count && address == last->address + (uint64_t)last->count * PAGE_BYTES &&
	    pfn == last->pfn + last->count && protection == last->protection) {
		last->count++;
		return;
	}
	end_run(list);
	*last = (struct pages_run){address, pfn, 1, protection, 0};
}

static uint64_t leaf_base(size_t leaf)
{
	return leaf == MODULES_LEAF ? MODULES_BASE & ~((1ull << LEAF_SHIFT) - 1)
				    : VMALLOC_BASE + ((uint64_t)leaf << LEAF_SHIFT);
}

size_t page_table_runs(struct pages_run *out, size_t limit)
{
	struct run_list list = {.out = out, .limit = limit};

	for (size_t leaf = 0; leaf < LEAVES; leaf++)
		for (size_t page = 0; leaves[leaf] && page < LEAF_PAGES; page++)
			if (leaves[leaf][page])
				add_page(&list, leaf_base(leaf) + page * PAGE_BYTES,
					 leaves[leaf][page] & PAGE_FRAME,
					 leaves[leaf][page] & PAGE_PROTECTION);
	for (size_t page = 0; page < RAM_PAGES; page++)
		if (ram[page] & PAGE_PROTECTION)
			add_page(&list, RAM_BASE + page * PAGE_BYTES,
				 (uint32_t)(RAM_BASE >> PAGE_SHIFT) + (uint32_t)page,
				 ram[page] & PAGE_PROTECTION);
	end_run(&list);
	return list.n;
}
