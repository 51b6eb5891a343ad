/* SPDX-License-Identifier: GPL-2.0-only */
/* A directory for the files of a test: one at a time, which scratch_remove() removes with all that
 * is in it. */
#ifndef LKM_TESTS_SCRATCH_H
#define LKM_TESTS_SCRATCH_H

#include "base/span.h"

/* The set-up and the end of a test, or of a group of tests; *state is left alone. */
int scratch_make(void **state);
int scratch_remove(void **state);

const char *scratch_dir(void);
/* The path of a name in the directory; it lives until the end. */
const char *scratch_path(const char *name);
/* Writes a file, and makes the directories that its name asks for; gives its path. */
const char *scratch_write(const char *name, struct span bytes);

#endif
