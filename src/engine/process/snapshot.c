/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/snapshot.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"
#include "engine/process/clock.h"
#include "engine/process/guest.h"
#include "engine/process/hook.h"
#include "engine/process/layout.h"
#include "engine/process/log.h"
#include "engine/process/page_table.h"
#include "engine/process/pages.h"
#include "engine/process/serve_state.h"
#include "engine/process/stub.h"
#include "engine/process/track.h"

/* Grows with each change of the file's layout. */
enum { VERSION = 4 };
static const char MAGIC[8] = "lkmsnap";

enum { REGIONS = 3, MAX_RUNS = 65536, MAX_EXTENTS = 65536 };

/* A stretch of pages that is in the file. */
struct extent {
	uint64_t offset, length;
};

struct region {
	uint64_t address, length, offset;
};

struct header {
	char magic[8];
	uint32_t version, state_size;
	uint64_t key, file_size;
	struct region regions[REGIONS];
	uint32_t run_count, extent_count;
	uint64_t tables_offset, tables_size; /* state, runs, extents */
	uint64_t tables_hash, pages_hash;
	uint64_t header_hash; /* of all above */
};

struct snapshot_state {
	struct guest guest;
	struct clock clock;
	struct log_position log_position;
	struct serve_state serve_state;
	struct hook_originals hook_originals;
	struct track_originals track_originals;
};

static uint64_t page_align(uint64_t value)
{
	return (value + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

/* ---- the key ---- */

static int add_build_id(struct dl_phdr_info *info, size_t size, void *context)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_NOTE)
			buf_add(context, (void *)(info->dlpi_addr + p->p_vaddr), p->p_memsz);
	}
	return 1; /* the first object is the program itself */
}

/* A kernel looks at the processor when it boots and believes it ever after. The word of leaf 1 that
 * holds the number of the current CPU is left out. */
static void add_processor(struct buf *buf)
{
	static const unsigned int leaves[] = {0, 1, 7, 0xd, 0x80000001, 0x80000008};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(*leaves); i++) {
		unsigned int r[4] = {0};

		__get_cpuid_count(leaves[i], 0, &r[0], &r[1], &r[2], &r[3]);
		if (leaves[i] == 1)
			r[1] = 0;
		buf_add(buf, r, sizeof(r));
	}
}

uint64_t snapshot_key(uint64_t kernel, const char *command_line)
{
	DEFER(buf_free) struct buf all = {0};

	buf_add(&all, &kernel, sizeof(kernel));
	buf_text(&all, command_line);
	dl_iterate_phdr(add_build_id, &all);
	add_processor(&all);
	return hash_bytes(buf_span(&all));
}

uint32_t snapshot_words(const char *command_line)
{
	return (uint32_t)hash_bytes(span_text(command_line));
}

/* ---- saving ---- */

static void gather(struct snapshot_state *state)
{
	memset(state, 0, sizeof(*state));
	state->guest = guest;
	state->clock = clock;
	state->log_position = log_position;
	state->serve_state = serve_state;
	state->hook_originals = hook_originals;
	state->track_originals = track_originals;
}

typedef VEC(struct extent) extent_list;

/* Of all extents in their order. */
static uint64_t add_hash(uint64_t hash, struct span bytes)
{
	return hash * 31 + hash_bytes(bytes);
}

/* Pages of a region that were never touched need not be read: pagemap tells. NULL when the host
 * does not let us look. */
static uint64_t *page_states(const struct region *region)
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
	struct extent *last = extents->n > first ? &extents->p[extents->n - 1] : NULL;

	if (last && last->offset + last->length == offset) {
		last->length += PAGE_BYTES;
		return 0;
	}
	last = vec_push(extents);
	if (!last)
		return -ENOMEM;
	*last = (struct extent){offset, PAGE_BYTES};
	return 0;
}

/* Extents of a region that are not zero, by offset in the file. */
static int find_extents(const struct region *region, extent_list *extents)
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
static int write_extents(int fd, const struct region *region, const struct extent *extents,
			 size_t count, uint64_t *hash, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *from =
			(const char *)(region->address + (extents[i].offset - region->offset));

		*hash = add_hash(*hash, span_of(from, extents[i].length));
		if (lseek(fd, (off_t)extents[i].offset, SEEK_SET) < 0)
			return err_errno(err, "cannot write the snapshot");
		if (file_write_all(fd, from, extents[i].length, "the snapshot", err) < 0)
			return err->code;
	}
	return 0;
}

static void plan_regions(struct header *header)
{
	const struct region regions[REGIONS] = {
		{STUB_BASE, STUB_SIZE, 0},
		{VMEMMAP_BASE, page_align((uint64_t)(RAM_END >> PAGE_SHIFT) * guest.page_size_of),
		 0},
		{RAM_BASE, RAM_SIZE, 0},
	};
	uint64_t offset = PAGE_BYTES;

	for (int i = 0; i < REGIONS; i++) {
		header->regions[i] = regions[i];
		header->regions[i].offset = offset;
		offset += regions[i].length;
	}
	header->tables_offset = offset;
}

static int write_pages(int fd, struct header *header, extent_list *extents, struct err *err)
{
	for (int i = 0; i < REGIONS; i++) {
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

static int write_tables(int fd, struct header *header, const struct pages_run *runs,
			const extent_list *extents, struct err *err)
{
	DEFER(buf_free) struct buf tables = {0};
	struct snapshot_state state;

	gather(&state);
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

static uint64_t header_hash(const struct header *header)
{
	return hash_bytes(span_of(header, offsetof(struct header, header_hash)));
}

int snapshot_save(int fd, uint64_t key, struct err *err)
{
	struct header header;
	DEFER(mem_freep) struct pages_run *runs = mem_array(MAX_RUNS, sizeof(*runs));
	extent_list extents = {0};
	size_t count;
	int code;

	if (!runs)
		return err_no_memory(err);
	memset(&header, 0, sizeof(header));
	memcpy(header.magic, MAGIC, sizeof(MAGIC));
	header.version = VERSION;
	header.key = key;
	plan_regions(&header);
	count = page_table_runs(runs, MAX_RUNS);
	if (count > MAX_RUNS)
		return err_set(err, -E2BIG, "the kernel has too many mappings for a snapshot");
	header.run_count = (uint32_t)count;
	code = write_pages(fd, &header, &extents, err);
	if (code == 0)
		code = write_tables(fd, &header, runs, &extents, err);
	vec_free(&extents);
	if (code < 0)
		return code;
	header.header_hash = header_hash(&header);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, "cannot write the snapshot");
	return file_write_all(fd, &header, sizeof(header), "the snapshot", err);
}

/* ---- restoring ---- */

/* 0, -ENOEXEC when it is damaged, -ESTALE when another version wrote it. */
static int read_header(int fd, struct header *header)
{
	if (pread(fd, header, sizeof(*header), 0) != (ssize_t)sizeof(*header) ||
	    memcmp(header->magic, MAGIC, sizeof(MAGIC)) != 0)
		return -ENOEXEC;
	if (header->version != VERSION)
		return -ESTALE;
	return header->header_hash == header_hash(header) ? 0 : -ENOEXEC;
}

/* What a header of this build says of its file. */
static bool fits_file(int fd, const struct header *header)
{
	struct stat st;

	return fstat(fd, &st) == 0 && header->file_size == (uint64_t)st.st_size &&
	       header->state_size == sizeof(struct snapshot_state) &&
	       header->run_count <= MAX_RUNS &&
	       header->tables_size ==
		       header->state_size + (uint64_t)header->run_count * sizeof(struct pages_run) +
			       (uint64_t)header->extent_count * sizeof(struct extent) &&
	       header->tables_offset + header->tables_size == header->file_size;
}

/* State, runs and extents; NULL when damaged. */
static char *read_tables(int fd, const struct header *header)
{
	DEFER(mem_freep)
	char *tables = fits_file(fd, header) ? mem_alloc(header->tables_size) : NULL;

	if (!tables ||
	    pread(fd, tables, header->tables_size, (off_t)header->tables_offset) !=
		    (ssize_t)header->tables_size ||
	    hash_bytes(span_of(tables, header->tables_size)) != header->tables_hash)
		return NULL;
	return take_ptr(&tables);
}

static int damaged(const char *path, struct err *err)
{
	return err_set(err, -ENOEXEC, "the snapshot %s is damaged", path);
}

int snapshot_check(int fd, const char *path, uint64_t key, struct err *err)
{
	struct header header;
	DEFER(mem_freep) char *tables = NULL;

	int code = read_header(fd, &header);

	if (code == -ENOEXEC)
		return damaged(path, err);
	if (code == -ESTALE || header.key != key)
		return err_set(err, -ENOEXEC,
			       "the kept kernel was booted by another lkm or on another processor");
	tables = read_tables(fd, &header);
	return tables ? 0 : damaged(path, err);
}

/* The region's memory is there, and zero: holes of the file need not be read. */
static int copy_region(int fd, const struct region *region, struct err *err)
{
	const off_t end = (off_t)(region->offset + region->length);
	off_t at = (off_t)region->offset;

	while ((at = lseek(fd, at, SEEK_DATA)) >= 0 && at < end) {
		off_t hole = lseek(fd, at, SEEK_HOLE);
		size_t length = (size_t)((hole < end ? hole : end) - at);
		ssize_t got = pread(fd, (char *)region->address + (at - (off_t)region->offset),
				    length, at);

		if (got <= 0)
			return err_errno(err, "cannot read the snapshot");
		at += got;
	}
	return 0;
}

/* As data; what of it is code the runs say, and that the file may hold code is asked first. */
static int map_region(int fd, const struct region *region, struct err *err)
{
	void *p = mmap((void *)region->address, region->length, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED, fd, (off_t)region->offset);

	if (p != MAP_FAILED)
		return mprotect(p, region->length, PROT_READ | PROT_WRITE) < 0
			       ? err_errno(err, "cannot protect the snapshot")
			       : 0;
	/* A cache on a file system that forbids execution (noexec). */
	return errno == EPERM ? copy_region(fd, region, err)
			      : err_errno(err, "cannot map the snapshot");
}

static void scatter(const struct snapshot_state *state)
{
	guest = state->guest;
	clock = state->clock;
	log_position = state->log_position;
	serve_state = state->serve_state;
	hook_originals = state->hook_originals;
	track_originals = state->track_originals;
}

int snapshot_restore(int fd, struct err *err)
{
	struct header header;
	DEFER(mem_freep)
	char *tables = read_header(fd, &header) < 0 ? NULL : read_tables(fd, &header);
	int code;

	if (!tables)
		return damaged("", err);
	scatter((const struct snapshot_state *)tables);
	code = pages_create(header.regions[1].length, err);
	for (int i = 0; i < REGIONS && code == 0; i++)
		code = map_region(fd, &header.regions[i], err);
	if (code < 0)
		return code;
	stub_protect();
	return pages_restore((const struct pages_run *)(tables + header.state_size),
			     header.run_count, fd, header.regions[REGIONS - 1].offset, err);
}

int snapshot_verify(int fd, const char *path, struct err *err)
{
	struct header header;
	DEFER(mem_freep)
	char *tables = read_header(fd, &header) < 0 ? NULL : read_tables(fd, &header);
	DEFER(file_unmap) struct file_map file = {0};
	const struct extent *extents;
	uint64_t hash = 0;
	struct span bytes;

	if (!tables)
		return damaged(path, err);
	if (file_map_fd(fd, path, &file, err) < 0)
		return err->code;
	extents = (const struct extent *)(tables + header.state_size +
					  header.run_count * sizeof(struct pages_run));
	for (uint32_t i = 0; i < header.extent_count; i++) {
		if (!span_cut(file.bytes, extents[i].offset, extents[i].length, &bytes))
			return damaged(path, err);
		hash = add_hash(hash, bytes);
	}
	return hash == header.pages_hash ? 0 : damaged(path, err);
}
