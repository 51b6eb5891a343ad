/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of a struct ko; for the files of src/ko only.
 *
 * Opening a file passes the gate (elf.c) and decodes .modinfo. Every other table is decoded at its
 * first use, into the arena, so that a caller pays only for what it asks for.
 */
#ifndef LKM_KO_OBJECT_H
#define LKM_KO_OBJECT_H

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "ko/ko.h"
#include "ko/unpacker.h"

/* What serves several modules, one after the other. */
struct ko_memory {
	struct arena *arena;
	struct ko_unpacker unpacker;
	struct buf unpacked;
	bool unseen; /* as file_open_at() has it */
};

/* A table decoded at its first use: p is NULL until then. */
#define KO_TABLE(type)                                                                             \
	struct {                                                                                   \
		type *p;                                                                           \
		size_t n;                                                                          \
	}

struct ko {
	char *path;
	struct ko_memory *memory;
	bool owns_memory;
	struct arena *arena; /* of memory */
	enum ko_container container;

	struct file_map map; /* of ko_open() */
	int fd;		     /* of ko_open_at(); -1: the window has all bytes */
	struct file_id file;
	uint64_t size;
	uint64_t window_offset;
	struct span window; /* the bytes that were read last */
	struct err fault;   /* the first part that could not be read */
	bool is_tolerant;   /* of ko_open_at(): read as kmod reads it */

	unsigned int machine;
	bool is_64bit, big_endian;
	KO_TABLE(struct ko_section) sections;
	struct span *contents; /* of the sections; p is NULL until it was asked for */

	KO_TABLE(struct ko_info) infos;
	KO_TABLE(struct ko_info) description;
	const char *name, *release;

	KO_TABLE(const struct ko_param) params;
	KO_TABLE(const char *) depends;
	KO_TABLE(struct ko_symbol) symbols;
	KO_TABLE(struct ko_link) undefined;	/* with the next two, of linkage.c */
	KO_TABLE(struct ko_symbol) crc_symbols; /* of what it exports */
	bool has_symbols, has_names;		/* what kmod takes from its symbol table */
	KO_TABLE(struct ko_export) exports;
	KO_TABLE(struct ko_version) versions;
	bool has_endless_version; /* once that is there */
};

/* The struct behind a caller's const pointer: decoding on demand changes nothing that a caller
 * can see. */
static inline struct ko *ko_mutable(const struct ko *ko)
{
	return (struct ko *)ko;
}

/* bytes.c: length bytes at offset of the file, which live as long as the ko. False: they are not in
 * it, or cannot be read. */
bool ko_fetch(struct ko *ko, uint64_t offset, uint64_t length, struct span *out);
/* Reads what will be fetched in pieces in one go. */
void ko_fetch_ahead(struct ko *ko, uint64_t offset, uint64_t length);
/* The contents of two sections in one go, when they lie near to each other. */
void ko_fetch_together(struct ko *ko, const struct ko_section *a, const struct ko_section *b);
void ko_hold_bytes(struct ko *ko, struct span bytes); /* borrowed: they are the file */

int ko_elf_gate(struct ko *ko, struct err *err); /* elf.c */
/* kmod's number for what is damaged, in the place of the one that is told. */
int ko_damaged(struct err *err);
int ko_modinfo_decode(struct ko *ko, struct err *err);

/* symbol.c: the symbol table as it lies in the file; all entries lie inside. */
struct ko_symbol_table {
	struct span entries, names;
	size_t n, entry;	    /* how many; bytes of one */
	size_t info_at, section_at; /* where an entry has st_info and st_shndx */
	uint64_t names_end;	    /* no name may lie behind it */
	bool is_there, is_64bit, big_endian;
};
bool ko_symbol_table(struct ko *ko, struct ko_symbol_table *table); /* false: out of memory */
struct ko_symbol ko_symbol_of(const struct ko_symbol_table *table, const unsigned char *entry);

/* section.c: whether the file has bytes of it. */
bool ko_section_has_content(const struct ko *ko, const struct ko_section *section);

/* Of a section's name, the bytes behind the first, in which those that are looked for differ:
 * numbers are compared sooner than names. */
static inline uint32_t ko_name_mark(const char *name)
{
	if (!name[0] || !name[1] || !name[2])
		return 0;
	return (uint32_t)(unsigned char)name[1] << 16 | (uint32_t)(unsigned char)name[2] << 8 |
	       (unsigned char)name[3];
}

/* The first section of that name that is part of the loaded module (SHF_ALLOC), as the kernel
 * looks sections up; its bytes, empty when there is none. */
const struct ko_section *ko_section_loaded(const struct ko *ko, const char *name);
struct span ko_section_bytes(const struct ko *ko, const char *name);

/* A string table that is safe to take strings from: the given one when its last byte is NUL, else
 * a copy with a NUL behind it. p is NULL when out of memory. */
struct span ko_strings(struct ko *ko, struct span table);
/* The string at offset of such a table, "" when outside. */
const char *ko_string(struct span strings, uint64_t offset);

/* Reads the fields of an ELF structure one after the other; 0 behind the end of the bytes. */
struct ko_reader {
	struct span bytes;
	uint64_t offset;
	unsigned int word; /* bytes of an address: 4 or 8 */
	bool big_endian;
};

static inline struct ko_reader ko_reader(const struct ko *ko, struct span bytes, uint64_t offset)
{
	return (struct ko_reader){bytes, offset, ko->is_64bit ? 8 : 4, ko->big_endian};
}

static inline uint64_t ko_read(struct ko_reader *reader, unsigned int width)
{
	uint64_t value = 0;

	span_number(reader->bytes, reader->offset, width, reader->big_endian, &value);
	reader->offset += width;
	return value;
}

/* A field of the size of an address. */
static inline uint64_t ko_read_word(struct ko_reader *reader)
{
	return reader->word == 8 ? ko_read(reader, 8) : ko_read(reader, 4);
}

#endif
