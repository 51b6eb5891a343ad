/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm kernel fetch: kernels from a Debian mirror. */
#include "base/mem.h"
#include "cli/kernel.h"
#include "cli/option.h"

struct fetch_options {
	const char *suite, *architecture;
	bool headers;
};

static const struct cli_option fetch_table[] = {
	{'s', "suite", "SUITE", OPTION_TEXT(struct fetch_options, suite),
	 "take it from another suite of the machine's Debian mirror"},
	{'a', "arch", "ARCH", OPTION_TEXT(struct fetch_options, architecture),
	 "take it for another architecture, such as arm64 or riscv64 (with --suite)"},
	{0, "headers", NULL, OPTION_FLAG(struct fetch_options, headers),
	 "get what is needed to build modules for it, too"},
	{0}};

static int fetch_one(const struct fetch_options *options, const char *name)
{
	DEFER(kernel_place_close) struct kernel_place place = {0};
	DEFER(mem_freep) char *release = NULL;
	struct err err = {0};
	int code = kernel_place_open(&place, &err);

	place.fetch.suite = options->suite;
	place.fetch.architecture = options->architecture;
	if (code == 0)
		code = fetch_kernel(&place.fetch, name, &release, &err);
	if (code == 0 && options->headers)
		code = fetch_headers(&place.fetch, release, &err);
	progress_end(&place.progress);
	return code < 0 ? cli_fail(&cli_kernel_fetch, CLI_UNAVAILABLE, &err)
			: kernel_report(&cli_kernel_fetch, release);
}

static int fetch_run(int argc, char **argv)
{
	struct fetch_options options = {0};
	char **operands;
	int status;

	if (!cli_begin(&cli_kernel_fetch, argc, argv, &options, &operands, &status))
		return status;
	if (!*operands)
		return cli_usage(&cli_kernel_fetch, "which kernel? For example: linux-image-amd64");
	for (status = CLI_OK; *operands && status == CLI_OK; operands++)
		status = fetch_one(&options, *operands);
	return status;
}

const struct cli_command cli_kernel_fetch = {
	.name = "fetch",
	.full_name = "lkm kernel fetch",
	.operands = "RELEASE|PACKAGE...",
	.summary = "Get kernels and their modules from the Debian mirror",
	.details = "Nothing is installed, and no rights are needed: the packages are unpacked in "
		   "lkm's cache.\n"
		   "A metapackage such as linux-image-amd64 leads to the newest kernel.\n",
	.options = fetch_table,
	.run = fetch_run,
};
