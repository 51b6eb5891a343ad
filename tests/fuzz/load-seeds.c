/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument: for each
 * architecture a module that its kernel loads, with every relocation that the loader knows. */
#include <elf.h>
#include <stdio.h>

#include "../ko/sample.h"
#include "base/file.h"
#include "base/mem.h"

enum { STRUCTURE = 1280, NAME_AT = 24, CODE = 8192, STEP = 16 };

/* Relocations that the loader knows and that do not overflow, in ranges; then one that does. */
static const unsigned int x86_64[][2] = {{1, 2}, {4, 4}, {24, 24}, {10, 10}, {0}};
static const unsigned int arm64[][2] = {{257, 257}, {260, 261}, {264, 264}, {266, 266}, {268, 269},
					{275, 278}, {282, 286}, {288, 288}, {290, 290}, {292, 293},
					{299, 299}, {258, 258}, {0}};
static const unsigned int riscv64[][2] = {{2, 2},   {16, 20}, {23, 23}, {26, 28}, {33, 40},
					  {44, 45}, {51, 57}, {59, 61}, {24, 24}, {0}};

static const struct {
	const char *name, *vermagic;
	unsigned int machine;
	const unsigned int (*types)[2];
} kinds[] = {
	{"x86-64", "6.1.0-fuzz SMP mod_unload modversions ", EM_X86_64, x86_64},
	{"arm64", "6.12.0-fuzz SMP mod_unload modversions aarch64", EM_AARCH64, arm64},
	{"riscv64", "6.12.0-fuzz SMP mod_unload modversions riscv", EM_RISCV, riscv64},
};

static void add_modinfo(struct sample *sample, const char *vermagic)
{
	static const char tags[] = "\0name=seed\0intree=Y\0retpoline=Y\0import_ns=SPACE\0vermagic=";
	struct buf text = {0};

	buf_text(&text, "license=GPL");
	buf_add(&text, tags, sizeof(tags) - 1);
	buf_text(&text, vermagic);
	buf_add(&text, "\0", 1);
	sample_loaded(sample, ".modinfo", buf_span(&text));
	buf_free(&text);
}

static void add_versions(struct sample *sample)
{
	static const struct {
		const char *name;
		uint64_t crc;
	} rows[] = {{"module_layout", 0x12345678},
		    {"printk", 0x11111111},
		    {"spaced", 0x33333333},
		    {"param_ops_int", 0x44444444}};
	unsigned int section = sample_loaded(sample, "__versions", span_of("", 0));

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char name[56] = "";

		snprintf(name, sizeof(name), "%s", rows[i].name);
		sample_number(sample, section, 8, rows[i].crc);
		buf_add(&sample->sections[section].data, name, sizeof(name));
	}
}

static void add_structure(struct sample *sample)
{
	static unsigned char bytes[STRUCTURE] = {[NAME_AT] = 's', 'e', 'e', 'd'};
	unsigned int section =
		sample_loaded(sample, ".gnu.linkonce.this_module", span_of(bytes, sizeof(bytes)));

	sample->sections[section].flags |= SHF_WRITE;
}

/* One place for each type, on code that is zero. */
static void add_code(struct sample *sample, const unsigned int (*types)[2], unsigned int symbol,
		     const char *name, const char *rela_name)
{
	static const unsigned char zero[CODE];
	unsigned int code = sample_loaded(sample, name, span_of(zero, sizeof(zero)));
	unsigned int rela = sample_section(sample, rela_name, SHT_RELA, 0, span_of("", 0));

	sample->sections[code].flags |= SHF_EXECINSTR;
	sample->sections[rela].info = code;
	for (; types[0][0]; types++)
		for (unsigned int type = types[0][0]; type <= types[0][1]; type++) {
			sample_number(sample, rela, 8, (uint64_t)type * STEP);
			sample_number(sample, rela, 8, (uint64_t)symbol << 32 | type);
			sample_number(sample, rela, 8, 0);
		}
}

static int write_seed(const char *directory, int kind)
{
	struct sample sample;
	DEFER(buf_free) struct buf file = {0};
	DEFER(mem_freep) char *path = mem_format("%s/%s", directory, kinds[kind].name);
	unsigned int symbol;

	sample_init(&sample, true, false);
	sample.machine = kinds[kind].machine;
	add_modinfo(&sample, kinds[kind].vermagic);
	add_versions(&sample);
	add_structure(&sample);
	sample_symbol_table(&sample);
	symbol = sample_symbol(&sample, "printk", STB_GLOBAL << 4, SHN_UNDEF, 0);
	sample_symbol(&sample, "spaced", STB_GLOBAL << 4, SHN_UNDEF, 0);
	sample_symbol(&sample, "weak", STB_WEAK << 4, SHN_UNDEF, 0);
	add_code(&sample, kinds[kind].types, symbol, ".text", ".rela.text");
	sample_loaded(&sample, ".plt", span_of("", 1));
	sample_loaded(&sample, ".init.plt", span_of("", 1));
	sample_loaded(&sample, ".text.ftrace_trampoline", span_of("", 1));
	sample_loaded(&sample, ".got", span_of("", 1));
	sample_loaded(&sample, ".got.plt", span_of("", 1));
	sample_build(&sample, &file);
	sample_free(&sample);
	return path && file_replace(path, buf_span(&file), 0644, NULL) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	for (int i = 0; i < 3; i++)
		failed |= write_seed(argv[1], i);
	return failed;
}
