/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks and restores what snapshot_save.c has written. */
#include "engine/process/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "engine/process/layout.h"
#include "engine/process/pages.h"
#include "engine/process/snapshot_file.h"
#include "engine/process/stub.h"

/* 0, -ENOEXEC when it is damaged, -ESTALE when another version wrote it. */
static int read_header(int fd, struct snapshot_header *header)
{
	if (pread(fd, header, sizeof(*header), 0) != (ssize_t)sizeof(*header) ||
	    memcmp(header->magic, SNAPSHOT_MAGIC, sizeof(header->magic)) != 0)
		return -ENOEXEC;
	if (header->version != SNAPSHOT_VERSION)
		return -ESTALE;
	return header->header_hash == snapshot_header_hash(header) ? 0 : -ENOEXEC;
}

/* What a header of this build says of its file. */
static bool fits_file(int fd, const struct snapshot_header *header)
{
	struct stat st;

	return fstat(fd, &st) == 0 && header->file_size == (uint64_t)st.st_size &&
	       header->state_size == sizeof(struct snapshot_state) &&
	       header->run_count <= SNAPSHOT_MAX_RUNS &&
	       header->tables_size ==
		       header->state_size + (uint64_t)header->run_count * sizeof(struct pages_run) +
			       (uint64_t)header->extent_count * sizeof(struct snapshot_extent) &&
	       header->tables_offset + header->tables_size == header->file_size;
}

/* State, runs and extents; NULL when damaged. */
static char *read_tables(int fd, const struct snapshot_header *header)
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
	struct snapshot_header header;
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
static int copy_region(int fd, const struct snapshot_region *region, struct err *err)
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
static int map_region(int fd, const struct snapshot_region *region, struct err *err)
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

int snapshot_restore(int fd, struct err *err)
{
	struct snapshot_header header;
	DEFER(mem_freep)
	char *tables = read_header(fd, &header) < 0 ? NULL : read_tables(fd, &header);
	int code;

	if (!tables)
		return damaged("", err);
	snapshot_scatter((const struct snapshot_state *)tables);
	code = pages_create(header.regions[1].length, err);
	for (int i = 0; i < SNAPSHOT_REGIONS && code == 0; i++)
		code = map_region(fd, &header.regions[i], err);
	if (code < 0)
		return code;
	stub_protect();
	return pages_restore((const struct pages_run *)(tables + header.state_size),
			     header.run_count, fd, header.regions[SNAPSHOT_REGIONS - 1].offset,
			     err);
}

int snapshot_verify(int fd, const char *path, struct err *err)
{
	struct snapshot_header header;
	DEFER(mem_freep)
	char *tables = read_header(fd, &header) < 0 ? NULL : read_tables(fd, &header);
	DEFER(file_unmap) struct file_map file = {0};
	const struct snapshot_extent *extents;
	uint64_t hash = 0;
	struct span bytes;

	if (!tables)
		return damaged(path, err);
	if (file_map_fd(fd, path, &file, err) < 0)
		return err->code;
	extents = (const struct snapshot_extent *)(tables + header.state_size +
						   header.run_count * sizeof(struct pages_run));
	for (uint32_t i = 0; i < header.extent_count; i++) {
		if (!span_cut(file.bytes, extents[i].offset, extents[i].length, &bytes))
			return damaged(path, err);
		hash = snapshot_add_hash(hash, bytes);
	}
	return hash == header.pages_hash ? 0 : damaged(path, err);
}
