/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm kernel, and what the commands below it share. */
#include "cli/kernel.h"

#include <stdio.h>
#include <string.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"

enum { MODULE_DEPTH = 16 };

void kernel_place_close(struct kernel_place *place)
{
	progress_end(&place->progress);
	mem_free(place->cache_dir);
}

static void show_progress(void *context, const char *what, int percent)
{
	struct kernel_place *place = context;

	if (percent < 0)
		progress_show(&place->progress, "%s ...", what);
	else
		progress_show(&place->progress, "%s: %d %%", what, percent);
}

int kernel_place_open(struct kernel_place *place, struct err *err)
{
	int code = file_cache_dir(&place->cache_dir, err);

	if (code < 0)
		return code;
	progress_begin(&place->progress);
	place->fetch = (struct fetch){
		.cache_dir = place->cache_dir, .progress = show_progress, .context = place};
	return 0;
}

static int count_module(void *context, const char *path, struct err *err)
{
	size_t *count = context;
	const char *slash = strrchr(path, '/');

	*count += slash && strstr(slash, ".ko");
	return 0;
}

size_t kernel_count_modules(const struct kernel *kernel)
{
	size_t count = 0;

	if (kernel->modules_dir)
		dir_walk(kernel->modules_dir, MODULE_DEPTH, count_module, &count, NULL);
	return count;
}

int kernel_report(const struct cli_command *command, const char *release)
{
	DEFER(kernel_freep) struct kernel *kernel = NULL;
	struct err err = {0};

	if (catalogue_find(&kernel, release, &err) < 0)
		return cli_fail(command, CLI_UNAVAILABLE, &err);
	printf("%s: %zu modules; %s\n", release, kernel_count_modules(kernel),
	       kernel->vmlinuz ? kernel->vmlinuz : kernel->modules_dir);
	return CLI_OK;
}

static const struct cli_command *const children[] = {&cli_kernel_ls,
						     &cli_kernel_fetch,
						     &cli_kernel_add,
						     &cli_kernel_path,
						     &cli_kernel_rm,
						     &cli_kernel_test,
						     NULL};

const struct cli_command cli_kernel = {
	.name = "kernel",
	.full_name = "lkm kernel",
	.operands = "",
	.summary = "The kernels to run modules on: list, get, remove, test",
	.children = children,
};
