/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm kernel add: a kernel from files. */
#include "base/mem.h"
#include "cli/kernel.h"
#include "cli/option.h"

static int add_run(int argc, char **argv)
{
	DEFER(kernel_place_close) struct kernel_place place = {0};
	DEFER(mem_freep) char *release = NULL;
	struct err err = {0};
	char **operands;
	int status, code;

	if (!cli_begin(&cli_kernel_add, argc, argv, NULL, &operands, &status))
		return status;
	if (!*operands)
		return cli_usage(&cli_kernel_add, "which file? A package (.deb) or a vmlinuz");
	code = kernel_place_open(&place, &err);
	if (code == 0)
		code = fetch_add(&place.fetch, (const char *const *)operands, &release, &err);
	progress_end(&place.progress);
	return code < 0 ? cli_fail(&cli_kernel_add, CLI_UNAVAILABLE, &err)
			: kernel_report(&cli_kernel_add, release);
}

const struct cli_command cli_kernel_add = {
	.name = "add",
	.full_name = "lkm kernel add",
	.operands = "FILE...",
	.summary = "Take a kernel from Debian packages (.deb) or a vmlinuz",
	.details = "Packages that belong together are given together; from Linux 7.0 on these are\n"
		   "linux-binary, linux-modules and linux-base of one release.\n",
	.run = add_run,
};
