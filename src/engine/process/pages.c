/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/process/layout.h"
#include "engine/process/protect.h"

enum { RAM_PAGES = RAM_SIZE / PAGE_BYTES };

static struct {
	int memfd;
	/* By frame: the vmapped page that holds its true content, while that is a private view. */
	uint64_t *viewed_at;
} pages = {.memfd = -1};

enum { PROT_DATA = PROT_READ | PROT_WRITE, PROT_ALL = PROT_DATA | PROT_EXEC };

static void *take_range(uint64_t address, size_t length, int protection)
{
	return mmap((void *)address, length, protection,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
}

static int reserve(uint64_t address, size_t length, int protection, const char *what,
		   struct err *err)
{
	void *got = take_range(address, length, protection);

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

/* A table that is mostly untouched: memory from mmap costs only what is used. */
static void *table(size_t length)
{
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int pages_create(size_t vmemmap_bytes, struct err *err)
{
	if (reserve(STUB_BASE, STUB_SIZE, PROT_ALL, "the stub area", err) < 0 ||
	    reserve(RAM_BASE, RAM_SIZE, PROT_DATA, "the kernel's memory", err) < 0 ||
	    reserve(VMEMMAP_BASE, vmemmap_bytes, PROT_DATA, "the kernel's page table", err) < 0)
		return err->code;
	pages.viewed_at = table(RAM_PAGES * sizeof(*pages.viewed_at));
	pages.memfd = memfd_create("lkm-ram", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (pages.memfd < 0 || ftruncate(pages.memfd, RAM_SIZE) < 0 || !pages.viewed_at)
		return err_errno(err,
				 "cannot create the kernel's memory (%d MiB; a limit on the size "
				 "of files, ulimit -f, counts for it)",
				 RAM_SIZE >> 20);
	/* A module that gets hold of it cannot fill the host's memory with it. */
	fcntl(pages.memfd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
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

static uint32_t *ram_entry(uint32_t pfn)
{
	return page_table_entry(direct_address(pfn), true);
}

static bool is_moved(uint32_t pfn)
{
	return *ram_entry(pfn) & PAGE_MOVED;
}

bool pages_is_shared(uint64_t address)
{
	return address >= RAM_BASE && address < RAM_END &&
	       is_moved((uint32_t)(address >> PAGE_SHIFT));
}

/* protection is of PAGE_PROTECTION. */
static int map_alias(uint64_t address, uint32_t pfn, size_t count, uint32_t protection)
{
	void *p = mmap((void *)address, count * PAGE_BYTES, page_table_host_protection(protection),
		       MAP_SHARED | MAP_FIXED, pages.memfd, (off_t)frame_index(pfn) << PAGE_SHIFT);

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

/* Moves frames [pfn, pfn + count), none of which has moved, into the memfd. All are protected
 * alike. */
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
	if (map_alias(direct_address(pfn), pfn, count, *ram_entry(pfn)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t index = frame_index(pfn + i);
		uint64_t view = pages.viewed_at[index];
		uint32_t *entry;

		*ram_entry(pfn + i) |= PAGE_MOVED;
		if (!view)
			continue;
		pages.viewed_at[index] = 0;
		entry = page_table_entry(view, true);
		*entry &= ~(uint32_t)PAGE_VIEW;
		if (map_alias(view, pfn + i, 1, *entry) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Neither has moved, and both are protected alike. */
static bool moves_with(uint32_t first, uint32_t pfn)
{
	return !is_moved(pfn) && !((*ram_entry(first) ^ *ram_entry(pfn)) & PAGE_PROTECTION);
}

static int move_run(uint32_t pfn, size_t count)
{
	for (size_t i = 0; i < count;) {
		size_t n = 0;

		while (i < count && is_moved(pfn + i))
			i++;
		while (i + n < count && moves_with(pfn + i, pfn + i + n))
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

int pages_map(uint64_t address, const uint32_t *pfns, size_t count, uint32_t protection)
{
	while (count) {
		size_t n = run_length(pfns, count);

		if (pfns[0] < RAM_BASE >> PAGE_SHIFT || pfns[n - 1] >= RAM_END >> PAGE_SHIFT)
			return -EINVAL;
		if (move_run(pfns[0], n) < 0 || map_alias(address, pfns[0], n, protection) < 0)
			return -ENOMEM;
		for (size_t i = 0; i < n; i++) {
			uint32_t *e = page_table_entry(address + i * PAGE_BYTES, true);

			if (!e)
				return -ENOMEM;
			*e = pfns[i] | protection;
		}
		address += n * PAGE_BYTES;
		pfns += n;
		count -= n;
	}
	return 0;
}

int pages_map_user(uint64_t address, uint32_t pfn, bool write)
{
	return move_run(pfn, 1) < 0 ? -ENOMEM
				    : map_alias(address, pfn, 1, write ? 0 : PAGE_READ_ONLY);
}

static bool is_vmapped(uint64_t address)
{
	return address < RAM_BASE || address >= RAM_END;
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
		uint32_t *e = page_table_entry(address, false);

		if (!e)
			continue;
		if (*e & PAGE_VIEW)
			return_view(address, *e & PAGE_FRAME);
		*e = 0;
	}
	if (end > start)
		munmap((void *)start, end - start);
}

uint32_t pages_frame_at(uint64_t address)
{
	const uint32_t *e = is_vmapped(address) ? page_table_entry(address, false) : NULL;

	if (!e || !*e)
		return 0;
	if (*e & PAGE_VIEW && move_frames(*e & PAGE_FRAME, 1) < 0)
		return 0;
	return *e & PAGE_FRAME;
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

/* Enters a view of the snapshot's file. A frame that is mapped twice needs a true alias. */
static int view_frame(uint64_t address, uint32_t pfn, uint32_t *e)
{
	uint32_t protection = *e & PAGE_PROTECTION;
	uint64_t *view = &pages.viewed_at[frame_index(pfn)];

	if (!*view && !is_moved(pfn)) {
		*view = address;
		*e |= PAGE_VIEW;
		return 0;
	}
	return move_run(pfn, 1) < 0 ? -ENOMEM : map_alias(address, pfn, 1, protection);
}

/* Views of the file where the host lets us execute it; where it does not (noexec) the content is
 * at the frames' direct address already, and true aliases do. */
static int restore_run(const struct pages_run *run, int fd, uint64_t offset)
{
	void *p = mmap((void *)run->address, (size_t)run->count * PAGE_BYTES,
		       page_table_host_protection(run->protection), MAP_PRIVATE | MAP_FIXED, fd,
		       (off_t)(offset + ((uint64_t)frame_index(run->pfn) << PAGE_SHIFT)));
	bool viewed = p != MAP_FAILED;

	if (!viewed && errno != EPERM)
		return -ENOMEM;
	if (!viewed && (move_run(run->pfn, run->count) < 0 ||
			map_alias(run->address, run->pfn, run->count, run->protection) < 0))
		return -ENOMEM;
	for (uint32_t i = 0; i < run->count; i++) {
		uint64_t address = run->address + (uint64_t)i * PAGE_BYTES;
		uint32_t *e = page_table_entry(address, true);

		if (!e)
			return -ENOMEM;
		*e = (run->pfn + i) | run->protection;
		if (viewed && view_frame(address, run->pfn + i, e) < 0)
			return -ENOMEM;
	}
	return 0;
}

int pages_restore(const struct pages_run *runs, size_t count, int fd, uint64_t offset,
		  struct err *err)
{
	for (const struct pages_run *run = runs; run < runs + count; run++) {
		int code = is_vmapped(run->address)
				   ? restore_run(run, fd, offset)
				   : protect_change(run->address, (uint64_t)run->count * PAGE_BYTES,
						    run->protection, 0);

		if (code < 0)
			return err_errno(err, "cannot map the snapshot");
	}
	return 0;
}
