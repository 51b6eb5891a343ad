/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints what is read of a kernel, for comparison with others who read it:
 *
 *	image-dump FILE CACHE|- facts		release, machine, segments, lengths of the lists
 *	image-dump FILE CACHE|- symbols		address, type, name; as in /proc/kallsyms
 *	image-dump FILE CACHE|- vmlinux		the unpacked bytes
 *	image-dump FILE CACHE|- exports		CRC, name, EXPORT_SYMBOL[_GPL], namespace
 *	image-dump FILE CACHE|- config FILE|- OPTION...
 *	image-dump FILE CACHE|- open		milliseconds that opening took
 *	image-dump FILE CACHE|- sizeof TYPE...
 *	image-dump FILE CACHE|- member TYPE PATH...	offset and size of each
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "image/image.h"

static int print_symbol(void *context, const struct image_symbol *symbol)
{
	printf("%016" PRIx64 " %c %s\n", symbol->address, symbol->type, symbol->name);
	return 0;
}

static void print_facts(const struct image *image)
{
	struct err lacks = {.text = "yes"};
	const struct image_relocs *relocs = image_relocs(image);
	const struct image_segment *segments;
	size_t count;

	segments = image_segments(image, &count);
	printf("release %s\nbanner %s\nmachine %u\nbytes %zu\nsymbols %zu\n", image_release(image),
	       image_banner(image), image_machine(image), image_bytes(image).n,
	       image_symbol_count(image));
	printf("relocs %zu %zu %zu\n", relocs->abs64.n / 4, relocs->inverse32.n / 4,
	       relocs->abs32.n / 4);
	image_bootable(image, &lacks);
	printf("bootable %s\n", lacks.text);
	for (size_t i = 0; i < count; i++)
		printf("segment %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %u\n",
		       segments[i].vaddr, segments[i].paddr, segments[i].offset, segments[i].filesz,
		       segments[i].memsz, segments[i].flags);
}

static void print_exports(const struct image *image)
{
	for (size_t i = 0; i < image_export_count(image); i++) {
		struct image_export export = image_export_at(image, i);

		printf("0x%08" PRIx32 "\t%s\t%s\t%s\n", export.crc, export.name,
		       export.gpl ? "EXPORT_SYMBOL_GPL" : "EXPORT_SYMBOL", export.name_space);
	}
}

static int print_config(struct image *image, char **argv, struct err *err)
{
	int code = strcmp(argv[0], "-") == 0 ? 0 : image_add_config(image, argv[0], err);

	for (argv++; code == 0 && *argv; argv++) {
		const char *value = image_config(image, *argv);

		printf("%s %s\n", *argv, value ? value : "is not set");
	}
	return code;
}

static int print_size(const struct image *image, const char *type, struct err *err)
{
	uint32_t size;
	int code = image_sizeof(image, type, &size, err);

	if (code == 0)
		printf("%s %" PRIu32 "\n", type, size);
	return code;
}

static int print_member(const struct image *image, const char *type, const char *path,
			struct err *err)
{
	uint32_t offset, size;
	int code = image_member(image, type, path, &offset, &size, err);

	if (code == 0)
		printf("%s.%s %" PRIu32 " %" PRIu32 "\n", type, path, offset, size);
	return code;
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int run(int argc, char **argv, struct err *err)
{
	const char *cache = strcmp(argv[2], "-") == 0 ? NULL : argv[2];
	DEFER(image_closep) struct image *image = NULL;
	double start = milliseconds();
	int code = image_open(&image, argv[1], cache, err);

	if (code == 0 && strcmp(argv[3], "open") == 0)
		printf("%.3f\n", milliseconds() - start);
	else if (code == 0 && strcmp(argv[3], "facts") == 0)
		print_facts(image);
	else if (code == 0 && strcmp(argv[3], "vmlinux") == 0)
		fwrite(image_bytes(image).p, 1, image_bytes(image).n, stdout);
	else if (code == 0 && strcmp(argv[3], "exports") == 0)
		print_exports(image);
	else if (code == 0 && strcmp(argv[3], "config") == 0 && argc > 4)
		code = print_config(image, argv + 4, err);
	else if (code == 0 && strcmp(argv[3], "symbols") == 0)
		image_each_symbol(image, print_symbol, NULL);
	else if (code == 0 && strcmp(argv[3], "sizeof") == 0)
		for (int i = 4; i < argc && code == 0; i++)
			code = print_size(image, argv[i], err);
	else if (code == 0 && strcmp(argv[3], "member") == 0)
		for (int i = 5; i < argc && code == 0; i++)
			code = print_member(image, argv[4], argv[i], err);
	return code;
}

int main(int argc, char **argv)
{
	struct err err = {0};

	if (argc < 4)
		return 2;
	if (run(argc, argv, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return 0;
}
