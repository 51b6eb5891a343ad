/* SPDX-License-Identifier: GPL-2.0-only */
/* Parameters of a module; for param.c, param_type.c and sysfs.c. */
#ifndef LKM_LOAD_PARAM_H
#define LKM_LOAD_PARAM_H

#include "load/walk.h"

/* Instead of an errno: the module's own code decides. */
enum { PARAM_OWN = 1 };

struct param {
	const char *name; /* as the module has it */
	const char *ops;  /* the import that the operations are; "": the module's own */
	char *value;	  /* NULL: none was given. Arrays are cut at their commas. */
	uint64_t arg;	  /* address of what is set */
};

/* 0, a negative errno or PARAM_OWN. */
int param_set(struct walk *walk, const struct param *param);
bool param_is_builtin(const char *ops);
bool param_needs_value(const char *ops); /* of a built-in type */
/* The n-th row of __param in memory, NULL behind the last; and its name, "" when it has none. */
const unsigned char *param_row(struct walk *walk, uint64_t n);
const char *param_name(struct walk *walk, const unsigned char *row);
/* The name of the import whose address stands at a place of the module's memory; "" for none. */
const char *param_import_at(struct walk *walk, uint64_t place);

/* Whether the first n characters are the same, or all that there are; '-' is '_'. */
bool param_same_name(const char *a, const char *b, size_t n);
bool param_is_space(char c);
char *param_skip_spaces(char *text);
/* What the kernel says of dyndbg=; cuts the queries, which may be NULL. */
void dyndbg_check(struct walk *walk, char *queries);

#endif
