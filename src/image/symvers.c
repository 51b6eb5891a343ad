/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel that is known by its headers only: the directory that modules are built in.
 *
 *	Module.symvers			one export a line, with tabs between: 0xCRC, name, owner
 *					("vmlinux" or a module's path), EXPORT_SYMBOL or
 *					EXPORT_SYMBOL_GPL, namespace
 *	include/config/auto.conf	the configuration, "CONFIG_X=value"
 *	include/generated/utsrelease.h	#define UTS_RELEASE "6.1.0-56-amd64"
 *
 * From these vermagic is composed as include/linux/vermagic.h does. What is in no header is
 * unknown: symbols, types, addresses, keys.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "image/internal.h"

enum { TEXT_MAX = 64 << 20, COLUMNS = 5 };
static const char HEX_DIGITS[] = "0123456789abcdefABCDEF", KIND[] = "EXPORT_";
enum { COLUMN_CRC, COLUMN_NAME, COLUMN_OWNER, COLUMN_KIND, COLUMN_SPACE };

static const struct {
	const char *option, *word; /* of vermagic */
	unsigned int machine;
} machines[] = {
	{"CONFIG_X86_64", "", EM_X86_64},
	{"CONFIG_ARM64", "aarch64", EM_AARCH64},
	{"CONFIG_RISCV", "riscv", EM_RISCV},
};

/* "0x" and hexadecimal digits, or nothing where CRCs are not to be seen. */
static bool is_crc(const char *text)
{
	if (!text[0])
		return true;
	return strncmp(text, "0x", 2) == 0 && text[2] && !text[2 + strspn(text + 2, HEX_DIGITS)];
}

/* Cuts a line at its tabs; false when it is no row of an export. */
static bool cut_line(char *line, char *columns[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		columns[i] = line ? strsep(&line, "\t") : NULL;
		if (!columns[i] && i < COLUMN_SPACE)
			return false;
	}
	return is_crc(columns[COLUMN_CRC]) && columns[COLUMN_NAME][0] &&
	       strncmp(columns[COLUMN_KIND], KIND, strlen(KIND)) == 0;
}

static int add_line(struct image *image, char *line, size_t number, struct err *err)
{
	const char *text = image->symvers.p;
	struct export_entry *entry;
	char *columns[COLUMNS], *space;

	if (!line[0])
		return 0;
	if (!cut_line(line, columns))
		return err_set(
			err, -EBADMSG,
			"line %zu of the Module.symvers of %s is no export: CRC, name, owner "
			"and EXPORT_SYMBOL or EXPORT_SYMBOL_GPL with tabs between",
			number, image->path);
	entry = vec_push(&image->owned.list);
	if (!entry)
		return err_no_memory(err);
	space = columns[COLUMN_SPACE];
	*entry = (struct export_entry){
		.name = (uint32_t)(columns[COLUMN_NAME] - text),
		.name_space = space && space[0] ? (uint32_t)(space - text) : 0,
		.crc = (uint32_t)strtoul(columns[COLUMN_CRC], NULL, 16),
	};
	if (columns[COLUMN_CRC][0] && image_config(image, "CONFIG_MODVERSIONS"))
		entry->flags |= EXPORT_HAS_CRC;
	if (strstr(columns[COLUMN_KIND], "_GPL"))
		entry->flags |= EXPORT_GPL;
	if (strcmp(columns[COLUMN_OWNER], "vmlinux") != 0)
		entry->flags |= EXPORT_OF_MODULE;
	return 0;
}

int image_symvers_index(struct image *image, struct err *err)
{
	char *rest, *line;
	size_t number = 0;
	int code = 0;

	rest = buf_string(&image->symvers) ? image->symvers.p : NULL;
	while (code == 0 && rest && (line = strsep(&rest, "\n")))
		code = add_line(image, line, ++number, err);
	if (code == 0 && image->owned.list.n == 0)
		code = err_set(err, -EBADMSG, "the Module.symvers of %s has no line of an export",
			       image->path);
	if (code < 0)
		return code;
	image->elf.file = buf_span(&image->symvers);
	if (!image_exports_index(&image->owned, image->elf.file))
		return err_no_memory(err);
	image->exports = (struct exports){image->owned.list.p, image->owned.table,
					  image->owned.list.n, image->owned.table_size};
	return 0;
}

static int read_symvers(struct image *image, const char *path, struct err *err)
{
	int code = file_read(path, TEXT_MAX, &image->symvers, err);

	return code < 0 ? code : image_symvers_index(image, err);
}

static int read_release(struct image *image, const char *path, struct err *err)
{
	DEFER(buf_free) struct buf text = {0};
	const char *word;
	int code = file_read(path, TEXT_MAX, &text, err);

	if (code < 0)
		return code;
	word = strstr(buf_string(&text), "UTS_RELEASE \"");
	if (!word)
		return err_set(err, -EBADMSG, "%s does not tell the release", path);
	word += strlen("UTS_RELEASE \"");
	image->release = mem_format("%.*s", (int)strcspn(word, "\"\n"), word);
	image->banner = mem_format("Linux version %s", image->release ? image->release : "");
	return image->release && image->banner ? 0 : err_no_memory(err);
}

static const char *word(const struct image *image, const char *option, const char *text)
{
	return image_config(image, option) ? text : "";
}

int image_compose_vermagic(struct image *image, struct err *err)
{
	const char *preempt = word(image, "CONFIG_PREEMPT_BUILD", "preempt ");
	const char *machine = "";

	if (image_config(image, "CONFIG_PREEMPT_RT"))
		preempt = "preempt_rt ";
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (image_config(image, machines[i].option)) {
			image->elf.machine = machines[i].machine;
			machine = machines[i].word;
		}
	image->vermagic =
		mem_format("%s %s%s%s%s%s", image->release, word(image, "CONFIG_SMP", "SMP "),
			   preempt, word(image, "CONFIG_MODULE_UNLOAD", "mod_unload "),
			   word(image, "CONFIG_MODVERSIONS", "modversions "), machine);
	return image->vermagic ? 0 : err_no_memory(err);
}

int image_open_headers(struct image **out, const char *directory, struct err *err)
{
	DEFER(image_closep) struct image *image = mem_zalloc(sizeof(*image));
	DEFER(mem_freep) char *release = mem_format("%s/include/generated/utsrelease.h", directory);
	DEFER(mem_freep) char *config = mem_format("%s/include/config/auto.conf", directory);
	DEFER(mem_freep) char *symvers = mem_format("%s/Module.symvers", directory);
	int code;

	if (!image || !release || !config || !symvers || !(image->path = mem_strdup(directory)))
		return err_no_memory(err);
	image->only_headers = true;
	code = read_release(image, release, err);
	if (code == 0)
		code = image_add_config(image, config, err);
	if (code == 0)
		code = read_symvers(image, symvers, err);
	if (code == 0)
		code = image_compose_vermagic(image, err);
	if (code == 0)
		*out = take_ptr(&image);
	return code;
}
