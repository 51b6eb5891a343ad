/* SPDX-License-Identifier: GPL-2.0-only */
/* Small kernel images of every form: what is read of them, how damaged ones are refused, and what
 * the cache does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "../ko/pack.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "sample.h"

static const struct sample plain = {.layout = SAMPLE_OLD_SEQS, .percpu = true, .pad = 8};

static char directory[] = "/tmp/lkm-image-XXXXXX";

static struct arena *arena; /* of paths */

static const char *path_of(const char *name)
{
	return arena_format(arena, "%s/%s", directory, name);
}

static const char *write_file(const char *name, struct span bytes)
{
	const char *path = path_of(name);

	assert_int_equal(file_replace(path, bytes, 0644, NULL), 0);
	return path;
}

static struct image *open_sample(const struct sample *sample)
{
	struct buf file = {0};
	struct image *image = NULL;
	struct err err = {0};

	sample_vmlinux(sample, &file);
	if (image_open(&image, write_file("vmlinux", buf_span(&file)), NULL, &err) < 0)
		fail_msg("%s", err.text);
	buf_free(&file);
	return image;
}

/* Symbols. */

static void check_symbols(const struct image *image, const struct sample *sample)
{
	struct image_symbol symbol;
	uint64_t size;

	assert_int_equal(image_address(image, "_text"), SAMPLE_BASE);
	for (unsigned int i = 0; i < SAMPLE_FUNCTIONS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "f%u", i);
		assert_int_equal(image_address(image, name), SAMPLE_BASE + 0x100 + 16 * i);
		assert_true(
			image_symbol_at(image, SAMPLE_BASE + 0x100 + 16 * i + 15, &symbol, &size));
		assert_string_equal(symbol.name, name);
	}
	assert_int_equal(image_symbol(image, "twice", &symbol), -ENOTUNIQ);
	assert_int_equal(symbol.address, SAMPLE_BASE + 0x3000);
	assert_int_equal(image_address(image, "twice"), 0);
	assert_int_equal(image_symbol(image, "both", &symbol), 0);
	assert_int_equal(symbol.address, SAMPLE_BASE + 0x3030);
	assert_int_equal(symbol.type, 'T');
	assert_int_equal(image_symbol(image, "nothing", &symbol), -ENOENT);
	if (sample->percpu) {
		assert_int_equal(image_symbol(image, "cpu_four", &symbol), 0);
		assert_int_equal(symbol.address, 4);
	}
}

static void test_layouts(void **state)
{
	static const enum sample_layout layouts[] = {SAMPLE_OLD, SAMPLE_OLD_SEQS, SAMPLE_NEW,
						     SAMPLE_PLACE};

	for (int i = 0; i < 4 * 2 * 2; i++) {
		struct sample sample = {
			.layout = layouts[i / 4], .percpu = i & 1, .pad = i & 2 ? 4 : 8};
		struct image *image;

		/* per-CPU offsets cannot be told from their own place */
		if (sample.layout == SAMPLE_PLACE && sample.percpu)
			continue;
		image = open_sample(&sample);
		print_message("layout %d, per-CPU segment %d, alignment %u\n", (int)sample.layout,
			      sample.percpu, sample.pad);
		assert_true(image_symbol_count(image) > SAMPLE_FUNCTIONS);
		check_symbols(image, &sample);
		image_close(image);
	}
}

static void test_symbol_at(void **state)
{
	struct image *image = open_sample(&plain);
	struct image_symbol symbol;
	uint64_t size;

	/* padding belongs to the function before */
	assert_true(image_symbol_at(image, SAMPLE_BASE + 0x3044, &symbol, &size));
	assert_string_equal(symbol.name, "both");
	assert_int_equal(symbol.address, SAMPLE_BASE + 0x3030);
	assert_int_equal(size, 0x20);
	assert_true(image_symbol_at(image, SAMPLE_BASE + 0x3038, &symbol, &size));
	assert_int_equal(size, 0x10);
	assert_true(image_symbol_at(image, SAMPLE_BASE + 0x3061, &symbol, &size));
	assert_string_equal(symbol.name, "same_a");
	assert_int_equal(size, 0x10);
	assert_false(image_symbol_at(image, UINT64_MAX, &symbol, &size));
	assert_true(image_symbol_at(image, 5, &symbol, &size));
	assert_string_equal(symbol.name, "cpu_four");
	image_close(image);
}

static int count_symbol(void *context, const struct image_symbol *symbol)
{
	return ++*(int *)context == 10 ? 77 : 0;
}

static void test_each_symbol(void **state)
{
	struct image *image = open_sample(&plain);
	int count = 0;

	assert_int_equal(image_each_symbol(image, count_symbol, &count), 77);
	assert_int_equal(count, 10);
	image_close(image);
}

/* A byte wrong in any of the tables: no symbols, or ones that differ; never a crash. */
static void test_damaged_kallsyms(void **state)
{
	struct sample sample = {.layout = SAMPLE_NEW, .pad = 8};
	struct buf file = {0};

	sample_vmlinux(&sample, &file);
	for (size_t at = 0x5000; at < 0x8000; at += 13) {
		struct image *image = NULL;
		char kept = file.p[at];
		int code;

		file.p[at] = (char)(kept ^ 0x81);
		code = image_open(&image, write_file("vmlinux", buf_span(&file)), NULL, NULL);
		assert_true(code == 0 || code == -ENOEXEC); /* the banner */
		file.p[at] = kept;
		image_close(image);
	}
	buf_free(&file);
}

/* Other parts. */

static void test_facts(void **state)
{
	struct image *image = open_sample(&plain);
	size_t count;
	const struct image_segment *segments = image_segments(image, &count);

	assert_string_equal(image_release(image), SAMPLE_RELEASE);
	assert_string_equal(image_banner(image), "Linux version " SAMPLE_RELEASE " (somebody) #1");
	assert_int_equal(image_machine(image), EM_X86_64);
	assert_int_equal(count, 2);
	assert_int_equal(segments[0].vaddr, SAMPLE_BASE);
	assert_int_equal(segments[0].paddr, 0x1000000);
	assert_int_equal(segments[1].vaddr, 0);
	assert_int_equal(image_at(image, SAMPLE_BASE, 16).n, 16);
	assert_int_equal(image_at(image, SAMPLE_BASE + segments[0].filesz - 8, 16).n, 0);
	assert_int_equal(image_at(image, 0x1000, 1).n, 0);
	assert_int_equal(image_bootable(image, NULL), 0);
	image_close(image);
}

static void test_relocs(void **state)
{
	struct sample two = {.layout = SAMPLE_PLACE, .pad = 8};
	struct image *image = open_sample(&plain);

	assert_true(image_relocs(image)->has_inverse32);
	assert_int_equal(image_relocs(image)->abs64.n, 4 * SAMPLE_ABS64);
	assert_int_equal(image_relocs(image)->inverse32.n, 4 * SAMPLE_INVERSE);
	assert_int_equal(image_relocs(image)->abs32.n, 4 * SAMPLE_ABS32);
	assert_int_equal(span_le32(image_relocs(image)->abs32, 4), (uint32_t)SAMPLE_BASE + 0x108);
	image_close(image);
	image = open_sample(&two);
	assert_false(image_relocs(image)->has_inverse32);
	assert_int_equal(image_relocs(image)->abs64.n, 4 * SAMPLE_ABS64);
	assert_int_equal(image_relocs(image)->abs32.n, 4 * SAMPLE_ABS32);
	image_close(image);
}

static void check_exports(const struct sample *sample)
{
	static const char *const names[] = {"f1", "f2", "f3"}, *const spaces[] = {"", "SPACE", ""};
	struct image *image = open_sample(sample);
	struct image_export export;

	assert_int_equal(image_export_count(image), 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_string_equal(image_export_at(image, i).name, names[i]);
		assert_true(image_export(image, names[i], &export));
		assert_string_equal(export.name, names[i]);
		assert_string_equal(export.name_space, spaces[i]);
		assert_int_equal(export.gpl, i == 2);
		assert_int_equal(export.has_crc, !sample->no_crcs);
		if (!sample->no_crcs)
			assert_int_equal(export.crc, 0x11111111 * (i + 1));
	}
	assert_false(image_export(image, "f4", &export));
	image_close(image);
}

static void test_exports(void **state)
{
	struct sample flags = {
		.layout = SAMPLE_PLACE, .pad = 4, .flag_table = true, .no_crcs = true};

	check_exports(&plain);
	check_exports(&flags);
	flags.no_crcs = false;
	check_exports(&flags);
}

static void check_member(const struct image *image, const char *path, uint32_t offset,
			 uint32_t size)
{
	uint32_t got[2];

	assert_int_equal(image_member(image, "struct outer", path, &got[0], &got[1], NULL), 0);
	assert_int_equal(got[0], offset);
	assert_int_equal(got[1], size);
}

static void test_types(void **state)
{
	struct image *image = open_sample(&plain);
	struct err err = {0};
	uint32_t offset, size;

	assert_int_equal(image_sizeof(image, "outer", &size, NULL), 0);
	assert_int_equal(size, 40);
	assert_int_equal(image_sizeof(image, "number", &size, NULL), 0);
	assert_int_equal(size, 4);
	check_member(image, "first.y", 4, 4);
	check_member(image, "text", 8, 8);
	check_member(image, "value", 8, 8);
	check_member(image, "list", 16, 20);
	assert_int_equal(image_member(image, "outer", "low", &offset, &size, &err), -ENOENT);
	assert_string_equal(err.text, "the member \"low\" of \"outer\" has no place of its own");
	assert_int_equal(image_member(image, "outer", "first.z", &offset, &size, &err), -ENOENT);
	assert_string_equal(err.text, "this kernel has no member \"first.z\" in \"outer\"");
	assert_int_equal(image_sizeof(image, "inner", &size, &err), -ENOENT);
	assert_string_equal(err.text, "this kernel has no type \"inner\"");
	image_close(image);
}

static void test_config(void **state)
{
	struct sample with = plain;
	struct image *image = open_sample(&plain);

	assert_null(image_config(image, "CONFIG_SMP"));
	assert_int_equal(image_add_config(image,
					  write_file("config", span_text("# CONFIG_A is not set\n"
									 "CONFIG_SMP=y\n"
									 "CONFIG_HZ=250\n")),
					  NULL),
			 0);
	assert_string_equal(image_config(image, "CONFIG_SMP"), "y");
	assert_string_equal(image_config(image, "CONFIG_HZ"), "250");
	assert_null(image_config(image, "CONFIG_A"));
	assert_null(image_config(image, "CONFIG_H"));
	image_close(image);
	with.config = "CONFIG_X=\"text\"\n";
	image = open_sample(&with);
	assert_string_equal(image_config(image, "CONFIG_X"), "\"text\"");
	image_close(image);
}

static void check_not_bootable(const struct sample *sample, const char *word)
{
	struct image *image = open_sample(sample);
	struct err err = {0};

	assert_int_equal(image_bootable(image, &err), -ENOTSUP);
	if (!strstr(err.text, word))
		fail_msg("\"%s\" is not in: %s", word, err.text);
	image_close(image);
}

static void test_not_bootable(void **state)
{
	struct sample sample = plain;

	sample.no_relocs = true;
	check_not_bootable(&sample, "no relocation table");
	sample = plain;
	sample.bad_reloc = true;
	check_not_bootable(&sample, "no relocation table");
	sample = plain;
	sample.no_kallsyms = true;
	check_not_bootable(&sample, "CONFIG_KALLSYMS");
	sample = plain;
	sample.no_btf = true;
	check_not_bootable(&sample, "CONFIG_DEBUG_INFO_BTF");
	sample = plain;
	sample.machine = EM_AARCH64;
	check_not_bootable(&sample, "arm64");
	sample = plain;
	sample.program = true;
	check_not_bootable(&sample, "User Mode Linux");
}

/* Packed images. */

static void pack(struct span in, const char *how, struct buf *out)
{
	if (strcmp(how, "gzip") == 0)
		pack_gzip(in, out);
	else if (strcmp(how, "xz") == 0)
		pack_xz(in, out);
	else if (strcmp(how, "zstd") == 0)
		pack_zstd(in, out);
	else
		sample_lz4(in, out);
	if (strcmp(how, "gzip") != 0)
		sample_number(out, 4, in.n);
}

static void make_bzimage(const char *how, struct buf *out)
{
	struct buf vmlinux = {0}, payload = {0};

	sample_vmlinux(&plain, &vmlinux);
	pack(buf_span(&vmlinux), how, &payload);
	sample_bzimage(buf_span(&payload), out);
	buf_free(&vmlinux);
	buf_free(&payload);
}

static const char *const packers[] = {"gzip", "xz", "zstd", "lz4"};

static void test_packed(void **state)
{
	struct buf vmlinux = {0};

	sample_vmlinux(&plain, &vmlinux);
	for (int i = 0; i < 4; i++) {
		struct buf file = {0};
		struct image *image = NULL;
		struct err err = {0};

		make_bzimage(packers[i], &file);
		if (image_open(&image, write_file("vmlinuz", buf_span(&file)), NULL, &err) < 0)
			fail_msg("%s: %s", packers[i], err.text);
		assert_true(span_equal(image_bytes(image), buf_span(&vmlinux)));
		check_symbols(image, &plain);
		image_close(image);
		buf_free(&file);
	}
	buf_free(&vmlinux);
}

static void check_refused(struct span file, int code, const char *word)
{
	struct image *image = NULL;
	struct err err = {0};

	assert_int_equal(image_open(&image, write_file("vmlinuz", file), NULL, &err), code);
	assert_null(image);
	if (!strstr(err.text, word))
		fail_msg("\"%s\" is not in: %s", word, err.text);
}

static void test_cut_short(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct buf file = {0};

		make_bzimage(packers[i], &file);
		for (size_t n = 0; n < file.n - 104; n += 97) {
			struct image *image = NULL;

			assert_true(image_open(&image, write_file("vmlinuz", span_of(file.p, n)),
					       NULL, NULL) < 0);
		}
		check_refused(span_of(file.p, file.n - 200), -EBADMSG, "cut short");
		buf_free(&file);
	}
}

static void test_wrong_size(void **state)
{
	for (int i = 1; i < 4; i++) {
		for (int difference = -1; difference <= 1; difference += 2) {
			struct buf file = {0};

			make_bzimage(packers[i], &file);
			file.p[file.n - 104] = (char)(file.p[file.n - 104] + difference);
			check_refused(buf_span(&file), difference < 0 && i < 3 ? -EFBIG : -EBADMSG,
				      "");
			buf_free(&file);
		}
	}
}

static void test_other_packers(void **state)
{
	static const struct {
		struct span magic;
		const char *name;
	} others[] = {{SPAN_LITERAL("BZh91AY"), "bzip2"},
		      {SPAN_LITERAL("\x5d\0\0\0\1"), "lzma"},
		      {SPAN_LITERAL("\x89LZO\0\r\n"), "lzo"},
		      {SPAN_LITERAL("12345678"), "unknown way"}};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct buf payload = {0}, file = {0};

		buf_add(&payload, others[i].magic.p, others[i].magic.n);
		sample_number(&payload, 8, 0);
		sample_bzimage(buf_span(&payload), &file);
		check_refused(buf_span(&file), -ENOTSUP, others[i].name);
		buf_free(&payload);
		buf_free(&file);
	}
}

/* A flat Image: its header, as Documentation/arch/arm64/booting.rst and .../riscv/boot-image-header
 * have it, and a banner. */
static void make_flat(const char *magic, struct buf *out)
{
	sample_number(out, 8, 0x20cd5a4d); /* "MZ" and instructions */
	sample_number(out, 8, 0);	   /* text_offset */
	sample_number(out, 8, 0x3000);	   /* size in memory */
	for (int i = 0; i < 4; i++)
		sample_number(out, 8, 0);
	buf_add(out, magic, 4);
	sample_number(out, 4, 0);
	buf_text(out, "Linux version 6.1.0-flat (me@here)\n");
	sample_number(out, 8, 0);
}

static void check_flat(struct span file, unsigned int machine, uint64_t base)
{
	struct image *image = NULL;
	struct err err = {0};
	size_t count;

	if (image_open(&image, write_file("vmlinuz", file), NULL, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(image_release(image), "6.1.0-flat");
	assert_int_equal(image_machine(image), machine);
	assert_int_equal(image_segments(image, &count)->vaddr, base);
	assert_int_equal(count, 1);
	assert_int_equal(image_segments(image, &count)->memsz, 0x3000);
	assert_memory_equal(image_at(image, base + 0x40, 13).p, "Linux version", 13);
	image_close(image);
}

static void test_flat(void **state)
{
	struct buf arm64 = {0}, riscv64 = {0}, gzip = {0}, zboot = {0}, other = {0};

	make_flat("ARM\x64", &arm64);
	make_flat("RSC\x05", &riscv64);
	check_flat(buf_span(&arm64), EM_AARCH64, 0xffff800080000000);
	check_flat(buf_span(&riscv64), EM_RISCV, 0xffffffff80000000);
	pack(buf_span(&arm64), "gzip", &gzip);
	check_flat(buf_span(&gzip), EM_AARCH64, 0xffff800080000000);
	/* drivers/firmware/efi/libstub/zboot-header.S */
	buf_add(&zboot, "MZ\0\0zimg", 8);
	sample_number(&zboot, 4, 0x40);
	sample_number(&zboot, 4, gzip.n);
	sample_number(&zboot, 8, 0);
	buf_add(&zboot, "gzip\0\0\0\0", 8);
	while (zboot.n < 0x40)
		sample_number(&zboot, 8, 0);
	buf_add(&zboot, gzip.p, gzip.n);
	check_flat(buf_span(&zboot), EM_AARCH64, 0xffff800080000000);
	check_refused(span_of(zboot.p, 0x50), -ENOEXEC, "neither a bzImage");
	pack(span_text("no Image, but long enough for the head of one, which has 64 bytes ..."),
	     "gzip", &other);
	check_refused(buf_span(&other), -ENOEXEC, "no Image of arm64");
	check_refused(span_of(gzip.p, gzip.n - 8), -EBADMSG, "");
	buf_free(&arm64);
	buf_free(&riscv64);
	buf_free(&gzip);
	buf_free(&zboot);
	buf_free(&other);
}

static void test_no_kernels(void **state)
{
	struct buf file = {0}, arm = {0}, empty = {0};

	check_refused(span_of("", 0), -ENOEXEC, "empty");
	check_refused(span_text("hello"), -ENOEXEC, "neither a bzImage, an Image nor an ELF file");
	sample_vmlinux(&plain, &file);
	check_refused(span_of(file.p, 100), -ENOEXEC, "no program headers");
	check_refused(span_of(file.p, 0x2000), -ENOEXEC, "outside of the file");
	file.p[offsetof(Elf64_Ehdr, e_type)] = ET_REL;
	check_refused(buf_span(&file), -ENOEXEC, "a module?");
	file.p[offsetof(Elf64_Ehdr, e_type)] = ET_EXEC;
	memset(memmem(file.p, file.n, "Linux version", 13), 'x', 13);
	check_refused(buf_span(&file), -ENOEXEC, "no \"Linux version \"");
	for (int i = 0; i < 14; i++)
		sample_number(&arm, 4, 0);
	buf_text(&arm, "ARM\x64");
	check_refused(buf_span(&arm), -ENOEXEC, "no \"Linux version \"");
	sample_bzimage(span_of("", 0), &empty);
	check_refused(buf_span(&empty), -ENOEXEC, "nothing is packed");
	buf_free(&file);
	buf_free(&arm);
	buf_free(&empty);
	check_refused(span_of("\x7f"
			      "ELF",
			      4),
		      -ENOEXEC, "not an ELF file");
}

/* The cache. */

static char *cached_file(void)
{
	glob_t found;
	char *path;

	assert_int_equal(glob(path_of("cache/images/[0-9a-f][0-9a-f]*"), 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	path = mem_strdup(found.gl_pathv[0]);
	globfree(&found);
	return path;
}

static void open_cached(const char *path, uint64_t identity)
{
	struct image *image = NULL;
	struct err err = {0};

	if (image_open(&image, path, path_of("cache"), &err) < 0)
		fail_msg("%s", err.text);
	if (identity)
		assert_int_equal(image_identity(image), identity);
	check_symbols(image, &plain);
	assert_int_equal(image_relocs(image)->abs64.n, 4 * SAMPLE_ABS64);
	assert_string_equal(image_release(image), SAMPLE_RELEASE);
	image_close(image);
}

static struct stat stat_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st;
}

static void check_remade(const char *path, const char *cached, const char *how)
{
	struct stat before = stat_of(cached), after;

	open_cached(path, 0);
	after = stat_of(cached);
	if (before.st_ino == after.st_ino)
		fail_msg("a cache file that was %s is still used", how);
}

static void poke(const char *path, long offset, int value)
{
	FILE *file = fopen(path, "r+b");

	assert_non_null(file);
	fseek(file, offset, SEEK_SET);
	fputc(value, file);
	fclose(file);
}

static void test_cache(void **state)
{
	struct buf file = {0};
	struct stat before;
	char *cached;
	const char *path;

	make_bzimage("zstd", &file);
	path = write_file("vmlinuz", buf_span(&file));
	open_cached(path, 0);
	cached = cached_file();
	before = stat_of(cached);
	open_cached(path, 0);
	assert_int_equal(stat_of(cached).st_ino, before.st_ino);
	poke(cached, 0, 'x');
	check_remade(path, cached, "damaged at its start");
	poke(cached, 8, 99);
	check_remade(path, cached, "made by another version");
	poke(cached, 60, 0x55);
	check_remade(path, cached, "damaged in its header");
	assert_int_equal(truncate(cached, 100000), 0);
	check_remade(path, cached, "cut short");
	assert_int_equal(truncate(cached, 0), 0);
	check_remade(path, cached, "emptied");
	mem_free(cached);
	buf_free(&file);
	file_remove_tree(path_of("cache"), NULL);
}

/* The link by which a file is known without being read: not before its times are some seconds old,
 * and not any more when it has changed. */
static void test_cache_link(void **state)
{
	struct utimbuf old = {1000000000, 1000000000};
	struct buf file = {0};
	glob_t found;
	const char *path;

	make_bzimage("lz4", &file);
	path = write_file("vmlinuz", buf_span(&file));
	utime(path, &old);
	open_cached(path, 0);
	assert_int_equal(glob(path_of("cache/images/at-*"), 0, NULL, &found), GLOB_NOMATCH);
	sleep(4);
	open_cached(path, 0);
	assert_int_equal(glob(path_of("cache/images/at-*"), 0, NULL, &found), 0);
	globfree(&found);
	assert_int_equal(chmod(path, 0600), 0); /* the same content with another time of change */
	open_cached(path, 0);
	image_forget(path, path_of("cache"));
	assert_int_equal(glob(path_of("cache/images/*"), 0, NULL, &found), GLOB_NOMATCH);
	buf_free(&file);
	file_remove_tree(path_of("cache"), NULL);
}

/* Without a place to write to, memory will do. */
static void test_no_cache(void **state)
{
	struct buf file = {0};
	const char *path;

	write_file("cache", span_text("this is no directory"));
	make_bzimage("gzip", &file);
	path = write_file("vmlinuz", buf_span(&file));
	open_cached(path, 0);
	unlink(path_of("cache"));
	buf_free(&file);
}

/* Fails the n-th allocation until one run needs no more of them. */
static void test_no_memory(void **state)
{
	struct buf file = {0};
	const char *path;
	unsigned long n;
	int code = -1;

	make_bzimage("xz", &file);
	path = write_file("vmlinuz", buf_span(&file));
	for (n = 1; code < 0; n++) {
		struct image *image = NULL;
		struct err err = {0};
		uint32_t size;

		mem_fail_at(n, 0);
		code = image_open(&image, path, NULL, &err);
		if (code == 0)
			code = image_sizeof(image, "outer", &size, &err);
		mem_fail_at(0, 0);
		if (code < 0)
			assert_int_equal(code, -ENOMEM);
		image_close(image);
	}
	assert_true(n > 10);
	buf_free(&file);
}

static int make_directory(void **state)
{
	arena = arena_new();
	return arena && mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	arena_free(arena);
	return file_remove_tree(directory, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),	    cmocka_unit_test(test_symbol_at),
		cmocka_unit_test(test_each_symbol), cmocka_unit_test(test_damaged_kallsyms),
		cmocka_unit_test(test_facts),	    cmocka_unit_test(test_relocs),
		cmocka_unit_test(test_exports),	    cmocka_unit_test(test_types),
		cmocka_unit_test(test_config),	    cmocka_unit_test(test_not_bootable),
		cmocka_unit_test(test_packed),	    cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_wrong_size),  cmocka_unit_test(test_other_packers),
		cmocka_unit_test(test_flat),	    cmocka_unit_test(test_no_kernels),
		cmocka_unit_test(test_cache),	    cmocka_unit_test(test_cache_link),
		cmocka_unit_test(test_no_cache),    cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
