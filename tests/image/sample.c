/* SPDX-License-Identifier: GPL-2.0-only */
#include "sample.h"

#include <assert.h>
#include <elf.h>
#include <lz4.h>
#include <stdio.h>

#include "../ko/pack.h"

enum {
	TEXT_OFFSET = 0x1000, /* of the segment in the file */
	TABLES = 0x4000,      /* of all tables in the segment; functions come before */
	SEGMENT = 0x20000,
	PERCPU = 0x1000,
	SYMBOLS_MAX = 700,
};

struct symbol {
	char type;
	char name[32];
	uint64_t address;
};

struct state {
	const struct sample *sample;
	struct buf segment;
	struct symbol symbols[SYMBOLS_MAX];
	unsigned int count;
};

void sample_number(struct buf *out, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++) {
		unsigned char byte = (unsigned char)(value >> (8 * i));

		buf_add(out, &byte, 1);
	}
}

static void fill_up(struct buf *out, size_t length)
{
	assert(out->n <= length);
	while (out->n < length)
		sample_number(out, 1, 0);
}

static void align(struct buf *out, unsigned int alignment)
{
	while (out->n % alignment)
		sample_number(out, 1, 0);
}

static uint64_t here(const struct state *s)
{
	return SAMPLE_BASE + s->segment.n;
}

static void add_symbol(struct state *s, char type, const char *name, uint64_t address)
{
	struct symbol *symbol = &s->symbols[s->count++];

	assert(s->count <= SYMBOLS_MAX);
	symbol->type = type;
	symbol->address = address;
	snprintf(symbol->name, sizeof(symbol->name), "%s", name);
}

static void add_functions(struct state *s)
{
	if (s->sample->percpu) {
		add_symbol(s, 'A', "cpu_zero", 0);
		add_symbol(s, 'A', "cpu_four", 4);
	}
	add_symbol(s, 'T', "_text", SAMPLE_BASE);
	for (unsigned int i = 0; i < SAMPLE_FUNCTIONS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "f%u", i);
		add_symbol(s, 't', name, SAMPLE_BASE + 0x100 + 16 * i);
	}
	add_symbol(s, 't', "twice", SAMPLE_BASE + 0x3000);
	add_symbol(s, 't', "twice", SAMPLE_BASE + 0x3010);
	add_symbol(s, 't', "both", SAMPLE_BASE + 0x3020);
	add_symbol(s, 'T', "both", SAMPLE_BASE + 0x3030);
	add_symbol(s, 't', "__pfx_padded", SAMPLE_BASE + 0x3040);
	add_symbol(s, 'T', "padded", SAMPLE_BASE + 0x3050);
	add_symbol(s, 'T', "same_a", SAMPLE_BASE + 0x3060);
	add_symbol(s, 'T', "same_b", SAMPLE_BASE + 0x3060);
	add_symbol(s, 'T', "__x64_sys_init_module", SAMPLE_BASE + 0x3070);
	fill_up(&s->segment, TABLES);
}

static void add_data(struct state *s)
{
	static const char *const names[] = {"init_task", "page_offset_base", "vmalloc_base",
					    "vmemmap_base", "__per_cpu_offset"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		add_symbol(s, 'D', names[i], here(s));
		sample_number(&s->segment, 8, 0);
	}
	add_symbol(s, 'D', "linux_banner", here(s));
	buf_text(&s->segment, "Linux version " SAMPLE_RELEASE " (somebody) #1\n");
	sample_number(&s->segment, 1, 0);
	if (s->sample->config) {
		buf_text(&s->segment, "IKCFG_ST");
		pack_gzip(span_text(s->sample->config), &s->segment);
		buf_text(&s->segment, "IKCFG_ED");
	}
}

/* Three exports: f1 CRC 0x11111111; f2 CRC 0x22222222, in a namespace; f3 GPL, CRC 0x33333333. */
static void add_exports(struct state *s)
{
	static const char *const spaces[] = {"", "SPACE", ""};
	const char *const tables[] = {"__ksymtab", "__ksymtab_gpl"};
	const char *const crcs[] = {"__kcrctab", "__kcrctab_gpl"};
	uint64_t names[3], texts[3];
	int split = s->sample->flag_table ? 3 : 2;
	char name[64];

	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "f%d", i + 1);
		names[i] = here(s);
		buf_add(&s->segment, name, strlen(name) + 1);
		texts[i] = here(s);
		buf_add(&s->segment, spaces[i], strlen(spaces[i]) + 1);
	}
	align(&s->segment, 4);
	for (int t = 0; t < (s->sample->flag_table ? 1 : 2); t++) {
		snprintf(name, sizeof(name), "__start_%s", tables[t]);
		add_symbol(s, 'R', name, here(s));
		for (int i = t ? split : 0; i < (t ? 3 : split); i++) {
			uint64_t value = SAMPLE_BASE + 0x100 + 16 * (uint64_t)(i + 1);

			sample_number(&s->segment, 4, value - here(s));
			sample_number(&s->segment, 4, names[i] - here(s));
			sample_number(&s->segment, 4, texts[i] - here(s));
		}
		snprintf(name, sizeof(name), "__stop_%s", tables[t]);
		add_symbol(s, 'R', name, here(s));
	}
	for (int t = 0; t < (s->sample->flag_table ? 1 : 2) && !s->sample->no_crcs; t++) {
		snprintf(name, sizeof(name), "__start_%s", crcs[t]);
		add_symbol(s, 'R', name, here(s));
		for (int i = t ? split : 0; i < (t ? 3 : split); i++)
			sample_number(&s->segment, 4, 0x11111111u * (unsigned int)(i + 1));
		snprintf(name, sizeof(name), "__stop_%s", crcs[t]);
		add_symbol(s, 'R', name, here(s));
	}
	if (s->sample->flag_table) {
		add_symbol(s, 'R', "__start___kflagstab", here(s));
		buf_add(&s->segment, "\0\0\1", 3);
		add_symbol(s, 'R', "__stop___kflagstab", here(s));
	}
}

static void add_btf(struct state *s)
{
	align(&s->segment, 4);
	add_symbol(s, 'R', "__start_BTF", here(s));
	sample_btf(&s->segment);
	add_symbol(s, 'R', "__stop_BTF", here(s));
}

/* kallsyms: token i is the character i; token 0, which no name has, is two characters. */

static void add_tokens(struct state *s)
{
	uint16_t index[256];
	size_t start;

	align(&s->segment, s->sample->pad);
	start = s->segment.n;
	for (int i = 0; i < 256; i++) {
		index[i] = (uint16_t)(s->segment.n - start);
		if (i == 0)
			buf_text(&s->segment, "zz");
		else
			sample_number(&s->segment, 1, (unsigned int)i);
		sample_number(&s->segment, 1, 0);
	}
	align(&s->segment, s->sample->pad);
	for (int i = 0; i < 256; i++)
		sample_number(&s->segment, 2, index[i]);
}

static void add_names(struct state *s, bool close_count)
{
	uint32_t markers[16];
	unsigned int groups = 0;
	size_t start;

	align(&s->segment, s->sample->pad);
	sample_number(&s->segment, 4, s->count);
	if (!close_count)
		align(&s->segment, 8);
	start = s->segment.n;
	for (unsigned int i = 0; i < s->count; i++) {
		if (i % 256 == 0)
			markers[groups++] = (uint32_t)(s->segment.n - start);
		sample_number(&s->segment, 1, 1 + strlen(s->symbols[i].name));
		sample_number(&s->segment, 1, (unsigned char)s->symbols[i].type);
		buf_text(&s->segment, s->symbols[i].name);
	}
	align(&s->segment, s->sample->pad);
	for (unsigned int i = 0; i < groups; i++)
		sample_number(&s->segment, 4, markers[i]);
	if (s->sample->layout == SAMPLE_OLD_SEQS) {
		align(&s->segment, s->sample->pad);
		for (unsigned int i = 0; i < s->count; i++)
			buf_add(&s->segment, "\1\2\3", 3);
	}
}

static void add_offsets(struct state *s)
{
	align(&s->segment, s->sample->pad);
	for (unsigned int i = 0; i < s->count; i++) {
		uint64_t address = s->symbols[i].address;

		if (s->sample->layout == SAMPLE_PLACE)
			sample_number(&s->segment, 4, address - here(s));
		else if (!s->sample->percpu)
			sample_number(&s->segment, 4, address - SAMPLE_BASE);
		else if (address < SAMPLE_BASE)
			sample_number(&s->segment, 4, address);
		else
			sample_number(&s->segment, 4, SAMPLE_BASE - 1 - address);
	}
	if (s->sample->layout == SAMPLE_PLACE)
		return;
	align(&s->segment, 8);
	sample_number(&s->segment, 8, SAMPLE_BASE);
}

static void add_kallsyms(struct state *s)
{
	if (s->sample->layout == SAMPLE_OLD || s->sample->layout == SAMPLE_OLD_SEQS) {
		add_offsets(s);
		add_names(s, false);
		add_tokens(s);
	} else {
		add_names(s, s->sample->layout == SAMPLE_PLACE);
		add_tokens(s);
		add_offsets(s);
	}
}

static void add_list(struct buf *out, unsigned int count, bool bad)
{
	sample_number(out, 4, 0);
	for (unsigned int i = 0; i < count; i++)
		sample_number(out, 4, (bad && i == 3 ? 0x12345678 : SAMPLE_BASE + 0x100 + 8 * i));
}

static void put_headers(const struct sample *sample, struct buf *out)
{
	unsigned int machine = sample->machine ? sample->machine : EM_X86_64;
	Elf64_Ehdr header = {.e_ident = ELFMAG,
			     .e_type = ET_EXEC,
			     .e_machine = (Elf64_Half)machine,
			     .e_version = EV_CURRENT,
			     .e_phoff = sizeof(header),
			     .e_shoff = TEXT_OFFSET + SEGMENT + PERCPU,
			     .e_ehsize = sizeof(header),
			     .e_phentsize = sizeof(Elf64_Phdr),
			     .e_phnum = sample->percpu ? 2 : 1,
			     .e_shentsize = sizeof(Elf64_Shdr),
			     .e_shnum = 1};
	Elf64_Phdr text = {.p_type = PT_LOAD,
			   .p_flags = PF_R | PF_X,
			   .p_offset = TEXT_OFFSET,
			   .p_vaddr = sample->program ? 0x60000000 : SAMPLE_BASE,
			   .p_paddr = 0x1000000,
			   .p_filesz = SEGMENT,
			   .p_memsz = SEGMENT + PERCPU};
	Elf64_Phdr percpu = {.p_type = PT_LOAD,
			     .p_flags = PF_R | PF_W,
			     .p_offset = TEXT_OFFSET + SEGMENT,
			     .p_paddr = 0x1000000 + SEGMENT,
			     .p_filesz = PERCPU,
			     .p_memsz = PERCPU};

	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	buf_add(out, &header, sizeof(header));
	buf_add(out, &text, sizeof(text));
	buf_add(out, &percpu, sizeof(percpu));
}

void sample_vmlinux(const struct sample *sample, struct buf *out)
{
	static struct state s;
	static const Elf64_Shdr section;

	s = (struct state){.sample = sample};
	add_functions(&s);
	add_data(&s);
	add_exports(&s);
	if (!sample->no_btf)
		add_btf(&s);
	if (!sample->no_kallsyms)
		add_kallsyms(&s);
	put_headers(sample, out);
	fill_up(out, TEXT_OFFSET);
	fill_up(&s.segment, SEGMENT);
	buf_add(out, s.segment.p, s.segment.n);
	fill_up(out, TEXT_OFFSET + SEGMENT + PERCPU);
	buf_add(out, &section, sizeof(section));
	buf_free(&s.segment);
	if (sample->no_relocs)
		return;
	add_list(out, SAMPLE_ABS64, sample->bad_reloc);
	if (sample->percpu)
		add_list(out, SAMPLE_INVERSE, false);
	add_list(out, SAMPLE_ABS32, false);
}

void sample_bzimage(struct span payload, struct buf *out)
{
	size_t start = out->n;

	fill_up(out, start + 0x1f1);
	sample_number(out, 1, 3); /* sectors of set-up code behind the first */
	fill_up(out, start + 0x202);
	buf_text(out, "HdrS");
	sample_number(out, 2, 0x20f);
	fill_up(out, start + 0x248);
	sample_number(out, 4, 16);
	sample_number(out, 4, payload.n);
	fill_up(out, start + 4 * 512 + 16);
	buf_add(out, payload.p, payload.n);
	fill_up(out, out->n + 100); /* what follows the payload is no part of it */
}

void sample_lz4(struct span in, struct buf *out)
{
	static const size_t block = 8 << 20;

	buf_text(out, "\x02\x21\x4c\x18");
	for (size_t at = 0; at < in.n; at += block) {
		int length = (int)(in.n - at < block ? in.n - at : block);
		struct buf packed = {0};
		bool good = buf_reserve(&packed, (size_t)LZ4_compressBound(length));

		assert(good);
		packed.n = (size_t)LZ4_compress_default((const char *)in.p + at, packed.p, length,
							LZ4_compressBound(length));
		sample_number(out, 4, packed.n);
		buf_add(out, packed.p, packed.n);
		buf_free(&packed);
	}
}
