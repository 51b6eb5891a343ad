/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/pages.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/process/layout.h"

enum {
	RAM_PAGES = RAM_SIZE / PAGE_BYTES,
	/* One table leaf describes 1 GiB; the module area is the last one. */
	LEAF_SHIFT = 30,
	LEAF_PAGES = 1 << (LEAF_SHIFT - PAGE_SHIFT),
	VMALLOC_LEAVES = VMALLOC_SIZE >> LEAF_SHIFT,
	MODULES_LEAF = VMALLOC_LEAVES,
	LEAVES,
};

static struct {
	int memfd;
	/* By vmapped page: its frame (0: none), with PRIVATE_VIEW set while it is a view of the
	 * snapshot's file and no alias. A leaf is allocated when it is first needed. */
	uint32_t *leaves[LEAVES];
	/* By frame: lives in the memfd. */
	unsigned char moved[RAM_PAGES / 8];
	/* By frame: the vmapped page that holds its true content, while that is a private view. */
	uint64_t *viewed_at;
} pages = {.memfd = -1};

#define PRIVATE_VIEW 0x80000000u

enum { PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC };

static void *take_range(uint64_t address, size_t length)
{
	return mmap((void *)address, length, PROT_ALL,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
}

static int reserve(uint64_t address, size_t length, const char *what, struct err *err)
{
	void *got = take_range(address, length);

	if (got == (void *)address)
		return 0;
	if (got != MAP_FAILED)
		munmap(got, length);
	return err_set(
		err, -ENOMEM,
		"cannot map %s at %#llx (%zu KiB): %s; a limit on address space (ulimit -v) or a "
		"mapping of this program stands in the way",
		what, (unsigned long long)address, length >> 10, strerror(errno));
}

/* Tables that are mostly untouched: memory from mmap costs only what is used. */
static void *table(size_t length)
{
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int pages_create(size_t vmemmap_bytes, struct err *err)
{
	if (reserve(STUB_BASE, STUB_SIZE, "the stub area", err) < 0 ||
	    reserve(RAM_BASE, RAM_SIZE, "the kernel's memory", err) < 0 ||
	    reserve(VMEMMAP_BASE, vmemmap_bytes, "the kernel's page table", err) < 0)
		return err->code;
	pages.viewed_at = table(RAM_PAGES * sizeof(*pages.viewed_at));
	pages.memfd = memfd_create("lkm-ram", MFD_CLOEXEC);
	if (pages.memfd < 0 || ftruncate(pages.memfd, RAM_SIZE) < 0 || !pages.viewed_at)
		return err_errno(err,
				 "cannot create the kernel's memory (%d MiB; a limit on the size "
				 "of files, ulimit -f, counts for it)",
				 RAM_SIZE >> 20);
	return 0;
}

void pages_expect(uint64_t address, size_t length)
{
	madvise((void *)address, length, MADV_HUGEPAGE);
}

int pages_fd(void)
{
	return pages.memfd;
}

static size_t frame_index(uint32_t pfn)
{
	return pfn - (RAM_BASE >> PAGE_SHIFT);
}

static uint64_t direct_address(uint32_t pfn)
{
	return (uint64_t)pfn << PAGE_SHIFT;
}

static bool is_moved(uint32_t pfn)
{
	return pages.moved[frame_index(pfn) / 8] >> frame_index(pfn) % 8 & 1;
}

bool pages_is_shared(uint64_t address)
{
	return address >= RAM_BASE && address < RAM_END &&
	       is_moved((uint32_t)(address >> PAGE_SHIFT));
}

/* The table entry of a vmapped address; NULL when the address is in no vmap area, or has no leaf
 * and create is false. */
static uint32_t *entry(uint64_t address, bool create)
{
	size_t leaf, page = address >> PAGE_SHIFT & (LEAF_PAGES - 1);

	if (address >= VMALLOC_BASE && address < VMALLOC_END)
		leaf = (address - VMALLOC_BASE) >> LEAF_SHIFT;
	else if (address >= MODULES_BASE && address < MODULES_END)
		leaf = MODULES_LEAF;
	else
		return NULL;
	if (!pages.leaves[leaf] && create)
		pages.leaves[leaf] = table(LEAF_PAGES * sizeof(uint32_t));
	return pages.leaves[leaf] ? &pages.leaves[leaf][page] : NULL;
}

static int map_alias(uint64_t address, uint32_t pfn, size_t count)
{
	void *p = mmap((void *)address, count * PAGE_BYTES, PROT_ALL, MAP_SHARED | MAP_FIXED,
		       pages.memfd, (off_t)frame_index(pfn) << PAGE_SHIFT);

	return p == MAP_FAILED ? -ENOMEM : 0;
}

bool pages_is_zero(const void *page)
{
	const uint64_t *word = page;

	for (size_t i = 0; i < PAGE_BYTES / 8; i++)
		if (word[i])
			return false;
	return true;
}

/* Moves frames [pfn, pfn + count), none of which has moved, into the memfd. */
static int move_frames(uint32_t pfn, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t view = pages.viewed_at[frame_index(pfn + i)];
		const void *content = (void *)(view ? view : direct_address(pfn + i));
		off_t offset = (off_t)frame_index(pfn + i) << PAGE_SHIFT;

		if (!pages_is_zero(content) &&
		    pwrite(pages.memfd, content, PAGE_BYTES, offset) != PAGE_BYTES)
			return -ENOMEM;
	}
	if (map_alias(direct_address(pfn), pfn, count) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t index = frame_index(pfn + i);
		uint64_t view = pages.viewed_at[index];

		pages.moved[index / 8] |= (unsigned char)(1u << index % 8);
		if (!view)
			continue;
		pages.viewed_at[index] = 0;
		*entry(view, true) &= ~PRIVATE_VIEW;
		if (map_alias(view, pfn + i, 1) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int move_run(uint32_t pfn, size_t count)
{
	for (size_t i = 0; i < count;) {
		size_t n = 0;

		while (i < count && is_moved(pfn + i))
			i++;
		while (i + n < count && !is_moved(pfn + i + n))
			n++;
		if (n && move_frames(pfn + i, n) < 0)
			return -ENOMEM;
		i += n;
	}
	return 0;
}

static size_t run_length(const uint32_t *pfns, size_t count)
{
	size_t n = 1;

	while (n < count && pfns[n] == pfns[0] + n)
		n++;
	return n;
}

int pages_map(uint64_t address, const uint32_t *pfns, size_t count)
{
	while (count) {
		size_t n = run_length(pfns, count);

		if (pfns[0] < RAM_BASE >> PAGE_SHIFT || pfns[n - 1] >= RAM_END >> PAGE_SHIFT)
			return -EINVAL;
		if (move_run(pfns[0], n) < 0 || map_alias(address, pfns[0], n) < 0)
			return -ENOMEM;
		for (size_t i = 0; i < n; i++) {
			uint32_t *e = entry(address + i * PAGE_BYTES, true);

			if (!e)
				return -ENOMEM;
			*e = pfns[i];
		}
		address += n * PAGE_BYTES;
		pfns += n;
		count -= n;
	}
	return 0;
}

/* The content of a private view goes back to where the frame is then read. */
static void return_view(uint64_t address, uint32_t pfn)
{
	if (pages.viewed_at[frame_index(pfn)] != address)
		return;
	pages.viewed_at[frame_index(pfn)] = 0;
	memcpy((void *)direct_address(pfn), (void *)address, PAGE_BYTES);
}

void pages_unmap(uint64_t start, uint64_t end)
{
	for (uint64_t address = start; address < end; address += PAGE_BYTES) {
		uint32_t *e = entry(address, false);

		if (!e)
			continue;
		if (*e & PRIVATE_VIEW)
			return_view(address, *e & ~PRIVATE_VIEW);
		*e = 0;
	}
	if (end > start)
		munmap((void *)start, end - start);
}

uint32_t pages_frame_at(uint64_t address)
{
	const uint32_t *e = entry(address, false);

	if (!e || !*e)
		return 0;
	if (*e & PRIVATE_VIEW && move_frames(*e & ~PRIVATE_VIEW, 1) < 0)
		return 0;
	return *e;
}

int pages_map_device(uint64_t address, size_t length)
{
	void *p = mmap((void *)address, length, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED)
		return -ENOMEM;
	memset(p, 0xff, length);
	return 0;
}

size_t pages_runs(struct pages_run *out, size_t limit)
{
	size_t n = 0;
	struct pages_run run = {0};

	for (size_t leaf = 0; leaf < LEAVES; leaf++) {
		uint64_t base = leaf == MODULES_LEAF
					? MODULES_BASE & ~((1ull << LEAF_SHIFT) - 1)
					: VMALLOC_BASE + ((uint64_t)leaf << LEAF_SHIFT);

		for (size_t page = 0; pages.leaves[leaf] && page < LEAF_PAGES; page++) {
			uint32_t pfn = pages.leaves[leaf][page] & ~PRIVATE_VIEW;
			uint64_t address = base + page * PAGE_BYTES;

			if (!pfn)
				continue;
			if (run.count && address == run.address + run.count * PAGE_BYTES &&
			    pfn == run.pfn + run.count) {
				run.count++;
				continue;
			}
			if (run.count && n++ < limit)
				out[n - 1] = run;
			run = (struct pages_run){address, pfn, 1};
		}
	}
	if (run.count && n++ < limit)
		out[n - 1] = run;
	return n;
}

/* Enters a view of the snapshot's file. A frame that is mapped twice needs a true alias. */
static int view_frame(uint64_t address, uint32_t pfn, uint32_t *e)
{
	uint64_t *view = &pages.viewed_at[frame_index(pfn)];

	if (!*view && !is_moved(pfn)) {
		*view = address;
		*e = pfn | PRIVATE_VIEW;
		return 0;
	}
	*e = pfn;
	return move_run(pfn, 1) < 0 ? -ENOMEM : map_alias(address, pfn, 1);
}

/* Views of the file where the host lets us execute it; where it does not (noexec) the content is
 * at the frames' direct address already, and true aliases do. */
static int restore_run(const struct pages_run *run, int fd, uint64_t offset)
{
	void *p = mmap((void *)run->address, (size_t)run->count * PAGE_BYTES, PROT_ALL,
		       MAP_PRIVATE | MAP_FIXED, fd,
		       (off_t)(offset + ((uint64_t)frame_index(run->pfn) << PAGE_SHIFT)));
	bool viewed = p != MAP_FAILED;

	if (!viewed && errno != EPERM)
		return -ENOMEM;
	if (!viewed && (move_run(run->pfn, run->count) < 0 ||
			map_alias(run->address, run->pfn, run->count) < 0))
		return -ENOMEM;
	for (uint32_t i = 0; i < run->count; i++) {
		uint64_t address = run->address + (uint64_t)i * PAGE_BYTES;
		uint32_t *e = entry(address, true);

		if (!e)
			return -ENOMEM;
		*e = run->pfn + i;
		if (viewed && view_frame(address, run->pfn + i, e) < 0)
			return -ENOMEM;
	}
	return 0;
}

int pages_restore(const struct pages_run *runs, size_t count, int fd, uint64_t offset,
		  struct err *err)
{
	for (const struct pages_run *run = runs; run < runs + count; run++)
		if (restore_run(run, fd, offset) < 0)
			return err_errno(err, "cannot map the snapshot");
	return 0;
}
