/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernels at hand: installed ones (/boot, /lib/modules/REL, /usr/lib/modules/REL) and those
 * in the cache (CACHE/kernels/REL, unpacked packages or added files).
 */
#ifndef LKM_IMAGE_CATALOGUE_H
#define LKM_IMAGE_CATALOGUE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"

struct kernel {
	char *release;
	char *vmlinuz;	   /* path; NULL: only its modules are at hand */
	char *modules_dir; /* .../lib/modules/REL, with the .ko files; NULL: none at hand */
	char *config;	   /* path; NULL: none */
	char *headers;	   /* the directory given, when it is one to build modules in */
	bool in_cache;	   /* below the cache, so that "kernel rm" may remove it */
};

void kernel_free(struct kernel *kernel); /* NULL is accepted */
DEFINE_DEFER(struct kernel, kernel_free)

/*
 * spec is a release, the path of a vmlinuz or vmlinux, or of a directory that holds a kernel in
 * one of Debian's layouts (boot/vmlinuz-REL, lib/modules/REL/vmlinuz) or its headers. -ENOENT with
 * a sentence that names the command which gets it.
 */
int catalogue_find(struct kernel **out, const char *spec, struct err *err);

/* The one that runs this machine, with what is at hand of it: perhaps only its release. */
int catalogue_running(struct kernel **out, struct err *err);

struct kernel_list {
	struct kernel **p;
	size_t n, size;
};
/* All, sorted by release in version order. */
int catalogue_list(struct kernel_list *out, struct err *err);
void kernel_list_free(struct kernel_list *list); /* serves as DEFER destructor */

/* The directory to build a release's modules in (make -C), installed or in the cache; the caller
 * frees it with mem_free(). -ENOENT with the command that gets it. */
int catalogue_headers(char **out, const char *release, struct err *err);

#endif
