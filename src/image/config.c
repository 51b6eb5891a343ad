/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration that a kernel was built with: lines "CONFIG_X=value", from the file that comes
 * with its package or, when the kernel carries it (CONFIG_IKCONFIG), from a gzip stream in the
 * image between the texts IKCFG_ST and IKCFG_ED. It is kept as strings, one per line.
 */
#include <errno.h>

#include "image/internal.h"
#include "ko/ko.h"

enum { CONFIG_MAX = 4 << 20 };

static void split_lines(struct buf *config)
{
	char *feed = config->p, *end = config->p + config->n;

	while (feed < end && (feed = memchr(feed, '\n', (size_t)(end - feed))))
		*feed++ = 0;
}

int image_add_config(struct image *image, const char *path, struct err *err)
{
	struct buf config = {0};
	int code = file_read(path, CONFIG_MAX, &config, err);

	if (code < 0) {
		buf_free(&config);
		return code;
	}
	split_lines(&config);
	buf_free(&image->config);
	image->config = config;
	image->config_read = true;
	return 0;
}

static void read_embedded(struct image *image)
{
	struct span area = image->elf.file, stream;
	const unsigned char *start, *end;

	image_elf_section(&image->elf, ".rodata", &area);
	start = memmem(area.p, area.n, "IKCFG_ST", 8);
	if (!start)
		return;
	stream = span_of(start + 8, area.n - (size_t)(start + 8 - area.p));
	end = memmem(stream.p, stream.n, "IKCFG_ED", 8);
	if (end)
		stream.n = (size_t)(end - stream.p);
	if (ko_container_of(stream) != KO_GZIP ||
	    ko_container_unpack(stream, image->path, CONFIG_MAX, &image->config, NULL) < 0)
		buf_clear(&image->config);
	split_lines(&image->config);
}

const char *image_config(const struct image *image, const char *option)
{
	struct image *owner = (struct image *)image;
	struct span text;
	size_t length = strlen(option);
	const char *line;

	if (!image->config_read)
		read_embedded(owner);
	owner->config_read = true;
	text = buf_span(&image->config);
	for (uint64_t at = 0; at < text.n; at += strlen(line) + 1) {
		line = (const char *)text.p + at;
		if (strncmp(line, option, length) == 0 && line[length] == '=')
			return line + length + 1;
	}
	return NULL;
}
