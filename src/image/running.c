/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel, known only by what it tells below /proc:
 *
 *	/proc/sys/kernel/osrelease	the release
 *	/proc/config.gz			the configuration (CONFIG_IKCONFIG_PROC)
 *	/proc/kallsyms			a line "ADDRESS TYPE NAME" for each symbol, and
 *					"[MODULE]" behind those of modules
 *
 * An export X has a symbol __ksymtab_X, which lies behind __start___ksymtab_gpl when it is for the
 * GPL only. For users without rights all addresses are 0.
 *
 * It becomes the text of a Module.symvers without CRCs, which are not to be seen.
 */
#include <errno.h>
#include <stdlib.h>

#include "image/internal.h"

enum { RELEASE_MAX = 1024, KALLSYMS_MAX = 256 << 20 };

static int read_below(const char *root, const char *path, size_t limit, struct buf *out,
		      struct err *err)
{
	DEFER(mem_freep) char *whole = mem_format("%s%s", root, path);

	return whole ? file_read(whole, limit, out, err) : err_no_memory(err);
}

static int read_release(struct image *image, const char *root, struct err *err)
{
	DEFER(buf_free) struct buf text = {0};
	int code = read_below(root, "/proc/sys/kernel/osrelease", RELEASE_MAX, &text, err);

	if (code < 0)
		return code;
	image->release =
		mem_format("%.*s", (int)strcspn(buf_string(&text), "\n"), buf_string(&text));
	image->banner = mem_format("Linux version %s", image->release ? image->release : "");
	return image->release && image->banner ? 0 : err_no_memory(err);
}

/* The name in a line of the kernel's own symbols; NULL: it is none. */
static char *name_in(char *line)
{
	strsep(&line, " ");
	strsep(&line, " ");
	return line && !strchr(line, '\t') ? line : NULL;
}

static uint64_t address_of(const char *text, const char *symbol)
{
	const char *found = strstr(text, symbol);

	while (found && found > text && found[-1] != '\n')
		found--;
	return found ? strtoull(found, NULL, 16) : 0;
}

static int read_exports(struct image *image, const char *root, bool *gpl_known, struct err *err)
{
	static const char prefix[] = "__ksymtab_";
	DEFER(buf_free) struct buf symbols = {0};
	char *rest, *line, *name;
	uint64_t gpl;
	int code = read_below(root, "/proc/kallsyms", KALLSYMS_MAX, &symbols, err);

	if (code < 0)
		return code;
	gpl = address_of(buf_string(&symbols), " __start___ksymtab_gpl\n");
	*gpl_known = gpl != 0;
	for (rest = symbols.p; rest && (line = strsep(&rest, "\n"));) {
		uint64_t address = strtoull(line, NULL, 16);

		name = name_in(line);
		if (name && strncmp(name, prefix, strlen(prefix)) == 0)
			buf_format(&image->symvers, "\t%s\tvmlinux\tEXPORT_SYMBOL%s\n",
				   name + strlen(prefix), gpl && address >= gpl ? "_GPL" : "");
	}
	if (image->symvers.n == 0)
		return err_set(err, -ENOENT, "%s/proc/kallsyms shows no export", root);
	return image_symvers_index(image, err);
}

int image_open_running(struct image **out, const char *root, const char *config, bool *gpl_known,
		       struct err *err)
{
	DEFER(image_closep) struct image *image = mem_zalloc(sizeof(*image));
	DEFER(mem_freep) char *own_config = mem_format("%s/proc/config.gz", root);
	int code;

	if (!image || !own_config || !(image->path = mem_format("%s/proc", root)))
		return err_no_memory(err);
	image->only_headers = true;
	code = read_release(image, root, err);
	if (code == 0)
		code = image_add_config(image, config ? config : own_config, err);
	if (code == 0)
		code = read_exports(image, root, gpl_known, err);
	if (code == 0)
		code = image_compose_vermagic(image, err);
	if (code == 0)
		*out = take_ptr(&image);
	return code;
}
