/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of modinfo share: one module, and how it is shown.
 */
#ifndef LKM_CLI_MODINFO_H
#define LKM_CLI_MODINFO_H

#include <jansson.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ko/ko.h"

struct modinfo {
	const char *name;
	const char *path; /* NULL: it is built in */
	struct arena *arena;
	const struct ko_info *infos;
	size_t info_count;
	const struct ko_param *params;
	size_t param_count;
};

struct modinfo_form {
	const char *field; /* only this one, without its name; NULL: all */
	char separator;	   /* '\n' or NUL */
};

/* Appends name and file; true: the rest is of interest, too. */
bool modinfo_show_head(const struct modinfo *module, const struct modinfo_form *form,
		       struct buf *out);
void modinfo_show_rest(const struct modinfo *module, const struct modinfo_form *form,
		       struct buf *out);
/* NULL: out of memory. */
json_t *modinfo_json(const struct modinfo *module, const char *field);

#endif
