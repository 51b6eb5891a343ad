/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels for the cache: from Debian's packages or from files.
 *
 *	CACHE/kernels/REL	a kernel and its modules, as its packages have them
 *	CACHE/headers/REL	what is needed to build modules for it
 *	CACHE/packages/...	one package that was named as a kernel, by its file's stat(2)
 *
 * Everything is made in a hidden directory beside its place and takes the name in one step. What
 * is half-made is removed, also after Ctrl-C, and at the next time when the process was killed.
 */
#ifndef LKM_IMAGE_FETCH_H
#define LKM_IMAGE_FETCH_H

#include <stddef.h>

#include "base/err.h"

struct fetch {
	const char *cache_dir;
	const char *suite; /* of Debian ("bookworm-backports"); NULL: the machine's own apt lists */
	const char *architecture; /* in Debian's words ("arm64"); NULL: the machine's own. Needs a
				   * suite, because the machine has no lists of it */
	/* What is being done now, and how far it is; percent is -1 when that is not known. May be
	 * NULL. */
	void (*progress)(void *context, const char *what, int percent);
	void *context;
};

static inline void fetch_tell(const struct fetch *fetch, const char *what)
{
	if (fetch->progress)
		fetch->progress(fetch->context, what, -1);
}

/* name is a release or a package; metapackages and split packages are followed. What is in the
 * cache already is not fetched again. *release: the kernel's, to be freed with mem_free(). */
int fetch_kernel(const struct fetch *fetch, const char *name, char **release, struct err *err);
/* The headers of a release, unless they are installed or in the cache. */
int fetch_headers(const struct fetch *fetch, const char *release, struct err *err);
/* Takes a kernel from files: packages that belong together, or one vmlinuz. NULL ends the list. */
int fetch_add(const struct fetch *fetch, const char *const *files, char **release, struct err *err);
/* Unpacks a package for use from its file: *root is a directory as catalogue_find() takes one, to
 * be freed with mem_free(). It is kept in the cache until the file changes. */
int fetch_package(const struct fetch *fetch, const char *file, char **root, struct err *err);
/* Removes a kernel and its headers from the cache. */
int fetch_remove(const struct fetch *fetch, const char *release, struct err *err);
/* Removes from the cache what fetch_package() unpacked there. */
int fetch_remove_packages(const struct fetch *fetch, struct err *err);

#endif
