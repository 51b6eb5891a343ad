/* SPDX-License-Identifier: GPL-2.0-only */
/* Debian packages through apt, as any user. Private to src/image. */
#ifndef LKM_IMAGE_APT_H
#define LKM_IMAGE_APT_H

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/vec.h"
#include "image/fetch.h"

struct names {
	char **p;
	size_t n, size;
};
void names_free(struct names *names); /* serves as DEFER destructor */
/* Appends a copy unless it is there already; false: no memory. */
bool names_add(struct names *names, const char *name, size_t length);

struct apt {
	const struct fetch *fetch;
	struct names options; /* "-o", "Dir::...=..." for a suite of its own lists */
	char *stamp; /* file whose time says when those were updated; NULL: no such lists */
};

int apt_open(struct apt *apt, const struct fetch *fetch, struct err *err);
void apt_close(struct apt *apt); /* serves as DEFER destructor */
/* Gets the lists anew; only with lists of its own. */
int apt_update(const struct apt *apt, struct err *err);
/* Adds the packages that one depends on (the first of alternatives). -ENOENT: no such package. */
int apt_depends(const struct apt *apt, const char *package, struct names *out, struct err *err);
/* Puts the packages' files into directory. */
int apt_download(const struct apt *apt, const struct names *packages, const char *directory,
		 struct err *err);

#endif
