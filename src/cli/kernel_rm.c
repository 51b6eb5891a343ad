/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm kernel rm: out of the cache. */
#include "cli/kernel.h"
#include "cli/option.h"

struct rm_options {
	bool packages;
};

static const struct cli_option rm_table[] = {
	{0, "packages", NULL, OPTION_FLAG(struct rm_options, packages),
	 "remove all that was unpacked of packages that were named as kernels (-k FILE.deb)"},
	{0}};

static int rm_run(int argc, char **argv)
{
	DEFER(kernel_place_close) struct kernel_place place = {0};
	struct rm_options options = {0};
	struct err err = {0};
	char **operands;
	int status, code;

	if (!cli_begin(&cli_kernel_rm, argc, argv, &options, &operands, &status))
		return status;
	if (!*operands && !options.packages)
		return cli_usage(&cli_kernel_rm, "which release?");
	code = kernel_place_open(&place, &err);
	if (code == 0 && options.packages)
		code = fetch_remove_packages(&place.fetch, &err);
	for (; *operands && code == 0; operands++)
		code = fetch_remove(&place.fetch, *operands, &err);
	return code < 0 ? cli_fail(&cli_kernel_rm, CLI_UNAVAILABLE, &err) : CLI_OK;
}

const struct cli_command cli_kernel_rm = {
	.name = "rm",
	.full_name = "lkm kernel rm",
	.operands = "RELEASE...",
	.summary = "Remove kernels and their headers from the cache",
	.options = rm_table,
	.run = rm_run,
};
