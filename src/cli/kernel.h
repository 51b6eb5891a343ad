/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands below "lkm kernel", each in a file of its own, and what they share. */
#ifndef LKM_CLI_KERNEL_H
#define LKM_CLI_KERNEL_H

#include "cli/cli.h"
#include "cli/output.h"
#include "image/catalogue.h"
#include "image/fetch.h"

/* The cache, for those that change it; they tell how far they are on a terminal. */
struct kernel_place {
	struct fetch fetch;
	char *cache_dir;
	struct progress progress;
};

int kernel_place_open(struct kernel_place *place, struct err *err);
void kernel_place_close(struct kernel_place *place); /* serves as DEFER destructor */

size_t kernel_count_modules(const struct kernel *kernel);

/* Says what is at hand of a kernel that has come; the exit status. */
int kernel_report(const struct cli_command *command, const char *release);

extern const struct cli_command cli_kernel_ls, cli_kernel_fetch, cli_kernel_add, cli_kernel_path,
	cli_kernel_rm, cli_kernel_test;

#endif
