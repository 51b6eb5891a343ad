/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was unpacked and parsed of a kernel, kept on disk and mapped.
 *
 *	CACHE/images/IDENTITY-SIZE		one kernel; both numbers are of the file given
 *	CACHE/images/at-DEV-INODE-SIZE-MTIME-CTIME	symbolic link to it: a file that has this
 *						stat(2) need not be read to know its identity
 *
 * A cache file has a header of one page and parts, each starting on a page: the unpacked vmlinux
 * (empty when the file given is one), the symbol entries, their hash table, their names. It is in
 * the byte order of the machine. The header carries a checksum of itself and the size of the file,
 * so a file that was cut short or is of another version is made anew. Without a directory, or when
 * it cannot be written, the same bytes are made in memory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "image/internal.h"

enum { PAGE = 4096, VERSION = 1 };

static const char magic[8] = "lkm-img";

struct part {
	uint64_t offset, size;
};

enum { PART_VMLINUX, PART_ENTRIES, PART_TABLE, PART_NAMES, PARTS };

struct header {
	char magic[8];
	uint32_t version, has_inverse32;
	uint64_t identity, file_size;
	struct part part[PARTS];
	struct part abs64, inverse32, abs32; /* in the vmlinux */
	uint64_t checksum;		     /* of the bytes before it */
};

static uint64_t checksum(const struct header *header)
{
	return hash_bytes(span_of(header, offsetof(struct header, checksum)));
}

static uint64_t page_up(uint64_t size)
{
	return (size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

/* Reading. */

static bool check_header(const struct header *h, struct span file)
{
	struct span unused;

	if (memcmp(h->magic, magic, sizeof(magic)) != 0 || h->version != VERSION ||
	    h->checksum != checksum(h) || h->file_size != file.n)
		return false;
	for (int i = 0; i < PARTS; i++)
		if (h->part[i].offset % PAGE ||
		    !span_cut(file, h->part[i].offset, h->part[i].size, &unused))
			return false;
	return (h->part[PART_TABLE].size & (h->part[PART_TABLE].size - 1)) == 0;
}

static struct span part_of(struct span file, const struct part *part)
{
	struct span bytes = {NULL, 0};

	span_cut(file, part->offset, part->size, &bytes);
	return bytes;
}

/* Points the image at the parts of a mapped cache file. */
static int adopt(struct image *image, int input, const struct header *h, struct err *err)
{
	struct span file = image->cache.bytes, vmlinux = part_of(file, &h->part[PART_VMLINUX]);
	struct symbols *s = &image->symbols;
	int code = 0;

	if (h->part[PART_VMLINUX].size == 0 && !image->input.bytes.n)
		code = file_map_fd(input, image->path, &image->input, err);
	if (code < 0)
		return code;
	if (h->part[PART_VMLINUX].size == 0)
		vmlinux = image->input.bytes;
	code = image_elf_parse(&image->elf, vmlinux, image->path, err);
	if (code < 0)
		return code;
	image->identity = h->identity;
	image->relocs = (struct image_relocs){
		part_of(vmlinux, &h->abs64),
		part_of(vmlinux, &h->inverse32),
		part_of(vmlinux, &h->abs32),
		h->has_inverse32,
	};
	s->entries = (const void *)part_of(file, &h->part[PART_ENTRIES]).p;
	s->count = h->part[PART_ENTRIES].size / sizeof(*s->entries);
	s->table = (const void *)part_of(file, &h->part[PART_TABLE]).p;
	s->table_size = h->part[PART_TABLE].size / sizeof(*s->table);
	s->names = part_of(file, &h->part[PART_NAMES]);
	if (s->table_size == 0 || s->names.n == 0 || s->names.p[s->names.n - 1] != 0)
		*s = (struct symbols){0};
	return 0;
}

/* Maps a cache file; input is the file that it was made of. */
static int open_fd(struct image *image, int input, int fd, const char *name, struct err *err)
{
	struct header header;
	int code;

	file_unmap(&image->cache);
	code = file_map_fd(fd, name, &image->cache, err);
	if (code < 0)
		return code;
	if (image->cache.bytes.n < sizeof(header))
		return err_set(err, -EBADMSG, "%s is cut short", name);
	memcpy(&header, image->cache.bytes.p, sizeof(header));
	if (!check_header(&header, image->cache.bytes))
		return err_set(err, -EBADMSG, "%s is damaged", name);
	return adopt(image, input, &header, err);
}

static int open_file(struct image *image, int input, const char *name, struct err *err)
{
	DEFER(file_closep) int fd = file_open(name, O_RDONLY, err);

	return fd < 0 ? fd : open_fd(image, input, fd, name, err);
}

/* Writing. */

struct store {
	int fd;
	const char *name; /* for messages */
	struct header header;
	unsigned char *vmlinux; /* mapped, with room behind it; NULL: the input is one */
	size_t mapped;
};

static void store_release(struct store *store)
{
	if (store->vmlinux)
		munmap(store->vmlinux, store->mapped);
}

/* Space is taken before anything is written to the mapping: a full disk would be a SIGBUS. */
static int reserve(struct store *store, uint64_t size, struct err *err)
{
	int code = posix_fallocate(store->fd, 0, (off_t)size);

	if (code)
		return err_set(err, -code, "cannot write %s: %s", store->name, strerror(code));
	return 0;
}

static int unpack(struct store *store, const struct payload *payload, const char *path,
		  struct err *err)
{
	uint64_t room = page_up(image_payload_room(payload));
	int code = reserve(store, PAGE + room, err);
	void *p;

	if (code < 0)
		return code;
	p = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, store->fd, PAGE);
	if (p == MAP_FAILED)
		return err_set(err, -ENOMEM, "cannot map %s", store->name);
	store->vmlinux = p;
	store->mapped = room;
	store->header.part[PART_VMLINUX] = (struct part){PAGE, payload->size};
	store->header.file_size = PAGE + payload->size;
	return image_payload_unpack(payload, p, path, err);
}

static int write_at(struct store *store, uint64_t offset, const void *bytes, size_t size,
		    struct err *err)
{
	if (lseek(store->fd, (off_t)offset, SEEK_SET) < 0)
		return err_errno(err, "cannot write %s", store->name);
	return file_write_all(store->fd, bytes, size, store->name, err);
}

/* Appends a part; file_size counts what there is so far. */
static int add_part(struct store *store, int which, const void *bytes, size_t size, struct err *err)
{
	struct header *h = &store->header;

	h->part[which] = (struct part){page_up(h->file_size), size};
	h->file_size = h->part[which].offset + size;
	return write_at(store, h->part[which].offset, bytes, size, err);
}

static struct part place_of(struct span part, struct span vmlinux)
{
	return (struct part){part.n ? (uint64_t)(part.p - vmlinux.p) : 0, part.n};
}

/* A kernel without kallsyms or relocations is kept as well: image_bootable() tells. */
static int parse(struct store *store, const struct image_elf *elf, struct symbols_new *symbols,
		 struct err *err)
{
	struct header *h = &store->header;
	struct image_relocs relocs;
	int code = image_kallsyms_parse(symbols, elf, err);

	if (code < 0 && code != -ENOENT)
		return code;
	if (code == -ENOENT)
		image_symbols_release(symbols);
	if (image_relocs_parse(&relocs, elf)) {
		h->has_inverse32 = relocs.has_inverse32;
		h->abs64 = place_of(relocs.abs64, elf->file);
		h->inverse32 = place_of(relocs.inverse32, elf->file);
		h->abs32 = place_of(relocs.abs32, elf->file);
	}
	return 0;
}

static int write_symbols(struct store *store, const struct symbols_new *s, struct err *err)
{
	int code = add_part(store, PART_ENTRIES, s->entries, s->count * sizeof(*s->entries), err);

	if (code == 0)
		code = add_part(store, PART_TABLE, s->table, s->table_size * sizeof(*s->table),
				err);
	if (code == 0)
		code = add_part(store, PART_NAMES, s->names.p, s->names.n, err);
	return code;
}

static int write_header(struct store *store, struct err *err)
{
	struct header *h = &store->header;

	if (ftruncate(store->fd, (off_t)h->file_size) < 0)
		return err_errno(err, "cannot write %s", store->name);
	memcpy(h->magic, magic, sizeof(magic));
	h->version = VERSION;
	h->checksum = checksum(h);
	return write_at(store, 0, h, sizeof(*h), err);
}

/* Fills the file fd from input, which is a bzImage or an ELF file. */
static int fill(const struct image *image, struct span input, int fd, const char *name,
		struct err *err)
{
	DEFER(store_release) struct store store = {.fd = fd, .name = name};
	DEFER(image_symbols_release) struct symbols_new symbols = {0};
	struct span vmlinux = input;
	struct payload payload;
	struct image_elf elf;
	int code = 0;

	store.header.identity = image->identity;
	store.header.file_size = PAGE;
	if (!span_starts(input, SPAN_LITERAL("\x7f"
					     "ELF"))) {
		code = image_payload_find(&payload, input, image->path, err);
		if (code == 0)
			code = unpack(&store, &payload, image->path, err);
		vmlinux = span_of(store.vmlinux, payload.size);
	}
	if (code == 0)
		code = image_elf_parse(&elf, vmlinux, image->path, err);
	if (code == 0)
		code = parse(&store, &elf, &symbols, err);
	if (code == 0)
		code = write_symbols(&store, &symbols, err);
	return code < 0 ? code : write_header(&store, err);
}

static int make_in_memory(struct image *image, int input, struct err *err)
{
	DEFER(file_closep) int fd = memfd_create("lkm-image", MFD_CLOEXEC);
	int code;

	if (fd < 0)
		return err_errno(err, "cannot make a file in memory");
	code = fill(image, image->input.bytes, fd, image->path, err);
	return code < 0 ? code : open_fd(image, input, fd, image->path, err);
}

static int make_file(struct image *image, int input, const char *name, struct err *err)
{
	DEFER(file_abandon) struct file_new file = {.fd = -1};
	int code = file_create(name, 0644, &file, err);

	if (code == 0)
		code = fill(image, image->input.bytes, file.fd, name, err);
	if (code == 0)
		code = open_fd(image, input, file.fd, name, err);
	return code < 0 ? code : file_commit(&file, err);
}

/* Names. */

static bool is_older(const struct timespec *time, const struct timespec *now, time_t seconds)
{
	return time->tv_sec + seconds < now->tv_sec;
}

/* A file that was changed just now may change again without its times telling. */
static bool may_link(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return is_older(&st->st_mtim, &now, 2) && is_older(&st->st_ctim, &now, 2);
}

static char *file_name(const char *directory, uint64_t identity, size_t size)
{
	return mem_format("%s/%016llx-%zx", directory, (unsigned long long)identity, size);
}

static char *link_name(const char *directory, const struct stat *st)
{
	return mem_format(
		"%s/at-%llx-%llx-%llx-%llx.%lx-%llx.%lx", directory, (unsigned long long)st->st_dev,
		(unsigned long long)st->st_ino, (unsigned long long)st->st_size,
		(unsigned long long)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec,
		(unsigned long long)st->st_ctim.tv_sec, (unsigned long)st->st_ctim.tv_nsec);
}

/* Makes it where the cache is, or in memory: a cache that cannot be written is no reason to fail,
 * and a fault of the input is found again. */
static int make(struct image *image, int input, const char *directory, const char *name,
		struct err *err)
{
	if (file_make_dirs(directory, 0755, NULL) == 0 && make_file(image, input, name, NULL) == 0)
		return 0;
	return make_in_memory(image, input, err);
}

static int load(struct image *image, int input, const char *directory, const char *link,
		bool can_link, struct err *err)
{
	DEFER(mem_freep) char *name = NULL;
	uint64_t identity;
	int code = file_map_fd(input, image->path, &image->input, err);

	if (code < 0)
		return code;
	image->identity = identity = hash_bytes(image->input.bytes);
	if (!directory)
		return make_in_memory(image, input, err);
	name = file_name(directory, identity, image->input.bytes.n);
	if (!name)
		return err_no_memory(err);
	code = open_file(image, input, name, NULL);
	if (code < 0 || image->identity != identity) {
		image->identity = identity;
		code = make(image, input, directory, name, err);
	}
	if (code == 0 && can_link)
		file_link(strrchr(name, '/') + 1, link, NULL);
	return code;
}

int image_cache_load(struct image *image, int input, const char *cache_dir, struct err *err)
{
	DEFER(mem_freep) char *directory = NULL;
	DEFER(mem_freep) char *link = NULL;
	struct stat st;
	int code;

	if (!cache_dir)
		return load(image, input, NULL, NULL, false, err);
	if (fstat(input, &st) < 0)
		return err_errno(err, "cannot read %s", image->path);
	directory = mem_format("%s/images", cache_dir);
	link = directory ? link_name(directory, &st) : NULL;
	if (!link)
		return err_no_memory(err);
	if (open_file(image, input, link, NULL) == 0)
		return 0;
	code = load(image, input, directory, link, may_link(&st), err);
	if (image->elf.file.p != image->input.bytes.p)
		file_unmap(&image->input);
	return code;
}

static void unlink_links(const char *directory, const char *target)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		DEFER(mem_freep) char *path = mem_format("%s/%s", directory, entry->d_name);
		char text[64];
		ssize_t length = path ? readlink(path, text, sizeof(text)) : -1;

		if (length > 0 && span_equal(span_of(text, (size_t)length), span_text(target)))
			unlink(path);
	}
	if (dir)
		closedir(dir);
}

void image_forget(const char *path, const char *cache_dir)
{
	DEFER(file_unmap) struct file_map input = {0};
	DEFER(mem_freep) char *directory = mem_format("%s/images", cache_dir);
	DEFER(mem_freep) char *name = NULL;

	if (!directory || file_map(path, &input, NULL) < 0)
		return;
	name = file_name(directory, hash_bytes(input.bytes), input.bytes.n);
	if (!name)
		return;
	unlink(name);
	unlink_links(directory, strrchr(name, '/') + 1);
}
