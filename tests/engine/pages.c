/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's memory without a kernel: aliases of pages, views of a snapshot's file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/process/layout.h"
#include "engine/process/pages.h"
#include "engine/process/protect.h"

/* Each test has frames and addresses of its own: there is one memory in a process. */
enum { FRAMES = 64 };
static uint32_t next_frame = RAM_BASE >> PAGE_SHIFT;
static uint64_t next_address = VMALLOC_BASE;

static uint32_t frames(void)
{
	next_frame += FRAMES;
	return next_frame - FRAMES;
}

static uint64_t addresses(void)
{
	next_address += FRAMES * PAGE_BYTES;
	return next_address - FRAMES * PAGE_BYTES;
}

static char *direct(uint32_t pfn)
{
	return (char *)((uint64_t)pfn << PAGE_SHIFT);
}

static char *at(uint64_t address, size_t page)
{
	return (char *)(address + page * PAGE_BYTES);
}

static int create(void **state)
{
	struct err err;

	return pages_create((size_t)(RAM_END >> PAGE_SHIFT) * 64, &err);
}

static void scattered(void **state)
{
	uint32_t first = frames(), pfns[] = {first + 9, first + 2, first + 3, first + 60, first};
	enum { COUNT = sizeof(pfns) / sizeof(*pfns) };
	uint64_t address = addresses();

	/* What was written before is seen through the alias, and the other way round. */
	memset(direct(first + 2), 'b', PAGE_BYTES);
	assert_false(pages_is_shared((uint64_t)direct(first + 2)));
	assert_int_equal(pages_map(address, pfns, COUNT, 0), 0);
	assert_true(pages_is_shared((uint64_t)direct(first + 2)));
	assert_false(pages_is_shared((uint64_t)direct(first + 4)));
	assert_int_equal(*at(address, 1), 'b');
	for (size_t i = 0; i < COUNT; i++) {
		*at(address, i) = (char)('0' + i);
		assert_int_equal(*direct(pfns[i]), '0' + i);
		direct(pfns[i])[100] = (char)('A' + i);
		assert_int_equal(at(address, i)[100], 'A' + i);
		assert_int_equal(pages_frame_at(address + i * PAGE_BYTES), pfns[i]);
	}
	pages_unmap(address, address + COUNT * PAGE_BYTES);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(pages_frame_at(address + i * PAGE_BYTES), 0);
		assert_int_equal(*direct(pfns[i]), '0' + i);
	}
}

/* The same frame twice, also in one call; each mapping outlives the other. */
static void twice(void **state)
{
	uint32_t first = frames(), pfns[] = {first, first, first + 1};
	uint64_t one = addresses(), two = addresses();

	*direct(first) = 'x';
	assert_int_equal(pages_map(one, pfns, 3, 0), 0);
	assert_int_equal(pages_map(two, pfns, 3, 0), 0);
	assert_int_equal(*at(one, 1), 'x');
	*at(two, 0) = 'y';
	assert_int_equal(*at(one, 0), 'y');
	assert_int_equal(*at(one, 1), 'y');
	pages_unmap(one, one + 3 * PAGE_BYTES);
	assert_int_equal(*at(two, 1), 'y');
	assert_int_equal(*direct(first), 'y');
	pages_unmap(two, two + 3 * PAGE_BYTES);
}

static void outside(void **state)
{
	uint32_t below = (RAM_BASE >> PAGE_SHIFT) - 1, above = RAM_END >> PAGE_SHIFT;
	uint64_t address = addresses();

	assert_true(pages_map(address, &below, 1, 0) < 0);
	assert_true(pages_map(address, &above, 1, 0) < 0);
	assert_int_equal(pages_frame_at(address), 0);
	assert_int_equal(pages_frame_at(0), 0);
	assert_int_equal(pages_frame_at(RAM_BASE), 0);
	assert_int_equal(pages_frame_at(VMALLOC_END - PAGE_BYTES), 0);
	assert_int_equal(pages_frame_at(UINT64_MAX - PAGE_BYTES + 1), 0);
	pages_unmap(address, address);
}

static void device(void **state)
{
	uint64_t address = addresses();

	assert_int_equal(pages_map_device(address, 2 * PAGE_BYTES), 0);
	for (size_t i = 0; i < 2 * PAGE_BYTES; i++)
		assert_int_equal(((unsigned char *)address)[i], 0xff);
	assert_int_equal(pages_frame_at(address), 0);
	pages_unmap(address, address + 2 * PAGE_BYTES);
}

/* Both areas in which a kernel maps pages. */
static void runs(void **state)
{
	uint32_t first = frames(), pfns[] = {first, first + 1, first + 2, first + 5, first + 4};
	uint64_t address = addresses();
	struct pages_run found[8];

	assert_int_equal(page_table_runs(found, 8), 0);
	assert_int_equal(pages_map(address, pfns, 5, 0), 0);
	assert_int_equal(pages_map(VMALLOC_END - PAGE_BYTES, pfns, 1, 0), 0);
	assert_int_equal(pages_map(MODULES_BASE, pfns, 1, 0), 0);
	assert_int_equal(page_table_runs(found, 8), 5);
	assert_int_equal(found[0].address, address);
	assert_int_equal(found[0].pfn, first);
	assert_int_equal(found[0].count, 3);
	assert_int_equal(found[1].pfn, first + 5);
	assert_int_equal(found[1].count, 1);
	assert_int_equal(found[2].address, address + 4 * PAGE_BYTES);
	assert_int_equal(found[3].address, VMALLOC_END - PAGE_BYTES);
	assert_int_equal(found[4].address, MODULES_BASE);
	assert_int_equal(page_table_runs(found, 2), 5); /* tells how many there are */
	pages_unmap(address, address + 5 * PAGE_BYTES);
	pages_unmap(VMALLOC_END - PAGE_BYTES, VMALLOC_END);
	pages_unmap(MODULES_BASE, MODULES_BASE + PAGE_BYTES);
	assert_int_equal(page_table_runs(found, 8), 0);
}

/* A file with a page for each frame from first on, mapped at their direct address. */
static int snapshot_of(uint32_t first, uint64_t *offset)
{
	int fd = memfd_create("snapshot", MFD_CLOEXEC);
	char page[PAGE_BYTES];

	assert_true(fd >= 0);
	for (int i = 0; i < FRAMES; i++) {
		memset(page, 'a' + i % 26, sizeof(page));
		assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	}
	assert_ptr_equal(mmap(direct(first), FRAMES * PAGE_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_FIXED, fd, 0),
			 direct(first));
	/* Where frame 0 of RAM would be. */
	*offset = (uint64_t)0 - ((uint64_t)first * PAGE_BYTES - RAM_BASE);
	return fd;
}

static void view_returns(void **state)
{
	uint32_t first = frames();
	uint64_t address = addresses(), offset;
	int fd = snapshot_of(first, &offset);
	struct pages_run run = {address, first + 3, 2};
	struct err err;

	assert_int_equal(pages_restore(&run, 1, fd, offset, &err), 0);
	assert_int_equal(*at(address, 0), 'd');
	assert_int_equal(*at(address, 1), 'e');
	/* The view is the true one: what is written there is there when it is gone. */
	*at(address, 0) = '!';
	pages_unmap(address, address + 2 * PAGE_BYTES);
	assert_int_equal(*direct(first + 3), '!');
	assert_int_equal(direct(first + 3)[1], 'd');
	assert_int_equal(*direct(first + 4), 'e');
	close(fd);
}

static void view_becomes_alias(void **state)
{
	uint32_t first = frames(), pfn = first + 3;
	uint64_t address = addresses(), second = addresses(), offset;
	int fd = snapshot_of(first, &offset);
	struct pages_run run = {address, first + 3, 2};
	char byte;
	struct err err;

	assert_int_equal(pages_restore(&run, 1, fd, offset, &err), 0);
	*at(address, 0) = '!';
	assert_int_equal(pages_frame_at(address), pfn);
	assert_int_equal(*direct(pfn), '!');
	*direct(pfn) = '?';
	assert_int_equal(*at(address, 0), '?');
	/* Another mapping of a page that is a view. */
	pfn++;
	*at(address, 1) = ':';
	assert_int_equal(pages_map(second, &pfn, 1, 0), 0);
	assert_int_equal(*at(second, 0), ':');
	*at(second, 0) = ';';
	assert_int_equal(*at(address, 1), ';');
	assert_int_equal(*direct(pfn), ';');
	/* Nothing of this reaches the file. */
	assert_int_equal(pread(fd, &byte, 1, 3 * PAGE_BYTES), 1);
	assert_int_equal(byte, 'd');
	pages_unmap(address, address + 2 * PAGE_BYTES);
	pages_unmap(second, second + PAGE_BYTES);
	close(fd);
}

/* A frame that was mapped twice when the snapshot was taken. */
static void view_of_two(void **state)
{
	uint32_t first = frames();
	uint64_t one = addresses(), two = addresses(), offset;
	int fd = snapshot_of(first, &offset);
	struct pages_run both[] = {{one, first + 7, 2}, {two, first + 8, 1}};
	struct err err;

	assert_int_equal(pages_restore(both, 2, fd, offset, &err), 0);
	assert_int_equal(*at(two, 0), 'i');
	*at(two, 0) = '!';
	assert_int_equal(*at(one, 1), '!');
	assert_int_equal(*direct(first + 8), '!');
	pages_unmap(one, one + 2 * PAGE_BYTES);
	assert_int_equal(*at(two, 0), '!');
	pages_unmap(two, two + PAGE_BYTES);
	close(fd);
}

static bool can(uint64_t address, const char *what)
{
	char line[300], permissions[5];
	uint64_t start, end;
	FILE *maps = fopen("/proc/self/maps", "r");
	bool found = false;

	assert_non_null(maps);
	while (!found && fgets(line, sizeof(line), maps))
		found = sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &start, &end, permissions) ==
				3 &&
			address >= start && address < end;
	fclose(maps);
	return found && !strncmp(permissions, what, 3);
}

/* What the kernel says of its pages is so on the host, also across the borders of mappings. */
static void protection(void **state)
{
	uint32_t first = frames(), pfns[] = {first + 1, first + 2, first + 7};
	uint64_t address = addresses(), end = address + 3 * PAGE_BYTES;

	*direct(first + 1) = 'x';
	assert_int_equal(pages_map(address, pfns, 3, PAGE_EXECUTE), 0);
	assert_true(can(address, "rwx"));
	assert_true(can((uint64_t)direct(first + 1), "rw-"));
	assert_int_equal(protect_change(address, end - address, PAGE_READ_ONLY, 0), 0);
	assert_true(can(address, "r-x") && can(address + 2 * PAGE_BYTES, "r-x"));
	assert_int_equal(protect_change(address + PAGE_BYTES, PAGE_BYTES, 0, PAGE_EXECUTE), 0);
	assert_true(can(address, "r-x") && can(address + PAGE_BYTES, "r--"));
	/* Across a page that may be executed and one that may not; both as before afterwards. */
	protect_open((void *)(address + PAGE_BYTES - 2), 4);
	assert_true(can(address, "rw-") && can(address + PAGE_BYTES, "rw-"));
	protect_close((void *)(address + PAGE_BYTES - 2), 4);
	assert_true(can(address, "r-x") && can(address + PAGE_BYTES, "r--"));
	assert_true(protect_is_mapped(address) && !protect_is_mapped(end));
	pages_unmap(address, end);
	assert_false(protect_is_mapped(address));
	/* What is not mapped is left alone. */
	assert_int_equal(protect_change(address, end - address, PAGE_READ_ONLY, 0), 0);
	assert_int_equal(page_table_runs(NULL, 0), 0);
}

/* RAM's own protection is kept, goes with a frame into the memfd, and into a snapshot. */
static void protected_ram(void **state)
{
	uint32_t first = frames(), pfn = first + 1;
	uint64_t at = (uint64_t)direct(first), address = addresses();
	struct pages_run run;

	assert_int_equal(protect_change(at, 3 * PAGE_BYTES, PAGE_READ_ONLY, 0), 0);
	assert_int_equal(pages_map(address, &pfn, 1, 0), 0);
	assert_true(can((uint64_t)direct(pfn), "r--") && can(address, "rw-"));
	pages_unmap(address, address + PAGE_BYTES);
	assert_int_equal(page_table_runs(&run, 1), 1);
	assert_true(run.address == at && run.count == 3 && run.protection == PAGE_READ_ONLY);
	assert_int_equal(protect_change(at, 3 * PAGE_BYTES, 0, PAGE_READ_ONLY), 0);
	assert_true(can(at, "rw-") && can((uint64_t)direct(pfn), "rw-"));
	assert_int_equal(page_table_runs(&run, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scattered),
		cmocka_unit_test(twice),
		cmocka_unit_test(outside),
		cmocka_unit_test(device),
		cmocka_unit_test(runs),
		cmocka_unit_test(view_returns),
		cmocka_unit_test(view_becomes_alias),
		cmocka_unit_test(view_of_two),
		cmocka_unit_test(protection),
		cmocka_unit_test(protected_ram),
	};

	return cmocka_run_group_tests(tests, create, NULL);
}
