/* SPDX-License-Identifier: GPL-2.0-only */
/* Why the CRC of a symbol differs: which type changed between the kernel that a module is built for
 * and the one it is checked against, when both are at hand. */
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/check.h"

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

void check_change(const struct check_kernel *kernel, const struct ko *ko,
		  struct load_verdict *verdict)
{
	DEFER(image_closep) struct image *own = NULL;
	size_t count = 0;

	vec_foreach (&verdict->reasons, reason) {
		DEFER(buf_free) struct buf text = {0};

		if (!is_disagreement(reason))
			continue;
		if (count++ == SYMBOLS_MAX)
			break;
		if (!own && !(own = own_image(ko)))
			return;
		if (image_type_change(own, kernel->image, reason->subject, &text))
			reason->change = arena_strdup(verdict->arena, buf_string(&text));
	}
}
