/* SPDX-License-Identifier: GPL-2.0-only */
/* The module files that a command line names: files, and all modules in directories. */
#ifndef LKM_CLI_FILES_H
#define LKM_CLI_FILES_H

#include "base/err.h"
#include "base/mem.h"
#include "base/threads.h"
#include "base/vec.h"

struct cli_files {
	struct arena *arena;
	VEC(const char *) paths;
};
/* Operands up to NULL. Of a directory, and of those below it, all *.ko, *.ko.gz, *.ko.xz and
 * *.ko.zst are taken, in the order of their names. -ENOENT: there is none. */
int cli_files_find(struct cli_files *files, char *const *operands, struct err *err);
void cli_files_free(struct cli_files *files); /* serves as DEFER destructor */

/* Says that there is no such file, and which module beside it may be meant. Returns -ENOENT. */
int cli_files_missing(const char *path, struct err *err);

/*
 * Calls task for the numbers from 0 to count - 1, on all processors (threads.h), and shows the
 * progress as "VERB 64 of 128" on a terminal. task is to keep what goes wrong for itself.
 */
void cli_files_work(size_t count, const char *verb, threads_own_task *task, void *context);

#endif
