/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes a booted kernel to a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"
#include "engine/process/layout.h"
#include "engine/process/page_table.h"
#include "engine/process/pages.h"
#include "engine/process/snapshot.h"
#include "engine/process/snapshot_file.h"
#include "engine/process/stub.h"

static uint64_t page_align(uint64_t value)
{
	return (value + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

typedef VEC(struct snapshot_extent) extent_list;

/* Pages of a region that were never touched need not be read: pagemap tells. NULL when the host
 * does not let us look. */
static uint64_t *page_states(const struct snapshot_region *region)
{
	DEFER(file_closep) int fd = file_open("/proc/self/pagemap", O_RDONLY, NULL);
	size_t pages = region->length / PAGE_BYTES;
	uint64_t *states = fd < 0 ? NULL : mem_array(pages, sizeof(*states));

	if (states && pread(fd, states, pages * 8, (off_t)(region->address / PAGE_BYTES * 8)) !=
			      (ssize_t)(pages * 8)) {
		mem_free(states);
		states = NULL;
	}
	return states;
}

/* first is where the extents of this region begin: those of another one lie elsewhere in memory. */
static int add_page(extent_list *extents, size_t first, uint64_t offset)
{
	struct snapshot_extent *last = extents->n > first ? &extents->p[extents->n - 1] : NULL;

	if (last && last->offset + last->length == offset) {
		last->length += PAGE_BYTES;
		return 0;
	}
	last = vec_push(extents);
	if (!last)
		return -ENOMEM;
	*last = (struct snapshot_extent){offset, PAGE_BYTES};
	return 0;
}

/* Extents of a region that are not zero, by offset in the file. */
static int find_extents(const struct snapshot_region *region, extent_list *extents)
{
	const uint64_t present = 3ull << 62; /* in memory or swapped out */
	size_t first = extents->n;
	DEFER(mem_freep) uint64_t *states = page_states(region);

	for (uint64_t at = 0; at < region->length; at += PAGE_BYTES) {
		/* A shared page may be there though nobody has used it at this address. */
		if (states && !(states[at / PAGE_BYTES] & present) &&
		    !pages_is_shared(region->address + at))
			continue;
		if (pages_is_zero((void *)(region->address + at)))
			continue;
		if (add_page(extents, first, region->offset + at) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * The true content of vmapped RAM is in the memfd for frames that were vmapped in this process, and
 * mapped at the direct address as well: reading the direct address is right for all of RAM.
 */
static int write_extents(int fd, const struct snapshot_region *region,
			 const struct snapshot_extent *extents, size_t count, uint64_t *hash,
			 struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *from =
			(const char *)(region->address + (extents[i].offset - region->offset));

		*hash = snapshot_add_hash(*hash, span_of(from, extents[i].length));
		if (lseek(fd, (off_t)extents[i].offset, SEEK_SET) < 0)
			return err_errno(err, "cannot write the snapshot");
		if (file_write_all(fd, from, extents[i].length, "the snapshot", err) < 0)
			return err->code;
	}
	return 0;
}

static void plan_regions(struct snapshot_header *header)
{
	const struct snapshot_region regions[SNAPSHOT_REGIONS] = {
		{STUB_BASE, STUB_SIZE, 0},
		{VMEMMAP_BASE, page_align((uint64_t)(RAM_END >> PAGE_SHIFT) * guest.page_size_of),
		 0},
		{RAM_BASE, RAM_SIZE, 0},
	};
	uint64_t offset = PAGE_BYTES;

	for (int i = 0; i < SNAPSHOT_REGIONS; i++) {
		header->regions[i] = regions[i];
		header->regions[i].offset = offset;
		offset += regions[i].length;
	}
	header->tables_offset = offset;
}

static int write_pages(int fd, struct snapshot_header *header, extent_list *extents,
		       struct err *err)
{
	for (int i = 0; i < SNAPSHOT_REGIONS; i++) {
		size_t first = extents->n;

		if (find_extents(&header->regions[i], extents) < 0)
			return err_no_memory(err);
		if (write_extents(fd, &header->regions[i], extents->p + first, extents->n - first,
				  &header->pages_hash, err) < 0)
			return err->code;
	}
	header->extent_count = (uint32_t)extents->n;
	return 0;
}

static int write_tables(int fd, struct snapshot_header *header, const struct pages_run *runs,
			const extent_list *extents, struct err *err)
{
	DEFER(buf_free) struct buf tables = {0};
	struct snapshot_state state;

	snapshot_gather(&state);
	header->state_size = sizeof(state);
	buf_add(&tables, &state, sizeof(state));
	buf_add(&tables, runs, header->run_count * sizeof(*runs));
	buf_add(&tables, extents->p, extents->n * sizeof(*extents->p));
	if (buf_failed(&tables))
		return err_no_memory(err);
	header->tables_size = tables.n;
	header->tables_hash = hash_bytes(buf_span(&tables));
	header->file_size = header->tables_offset + tables.n;
	if (lseek(fd, (off_t)header->tables_offset, SEEK_SET) < 0)
		return err_errno(err, "cannot write the snapshot");
	return file_write_all(fd, tables.p, tables.n, "the snapshot", err);
}

int snapshot_save(int fd, uint64_t key, struct err *err)
{
	struct snapshot_header header;
	DEFER(mem_freep) struct pages_run *runs = mem_array(SNAPSHOT_MAX_RUNS, sizeof(*runs));
	extent_list extents = {0};
	size_t count;
	int code;

	if (!runs)
		return err_no_memory(err);
	memset(&header, 0, sizeof(header));
	memcpy(header.magic, SNAPSHOT_MAGIC, sizeof(header.magic));
	header.version = SNAPSHOT_VERSION;
	header.key = key;
	plan_regions(&header);
	count = page_table_runs(runs, SNAPSHOT_MAX_RUNS);
	if (count > SNAPSHOT_MAX_RUNS)
		return err_set(err, -E2BIG, "the kernel has too many mappings for a snapshot");
	header.run_count = (uint32_t)count;
	code = write_pages(fd, &header, &extents, err);
	if (code == 0)
		code = write_tables(fd, &header, runs, &extents, err);
	vec_free(&extents);
	if (code < 0)
		return code;
	header.header_hash = snapshot_header_hash(&header);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, "cannot write the snapshot");
	return file_write_all(fd, &header, sizeof(header), "the snapshot", err);
}
