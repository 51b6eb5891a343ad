/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of the cache: what was unpacked and parsed of one kernel, laid out to be mapped.
 *
 * A header of one page and parts, each starting on a page: the unpacked vmlinux, then for the
 * symbols, the exports and the types of BTF the entries and a hash table of their names, so that
 * whoever opens the kernel looks up what it needs and parses nothing. It is in the byte order of
 * the machine. The header carries a checksum of itself and the size of the file, so a file that
 * was cut short or is of another version is made anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "image/internal.h"

enum { PAGE = 4096, VERSION = 2 };

static const char magic[8] = "lkm-img";

struct part {
	uint64_t offset, size;
};

enum part_kind {
	PART_VMLINUX, /* empty when the file given is one */
	PART_ENTRIES,
	PART_TABLE,
	PART_NAMES,
	PART_EXPORTS,
	PART_EXPORT_TABLE,
	PART_TYPES,
	PART_TYPE_TABLE,
	PARTS
};

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

static bool is_power_of_two(uint64_t size)
{
	return (size & (size - 1)) == 0;
}

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
	return is_power_of_two(h->part[PART_TABLE].size) &&
	       is_power_of_two(h->part[PART_EXPORT_TABLE].size) &&
	       is_power_of_two(h->part[PART_TYPE_TABLE].size);
}

static struct span part_of(struct span file, const struct part *part)
{
	struct span bytes = {NULL, 0};

	span_cut(file, part->offset, part->size, &bytes);
	return bytes;
}

/* The entries of a table of the file; *count is their number. */
static const void *entries_of(struct span file, const struct part *part, size_t size, size_t *count)
{
	*count = part->size / size;
	return part_of(file, part).p;
}

static void adopt_tables(struct image *image, const struct header *h)
{
	struct span file = image->cache.bytes;
	struct symbols *s = &image->symbols;
	struct exports *e = &image->exports;
	struct types *t = &image->types;

	s->entries = entries_of(file, &h->part[PART_ENTRIES], sizeof(*s->entries), &s->count);
	s->table = entries_of(file, &h->part[PART_TABLE], sizeof(*s->table), &s->table_size);
	s->names = part_of(file, &h->part[PART_NAMES]);
	if (s->table_size == 0 || s->names.n == 0 || s->names.p[s->names.n - 1] != 0)
		*s = (struct symbols){0};
	e->entries = entries_of(file, &h->part[PART_EXPORTS], sizeof(*e->entries), &e->count);
	e->table = entries_of(file, &h->part[PART_EXPORT_TABLE], sizeof(*e->table), &e->table_size);
	if (e->table_size == 0)
		*e = (struct exports){0};
	t->offsets = entries_of(file, &h->part[PART_TYPES], sizeof(*t->offsets), &t->count);
	t->table = entries_of(file, &h->part[PART_TYPE_TABLE], sizeof(*t->table), &t->table_size);
	if (t->table_size == 0)
		*t = (struct types){0};
}

/* Points the image at the parts of a mapped cache file. */
static int adopt(struct image *image, int input, const struct header *h, struct err *err)
{
	struct span file = image->cache.bytes, vmlinux = part_of(file, &h->part[PART_VMLINUX]);
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
	adopt_tables(image, h);
	return 0;
}

int image_cache_read(struct image *image, int input, int fd, const char *name, struct err *err)
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
	uint64_t head = payload->flat ? IMAGE_FLAT_HEAD : 0;
	uint64_t room = head + page_up(image_payload_room(payload));
	int code = reserve(store, PAGE + room, err);
	void *p;

	if (code < 0)
		return code;
	p = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, store->fd, PAGE);
	if (p == MAP_FAILED)
		return err_set(err, -ENOMEM, "cannot map %s", store->name);
	store->vmlinux = p;
	store->mapped = room;
	store->header.part[PART_VMLINUX] = (struct part){PAGE, head + payload->size};
	store->header.file_size = PAGE + head + payload->size;
	code = image_payload_unpack(payload, store->vmlinux + head, path, err);
	if (code == 0 && payload->flat)
		code = image_flat_wrap(store->vmlinux,
				       span_of(store->vmlinux + head, payload->size), path, err);
	return code;
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

/* What is found by the symbols of the vmlinux. */
static int write_found(struct store *store, const struct image_elf *elf,
		       const struct symbols_new *s, struct err *err)
{
	DEFER(image_exports_release) struct exports_new exports = {0};
	DEFER(image_types_release) struct types_new types = {0};
	const struct image view = {
		.elf = *elf,
		.symbols = {s->entries, s->table, span_of(s->names.p, s->names.n), s->count,
			    s->table_size},
	};
	int code = image_exports_parse(&exports, &view, err);

	if (code == 0)
		code = image_types_parse(&types, &view, err);
	if (code == 0)
		code = add_part(store, PART_EXPORTS, exports.list.p,
				exports.list.n * sizeof(*exports.list.p), err);
	if (code == 0)
		code = add_part(store, PART_EXPORT_TABLE, exports.table,
				exports.table_size * sizeof(*exports.table), err);
	if (code == 0)
		code = add_part(store, PART_TYPES, types.offsets.p,
				types.offsets.n * sizeof(*types.offsets.p), err);
	if (code == 0)
		code = add_part(store, PART_TYPE_TABLE, types.table,
				types.table_size * sizeof(*types.table), err);
	return code;
}

/* The input is a vmlinuz or an ELF file. */
int image_cache_write(const struct image *image, int fd, const char *name, struct err *err)
{
	DEFER(store_release) struct store store = {.fd = fd, .name = name};
	DEFER(image_symbols_release) struct symbols_new symbols = {0};
	struct span input = image->input.bytes, vmlinux = input;
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
		vmlinux = span_of(store.vmlinux, store.header.part[PART_VMLINUX].size);
	}
	if (code == 0)
		code = image_elf_parse(&elf, vmlinux, image->path, err);
	if (code == 0)
		code = parse(&store, &elf, &symbols, err);
	if (code == 0)
		code = write_symbols(&store, &symbols, err);
	if (code == 0)
		code = write_found(&store, &elf, &symbols, err);
	return code < 0 ? code : write_header(&store, err);
}
