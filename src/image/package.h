/* SPDX-License-Identifier: GPL-2.0-only */
/* Packages that belong together: found, fetched, unpacked. Private to src/image. */
#ifndef LKM_IMAGE_PACKAGE_H
#define LKM_IMAGE_PACKAGE_H

#include "image/apt.h"
#include "image/stage.h"

/* The rest of a package's name behind one of the beginnings (up to NULL); NULL: it is another. */
const char *package_part(const char *package, const char *const *beginnings);
/* first, and what it depends on as far as the names begin so. */
int package_collect(const struct apt *apt, const char *first, const char *const *beginnings,
		    struct names *out, struct err *err);
/* Unpacks a file into the stage's root. */
int package_unpack(const struct fetch *fetch, const char *package, const struct stage *stage,
		   struct err *err);
/* Gets all and unpacks them there. */
int package_fetch(const struct apt *apt, const struct names *packages, const struct stage *stage,
		  struct err *err);

#endif
