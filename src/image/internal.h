/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of src/image share. Nobody else includes this. */
#ifndef LKM_IMAGE_INTERNAL_H
#define LKM_IMAGE_INTERNAL_H

#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"
#include "image/image.h"

/* The ELF structure of a vmlinux, looked at once by image_elf_parse(). */
enum { IMAGE_SEGMENTS_MAX = 32 };

struct image_elf {
	struct span file;
	unsigned int machine;
	bool readable; /* 64-bit little endian; else there are no segments and no sections */
	struct image_segment segments[IMAGE_SEGMENTS_MAX];
	size_t segment_count;
	struct span sections, names; /* section headers and their names */
	uint64_t end;		     /* of the ELF part: what follows is the relocation table */
};

int image_elf_parse(struct image_elf *out, struct span file, const char *path, struct err *err);
/* Bytes of the file at a link address; an address of the per-CPU segment is an offset in it. */
struct span image_elf_at(const struct image_elf *elf, uint64_t address, uint64_t length);
/* The link address of a file offset; false when it is in no segment. */
bool image_elf_address(const struct image_elf *elf, uint64_t offset, uint64_t *address);
/* The contents of a section, false when there is none of this name. */
bool image_elf_section(const struct image_elf *elf, const char *name, struct span *out);
bool image_elf_has_percpu_segment(const struct image_elf *elf);
/* Where the first segment is linked to. */
uint64_t image_elf_base(const struct image_elf *elf);

/* payload.c */
struct payload {
	struct span packed;
	uint64_t size; /* unpacked */
	bool flat;     /* it is no ELF file but a flat Image */
	bool plain;    /* it is not packed */
};
/* Whether the file is a packed kernel or a flat one; *out is filled in then. -ENOEXEC: neither. */
int image_payload_find(struct payload *out, struct span file, const char *path, struct err *err);
/* Unpacks to exactly payload->size bytes at out, which has room for payload_room() bytes. */
int image_payload_unpack(const struct payload *payload, unsigned char *out, const char *path,
			 struct err *err);
uint64_t image_payload_room(const struct payload *payload);

/* flat.c */
enum { IMAGE_FLAT_HEAD = 4096 };
bool image_flat_find(struct payload *out, struct span file);
/* Fills head, IMAGE_FLAT_HEAD bytes that stand before the content in the vmlinux. */
int image_flat_wrap(unsigned char *head, struct span content, const char *path, struct err *err);

/* relocs.c: false (and *out empty) when there is no valid table. */
bool image_relocs_parse(struct image_relocs *out, const struct image_elf *elf);

/*
 * Symbols as the cache keeps them. entries are in kallsyms' order, which is the order of
 * addresses; name is an offset in names. table is a hash table with open addressing: numbers of
 * entries plus one, 0 for an empty place, its length a power of two.
 */
struct symbol_entry {
	uint64_t address;
	uint32_t name;
	uint32_t type;
};

struct symbols {
	const struct symbol_entry *entries;
	const uint32_t *table;
	struct span names; /* NUL-terminated each */
	size_t count, table_size;
};

/* The owned form while it is built. */
struct symbols_new {
	struct symbol_entry *entries;
	uint32_t *table;
	struct buf names;
	size_t count, table_size;
};
void image_symbols_release(struct symbols_new *symbols); /* serves as DEFER destructor */
/* Fills table from entries and names. */
int image_symbols_index(struct symbols_new *symbols, struct err *err);

/* kallsyms.c: -ENOENT when the image has no tables that fit together. */
int image_kallsyms_parse(struct symbols_new *out, const struct image_elf *elf, struct err *err);

/* Exports as the cache keeps them: name and name_space are offsets in the vmlinux, a name_space of
 * 0 is none; table is as that of struct symbols. */
enum { EXPORT_GPL = 1, EXPORT_HAS_CRC = 2, EXPORT_OF_MODULE = 4 /* its text follows the name's */ };
struct export_entry {
	uint32_t name, name_space, crc, flags;
};

struct exports {
	const struct export_entry *entries;
	const uint32_t *table;
	size_t count, table_size;
};

struct exports_new {
	VEC(struct export_entry) list;
	uint32_t *table;
	size_t table_size;
};
void image_exports_release(struct exports_new *exports); /* serves as DEFER destructor */
/* Fills table from list; the names are in file. */
bool image_exports_index(struct exports_new *exports, struct span file);
/* exports.c: of an image that has elf and symbols. */
int image_exports_parse(struct exports_new *out, const struct image *image, struct err *err);

/* export_search.c: the tables where no symbol names them; offsets in the vmlinux. */
struct image_export_tables {
	uint64_t begin, gpl, end;
	struct span crcs; /* empty without MODVERSIONS */
};
bool image_exports_search(const struct image_elf *elf, struct image_export_tables *out);

/* The types of BTF as the cache keeps them: where each begins, and a hash table of those with a
 * name: numbers from 1 on, 0 for an empty place. */
struct types {
	const uint32_t *offsets, *table;
	size_t count, table_size;
};

struct types_new {
	VEC(uint32_t) offsets;
	uint32_t *table;
	size_t table_size;
};
void image_types_release(struct types_new *types); /* serves as DEFER destructor */
/* btf.c: of an image that has elf and symbols; one without BTF has no types. */
int image_types_parse(struct types_new *out, const struct image *image, struct err *err);

struct image {
	char *path; /* for messages */
	uint64_t identity;
	struct file_map input; /* the vmlinux itself, when the file was not packed */
	struct file_map cache; /* what image/cache.c wrote */
	struct image_elf elf;
	struct image_relocs relocs;
	struct symbols symbols;
	struct exports exports;
	struct types types;
	char *banner, *release;
	char *vermagic; /* NULL: it is looked up */
	bool config_read;
	bool only_headers;	  /* then there is no elf but a file: */
	struct buf symvers;	  /* Module.symvers */
	struct exports_new owned; /* its rows */
	struct buf config;	  /* its lines */
	struct image_config_table {
		uint32_t *places; /* NULL: there is no configuration */
		size_t size;
	} config_table;
};

/* config.c */
void image_config_release(struct image *image);

/* symvers.c: indexes the exports in image->symvers (one without a CRC has an empty first column),
 * and composes vermagic from release and configuration. */
int image_symvers_index(struct image *image, struct err *err);
int image_compose_vermagic(struct image *image, struct err *err);

/* cache.c: fills identity, elf and all that was parsed from the file input (its path is
 * image->path). */
int image_cache_load(struct image *image, int input, const char *cache_dir, struct err *err);

/* cache_file.c: maps a file of the cache that was made of the file input; name is for messages. */
int image_cache_read(struct image *image, int input, int fd, const char *name, struct err *err);
/* Unpacks and parses the image's input, and writes that to an empty file. */
int image_cache_write(const struct image *image, int fd, const char *name, struct err *err);

#endif
