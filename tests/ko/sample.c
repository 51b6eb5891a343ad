/* SPDX-License-Identifier: GPL-2.0-only */
#include "sample.h"

#include <assert.h>
#include <elf.h>

static void put(struct buf *out, unsigned int width, bool big_endian, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++) {
		unsigned int shift = 8 * (big_endian ? width - 1 - i : i);
		unsigned char byte = (unsigned char)(value >> shift);

		buf_add(out, &byte, 1);
	}
}

static unsigned int word(const struct sample *sample)
{
	return sample->is_64bit ? 8 : 4;
}

void sample_init(struct sample *sample, bool is_64bit, bool big_endian)
{
	*sample = (struct sample){.is_64bit = is_64bit,
				  .big_endian = big_endian,
				  .machine = is_64bit ? EM_AARCH64 : EM_ARM,
				  .type = ET_REL,
				  .n = 1,
				  .sections[0].name = ""};
	buf_add(&sample->names, "", 1);
}

void sample_free(struct sample *sample)
{
	for (unsigned int i = 0; i < sample->n; i++)
		buf_free(&sample->sections[i].data);
	buf_free(&sample->names);
	sample->n = 0;
}

unsigned int sample_section(struct sample *sample, const char *name, unsigned int type,
			    uint64_t flags, struct span data)
{
	struct sample_section *section = &sample->sections[sample->n];

	assert(sample->n < SAMPLE_SECTIONS);
	*section = (struct sample_section){.name = name, .type = type, .flags = flags};
	buf_add(&section->data, data.p, data.n);
	return sample->n++;
}

unsigned int sample_loaded(struct sample *sample, const char *name, struct span data)
{
	return sample_section(sample, name, SHT_PROGBITS, SHF_ALLOC, data);
}

void sample_number(struct sample *sample, unsigned int section, unsigned int width, uint64_t value)
{
	put(&sample->sections[section].data, width, sample->big_endian, value);
}

static unsigned int symbol_table(const struct sample *sample)
{
	unsigned int i = 1;

	while (sample->sections[i].type != SHT_SYMTAB)
		i++;
	return i;
}

unsigned int sample_symbol(struct sample *sample, const char *name, unsigned int info,
			   unsigned int section, uint64_t value)
{
	unsigned int table = symbol_table(sample);
	struct buf *out = &sample->sections[table].data;
	unsigned int entry = sample->is_64bit ? 24 : 16, index = (unsigned int)(out->n / entry);

	put(out, 4, sample->big_endian, *name ? sample->names.n : 0);
	if (*name)
		buf_add(&sample->names, name, strlen(name) + 1);
	if (!sample->is_64bit) {
		put(out, 4, sample->big_endian, value);
		put(out, 4, sample->big_endian, 0);
	}
	put(out, 1, sample->big_endian, info);
	put(out, 1, sample->big_endian, 0);
	put(out, 2, sample->big_endian, section);
	if (sample->is_64bit) {
		put(out, 8, sample->big_endian, value);
		put(out, 8, sample->big_endian, 0);
	}
	return index;
}

unsigned int sample_symbol_table(struct sample *sample)
{
	unsigned int table = sample_section(sample, ".symtab", SHT_SYMTAB, 0, span_of("", 0));

	sample->sections[table].link =
		sample_section(sample, ".strtab", SHT_STRTAB, 0, span_of("", 0));
	sample_symbol(sample, "", 0, 0, 0);
	return table;
}

void sample_rela(struct sample *sample, unsigned int section, uint64_t place, unsigned int symbol,
		 uint64_t addend)
{
	sample_number(sample, section, word(sample), place);
	sample_number(sample, section, word(sample),
		      sample->is_64bit ? (uint64_t)symbol << 32 | 1 : symbol << 8 | 1);
	sample_number(sample, section, word(sample), addend);
}

static void put_header(const struct sample *sample, struct buf *out, uint64_t table)
{
	bool big = sample->big_endian;
	unsigned char ident[EI_NIDENT] = {ELFMAG0,
					  ELFMAG1,
					  ELFMAG2,
					  ELFMAG3,
					  sample->is_64bit ? ELFCLASS64 : ELFCLASS32,
					  big ? ELFDATA2MSB : ELFDATA2LSB,
					  EV_CURRENT};

	buf_add(out, ident, sizeof(ident));
	put(out, 2, big, sample->type);
	put(out, 2, big, sample->machine);
	put(out, 4, big, EV_CURRENT);
	put(out, word(sample), big, 0); /* e_entry */
	put(out, word(sample), big, 0); /* e_phoff */
	put(out, word(sample), big, table);
	put(out, 4, big, 0); /* e_flags */
	put(out, 2, big, sample->is_64bit ? 64 : 52);
	put(out, 2, big, 0); /* e_phentsize */
	put(out, 2, big, 0); /* e_phnum */
	put(out, 2, big, sample->is_64bit ? 64 : 40);
	put(out, 2, big, sample->n);
	put(out, 2, big, sample->n - 1); /* the names are the last section */
}

static void put_section(const struct sample *sample, struct buf *out,
			const struct sample_section *section, uint64_t name, uint64_t offset)
{
	bool big = sample->big_endian;

	put(out, 4, big, name);
	put(out, 4, big, section->type);
	put(out, word(sample), big, section->flags);
	put(out, word(sample), big, 0);
	put(out, word(sample), big, offset);
	put(out, word(sample), big, section->type == SHT_NOBITS ? section->size : section->data.n);
	put(out, 4, big, section->link);
	put(out, 4, big, section->info);
	put(out, word(sample), big, 1);
	put(out, word(sample), big, 0);
}

void sample_build(struct sample *sample, struct buf *out)
{
	uint64_t offset[SAMPLE_SECTIONS] = {0}, name[SAMPLE_SECTIONS] = {0}, table;
	struct buf names = {0}, body = {0};
	unsigned int header = sample->is_64bit ? 64 : 52;

	if (sample->names.n > 1) {
		struct sample_section *symbols = &sample->sections[symbol_table(sample)];

		buf_add(&sample->sections[symbols->link].data, sample->names.p, sample->names.n);
	}
	buf_add(&names, "", 1);
	for (unsigned int i = 1; i < sample->n; i++) {
		name[i] = names.n;
		buf_add(&names, sample->sections[i].name, strlen(sample->sections[i].name) + 1);
	}
	name[sample->n] = names.n;
	buf_add(&names, ".shstrtab", 10);
	sample_section(sample, ".shstrtab", SHT_STRTAB, 0, buf_span(&names));
	for (unsigned int i = 1; i < sample->n; i++) {
		offset[i] = header + body.n;
		buf_add(&body, sample->sections[i].data.p, sample->sections[i].data.n);
	}
	table = header + body.n;
	put_header(sample, out, table);
	buf_add(out, body.p, body.n);
	for (unsigned int i = 0; i < sample->n; i++)
		put_section(sample, out, &sample->sections[i], name[i], offset[i]);
	buf_free(&names);
	buf_free(&body);
}

void sample_poke(const struct sample *sample, struct buf *file, uint64_t offset, unsigned int width,
		 uint64_t value)
{
	struct buf number = {0};

	put(&number, width, sample->big_endian, value);
	assert(offset + width <= file->n);
	memcpy(file->p + offset, number.p, width);
	buf_free(&number);
}

uint64_t sample_header_at(const struct sample *sample, const struct buf *file, unsigned int index)
{
	unsigned int size = sample->is_64bit ? 64 : 40;

	return file->n - (uint64_t)size * (sample->n - index);
}

/* An entry of a symbol table: three 32-bit fields, each a relocation. strings is the symbol of
 * the section __ksymtab_strings. */
static void put_export(struct sample *sample, unsigned int table, unsigned int relocations,
		       unsigned int value, unsigned int strings, uint64_t name, uint64_t space)
{
	uint64_t place = sample->sections[table].data.n;

	sample_rela(sample, relocations, place, value, 0);
	sample_rela(sample, relocations, place + 4, strings, name);
	sample_rela(sample, relocations, place + 8, strings, space);
	for (int i = 0; i < 3; i++)
		sample_number(sample, table, 4, 0);
}

static void put_version(struct sample *sample, unsigned int section, uint64_t crc, const char *name)
{
	char text[64] = {0};

	strncpy(text, name, sizeof(text) - word(sample));
	sample_number(sample, section, word(sample), crc);
	buf_add(&sample->sections[section].data, text, sizeof(text) - word(sample));
}

void sample_module(struct sample *sample, struct buf *out)
{
	static const char info[] = "license=GPL\0\0\0parm=count:how many\0parmtype=count:int\0"
				   "parmtype=quiet:bool\0depends=one,two-too\0alias=pci:v*\0"
				   "alias=usb:v*\0author=a=b\0name=sample\0"
				   "vermagic=6.1.0-test SMP mod_unload ";
	static const char strings[] = "first\0second\0third\0SPACE\0";
	struct span nothing = span_of("", 0);
	unsigned int text = sample_loaded(sample, ".text", span_of("\xc3", 1));
	unsigned int symtab = sample_symbol_table(sample);
	unsigned int tab = sample_loaded(sample, "__ksymtab", nothing);
	unsigned int gpl = sample_loaded(sample, "__ksymtab_gpl", nothing);
	unsigned int names =
		sample_loaded(sample, "__ksymtab_strings", span_of(strings, sizeof(strings)));
	unsigned int rela = sample_section(sample, ".rela__ksymtab", SHT_RELA, 0, nothing);
	unsigned int rela_gpl = sample_section(sample, ".rela__ksymtab_gpl", SHT_RELA, 0, nothing);
	unsigned int crcs = sample_loaded(sample, "__kcrctab", nothing);
	unsigned int crcs_gpl = sample_loaded(sample, "__kcrctab_gpl", nothing);
	unsigned int versions = sample_loaded(sample, "__versions", nothing);
	unsigned int bss = sample_section(sample, ".bss", SHT_NOBITS, SHF_ALLOC, nothing);
	unsigned int code, names_symbol;

	sample_loaded(sample, ".modinfo", span_of(info, sizeof(info)));
	sample->sections[bss].size = 1 << 20;
	sample->sections[rela].info = tab;
	sample->sections[rela_gpl].info = gpl;
	sample->sections[rela].link = sample->sections[rela_gpl].link = symtab;
	names_symbol = sample_symbol(sample, "", STT_SECTION, names, 0);
	code = sample_symbol(sample, "first", 0x10 | STT_FUNC, text, 0);
	sample_symbol(sample, "printk", 0x10, SHN_UNDEF, 0);
	put_export(sample, tab, rela, code, names_symbol, 0, 25);
	put_export(sample, tab, rela, code, names_symbol, 6, 19);
	put_export(sample, gpl, rela_gpl, code, names_symbol, 13, 25);
	sample_number(sample, crcs, 4, 0x11111111);
	sample_number(sample, crcs, 4, 0x22222222);
	sample_number(sample, crcs_gpl, 4, 0x33333333);
	put_version(sample, versions, 0x12345678, "printk");
	put_version(sample, versions, 0x9abcdef0, "module_layout");
	sample_build(sample, out);
}
