/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds ELF files for tests, of either class and byte order. Written apart from src/ko, so that a
 * mistake there is not made here too.
 */
#ifndef LKM_TESTS_KO_SAMPLE_H
#define LKM_TESTS_KO_SAMPLE_H

#include "base/buf.h"

enum { SAMPLE_SECTIONS = 24 };

struct sample {
	bool is_64bit, big_endian;
	unsigned int machine, type; /* e_machine, e_type */
	unsigned int n;
	struct sample_section {
		const char *name;
		unsigned int type, link, info;
		uint64_t flags, size; /* size: of SHT_NOBITS */
		struct buf data;
	} sections[SAMPLE_SECTIONS];
	struct buf names; /* of symbols */
};

void sample_init(struct sample *sample, bool is_64bit, bool big_endian);
void sample_free(struct sample *sample);

/* All give the index of the new section. */
unsigned int sample_section(struct sample *sample, const char *name, unsigned int type,
			    uint64_t flags, struct span data);
/* A loaded section of bytes, SHF_ALLOC. */
unsigned int sample_loaded(struct sample *sample, const char *name, struct span data);
/* The symbol table, of symbol 0; its string table is the next section. */
unsigned int sample_symbol_table(struct sample *sample);

/* Gives the index of the new symbol. */
unsigned int sample_symbol(struct sample *sample, const char *name, unsigned int info,
			   unsigned int section, uint64_t value);
void sample_rela(struct sample *sample, unsigned int section, uint64_t place, unsigned int symbol,
		 uint64_t addend);
void sample_number(struct sample *sample, unsigned int section, unsigned int width, uint64_t value);

/* The file. Section contents follow the header, then their names, then the section headers. */
void sample_build(struct sample *sample, struct buf *out);
/* Changes one number of a built file. */
void sample_poke(const struct sample *sample, struct buf *file, uint64_t offset, unsigned int width,
		 uint64_t value);
/* Where the header of a section begins. */
uint64_t sample_header_at(const struct sample *sample, const struct buf *file, unsigned int index);

/* A module with all the tables that src/ko reads; ends sample and fills out. Its exports are
 * "first" (any, CRC 0x11111111), "second" (any, CRC 0x22222222, namespace SPACE) and "third" (GPL,
 * CRC 0x33333333). */
void sample_module(struct sample *sample, struct buf *out);

#endif
