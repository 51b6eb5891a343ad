/* SPDX-License-Identifier: GPL-2.0-only */
/* Why the CRC of a symbol differs: which type changed between the kernel that a module is built for
 * and the one it is checked against, when both are at hand: as .symtypes files or in the images. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/check.h"
#include "cli/option.h"
#include "image/symtypes.h"

/* A search takes some milliseconds, and a module may disagree about hundreds of symbols. */
enum { SYMBOLS_MAX = 8 };

static bool is_disagreement(const struct load_reason *reason)
{
	return reason->subject && reason->wanted &&
	       (strcmp(reason->id, "L-VER-02") == 0 || strcmp(reason->id, "L-VER-05") == 0);
}

/* The image of the kernel that a module is built for; the caller closes it. */
static struct image *own_image(const struct ko *ko)
{
	DEFER(kernel_freep) struct kernel *kernel = NULL;
	DEFER(mem_freep) char *cache_dir = NULL;
	struct image *image = NULL;

	if (!ko_release(ko)[0] || catalogue_find(&kernel, ko_release(ko), NULL) < 0 ||
	    !kernel->vmlinuz)
		return NULL;
	file_cache_dir(&cache_dir, NULL);
	image_open(&image, kernel->vmlinuz, cache_dir, NULL);
	return image;
}

static bool find_symtypes(struct symtypes *out, const struct cli_list *directories,
			  const char *symbol, const char *crc)
{
	for (size_t i = 0; i < directories->n; i++)
		if (symtypes_find(out, directories->p[i], symbol, (uint32_t)strtoul(crc, NULL, 16),
				  NULL) == 0)
			return true;
	return false;
}

static bool symtypes_tell(const struct cli_list *directories, const struct load_reason *reason,
			  struct buf *out)
{
	DEFER(symtypes_close) struct symtypes from = {0}, to = {0};

	return find_symtypes(&from, directories, reason->subject, reason->found) &&
	       find_symtypes(&to, directories, reason->subject, reason->wanted) &&
	       symtypes_change(&from, &to, reason->subject, out);
}

static bool images_tell(struct image **own, const struct check_kernel *kernel, const struct ko *ko,
			const char *symbol, struct buf *out)
{
	if (!*own)
		*own = own_image(ko);
	return *own && image_type_change(*own, kernel->image, symbol, out);
}

void check_change(const struct check_kernel *kernel, const struct ko *ko,
		  const struct cli_list *symtypes, struct load_verdict *verdict)
{
	DEFER(image_closep) struct image *own = NULL;
	size_t count = 0;

	vec_foreach (&verdict->reasons, reason) {
		DEFER(buf_free) struct buf text = {0};

		if (!is_disagreement(reason))
			continue;
		if (count++ == SYMBOLS_MAX)
			break;
		if (symtypes_tell(symtypes, reason, &text) ||
		    images_tell(&own, kernel, ko, reason->subject, &text))
			reason->change = arena_strdup(verdict->arena, buf_string(&text));
	}
}
