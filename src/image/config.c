/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration that a kernel was built with: lines "CONFIG_X=value", from the file that comes
 * with its package or, when the kernel carries it (CONFIG_IKCONFIG), from a gzip stream in the
 * image between the texts IKCFG_ST and IKCFG_ED. It is kept as strings, one per line.
 */
#include <errno.h>

#include "base/hash.h"
#include "image/internal.h"
#include "ko/ko.h"

enum { CONFIG_MAX = 4 << 20 };

/* Where an option stands in the table, or the empty place where it would; the table is at most half
 * full. */
static uint32_t *place_of(const struct image *image, struct span option)
{
	const struct image_config_table *table = &image->config_table;
	size_t place = hash_short(option) & (table->size - 1);

	for (; table->places[place]; place = (place + 1) & (table->size - 1)) {
		const char *line = image->config.p + table->places[place] - 1;

		if (strncmp(line, (const char *)option.p, option.n) == 0 && line[option.n] == '=')
			break;
	}
	return &table->places[place];
}

/* A line that sets an option: where it begins, and how long the name is. */
struct setting {
	uint32_t line, name;
};

struct settings {
	VEC(struct setting) list;
};

static void settings_free(struct settings *settings)
{
	vec_free(&settings->list);
}

/* Cuts the lines. */
static bool find_settings(struct image *image, struct settings *out)
{
	char *begin = image->config.p, *end = begin + image->config.n, *feed;

	for (char *line = begin; line < end; line = feed + 1) {
		struct setting *setting;
		const char *equals;

		feed = memchr(line, '\n', (size_t)(end - line));
		feed = feed ? feed : end;
		*feed = '\0';
		equals = line[0] == '#' ? NULL : memchr(line, '=', (size_t)(feed - line));
		if (!equals)
			continue;
		setting = vec_push(&out->list);
		if (!setting)
			return false;
		*setting = (struct setting){(uint32_t)(line - begin), (uint32_t)(equals - line)};
	}
	return true;
}

/* Makes a hash table of offsets, plus one, of the lines that set an option; the last one counts. */
static bool take_lines(struct image *image)
{
	struct image_config_table *table = &image->config_table;
	DEFER(settings_free) struct settings settings = {0};

	if (image->config.n == 0)
		return true;
	if (!find_settings(image, &settings))
		return false;
	for (table->size = 64; table->size < 2 * settings.list.n;)
		table->size *= 2;
	table->places = mem_array(table->size, sizeof(*table->places));
	if (!table->places)
		return false;
	vec_foreach (&settings.list, setting) {
		const char *line = image->config.p + setting->line;

		*place_of(image, span_of(line, setting->name)) = setting->line + 1;
	}
	return true;
}

void image_config_release(struct image *image)
{
	buf_free(&image->config);
	mem_free(take_ptr(&image->config_table.places));
}

/* /proc/config.gz */
static int unpack(struct image *image, const char *path, struct err *err)
{
	DEFER(buf_free) struct buf packed = image->config;

	image->config = (struct buf){0};
	return ko_container_unpack(buf_span(&packed), path, CONFIG_MAX, &image->config, err);
}

int image_add_config(struct image *image, const char *path, struct err *err)
{
	int code;

	image_config_release(image);
	code = file_read(path, CONFIG_MAX, &image->config, err);
	if (code < 0)
		return code;
	if (ko_container_of(buf_span(&image->config)) == KO_GZIP)
		code = unpack(image, path, err);
	if (code < 0) {
		image_config_release(image);
		return code;
	}
	image->config_read = true;
	return take_lines(image) ? 0 : err_no_memory(err);
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
	    ko_container_unpack(stream, image->path, CONFIG_MAX, &image->config, NULL) < 0 ||
	    !take_lines(image))
		image_config_release(image);
}

const char *image_config(const struct image *image, const char *option)
{
	struct image *owner = (struct image *)image;
	uint32_t place;

	if (!image->config_read)
		read_embedded(owner);
	owner->config_read = true;
	if (!image->config_table.places)
		return NULL;
	place = *place_of(image, span_text(option));
	return place ? image->config.p + place - 1 + strlen(option) + 1 : NULL;
}
