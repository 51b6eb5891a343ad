/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening a kernel, and what it says of itself. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "image/internal.h"

#define BANNER "Linux version "

/* The banner is found by its symbol, or as the first text of its kind. */
static const char *find_banner(const struct image *image)
{
	struct span start = SPAN_LITERAL(BANNER), area = image->elf.file, symbol;
	uint64_t address = image_address(image, "linux_banner");

	symbol = image_elf_at(&image->elf, address, start.n);
	if (address == 0 || !span_equal(symbol, start)) {
		image_elf_section(&image->elf, ".rodata", &area);
		symbol.p = memmem(area.p, area.n, start.p, start.n);
	}
	if (!symbol.p)
		return NULL;
	return span_string(image->elf.file, (uint64_t)(symbol.p - image->elf.file.p));
}

static int read_banner(struct image *image, struct err *err)
{
	const char *banner = find_banner(image), *word;

	if (!banner)
		return err_set(err, -ENOEXEC, "%s is no Linux kernel: it has no \"%s\"",
			       image->path, BANNER);
	word = banner + strlen(BANNER);
	image->banner = mem_format("%.*s", (int)strcspn(banner, "\n"), banner);
	image->release = mem_format("%.*s", (int)strcspn(word, " \n"), word);
	return image->banner && image->release ? 0 : err_no_memory(err);
}

int image_open(struct image **out, const char *path, const char *cache_dir, struct err *err)
{
	DEFER(image_closep) struct image *image = mem_zalloc(sizeof(*image));
	DEFER(file_closep) int fd = file_open(path, O_RDONLY | O_NONBLOCK, err);
	int code;

	if (fd < 0)
		return fd;
	if (!image || !(image->path = mem_strdup(path)))
		return err_no_memory(err);
	code = image_cache_load(image, fd, cache_dir, err);
	if (code == 0)
		code = read_banner(image, err);
	if (code < 0)
		return code;
	*out = take_ptr(&image);
	return 0;
}

void image_close(struct image *image)
{
	if (!image)
		return;
	mem_free(image->banner);
	mem_free(image->vermagic);
	buf_free(&image->symvers);
	image_exports_release(&image->owned);
	mem_free(image->release);
	image_config_release(image);
	file_unmap(&image->cache);
	file_unmap(&image->input);
	mem_free(image->path);
	mem_free(image);
}

const char *image_release(const struct image *image)
{
	return image->release;
}

const char *image_banner(const struct image *image)
{
	return image->banner;
}

/* Without a symbol: the text that begins with the release and a blank, and with nothing before. */
static const char *search_vermagic(const struct image *image)
{
	struct span area = image->elf.file;
	size_t length = strlen(image->release);
	const unsigned char *hit;

	while (length && (hit = memmem(area.p, area.n, image->release, length))) {
		uint64_t at = (uint64_t)(hit - image->elf.file.p);
		const char *text = span_string(image->elf.file, at);

		if (text && text[length] == ' ' && at && hit[-1] == 0)
			return text;
		area = span_of(hit + 1, area.n - (size_t)(hit + 1 - area.p));
	}
	return NULL;
}

const char *image_vermagic(const struct image *image)
{
	uint64_t address = image_address(image, "vermagic");
	struct span first = image_elf_at(&image->elf, address, 1);

	if (image->vermagic)
		return image->vermagic;
	if (address == 0 || !first.p)
		return search_vermagic(image);
	return span_string(image->elf.file, (uint64_t)(first.p - image->elf.file.p));
}

unsigned int image_machine(const struct image *image)
{
	return image->elf.machine;
}

uint64_t image_identity(const struct image *image)
{
	return image->identity;
}

/* The bytes are a private mapping of a file that nobody writes to. */
void image_let_go(struct span part)
{
	const uintptr_t page = 4096;
	uintptr_t begin = ((uintptr_t)part.p + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)part.p + part.n) & ~(page - 1);

	if (end > begin)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
}

struct span image_bytes(const struct image *image)
{
	return image->elf.file;
}

const struct image_segment *image_segments(const struct image *image, size_t *count)
{
	*count = image->elf.segment_count;
	return image->elf.segments;
}

const struct image_relocs *image_relocs(const struct image *image)
{
	return &image->relocs;
}

struct span image_at(const struct image *image, uint64_t address, uint64_t length)
{
	return image_elf_at(&image->elf, address, length);
}
