/* SPDX-License-Identifier: GPL-2.0-only */
/* Making a directory of the cache in one step. Private to src/image. */
#ifndef LKM_IMAGE_STAGE_H
#define LKM_IMAGE_STAGE_H

#include "base/err.h"

/* A hidden directory CACHE/KIND/.new-XXXXXX, which is locked while its maker lives. */
struct stage {
	char *parent;	 /* CACHE/KIND */
	char *directory; /* for packages and the like */
	char *root;	 /* what becomes CACHE/KIND/NAME */
	int lock;	 /* -1: there is none */
};

/* Also removes what makers that were killed have left. */
int stage_open(struct stage *stage, const char *cache_dir, const char *kind, struct err *err);
/* Gives root its name; what had it before is removed. */
int stage_commit(struct stage *stage, const char *name, struct err *err);
/* What to say when a program failed that wrote there: that the disk is full, when it is; else err
 * stays as it is. Returns err's code. */
int stage_explain(const struct stage *stage, int code, struct err *err);
void stage_close(struct stage *stage); /* serves as DEFER destructor, also after commit */

#endif
