/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm kernel path: where the files of a kernel are. */
#include <stdio.h>

#include "base/mem.h"
#include "cli/kernel.h"
#include "cli/option.h"

struct path_options {
	bool modules, headers;
};

static const struct cli_option path_table[] = {
	{0, "modules", NULL, OPTION_FLAG(struct path_options, modules),
	 "the directory of its modules"},
	{0, "headers", NULL, OPTION_FLAG(struct path_options, headers),
	 "the directory to build modules in (make -C)"},
	{0}};

/* A release need not have a kernel to have headers: both, or a beginning ("6.12"), will do. */
static int find_headers(char **out, const char *spec, struct err *err)
{
	DEFER(kernel_freep) struct kernel *kernel = NULL;

	if (catalogue_headers(out, spec, err) == 0)
		return 0;
	if (catalogue_find(&kernel, spec, NULL) < 0)
		return err->code;
	return catalogue_headers(out, kernel->release, err);
}

static int find_path(char **out, const char *spec, bool modules, struct err *err)
{
	DEFER(kernel_freep) struct kernel *kernel = NULL;
	int code = catalogue_find(&kernel, spec, err);
	char **path;

	if (code < 0)
		return code;
	path = modules ? &kernel->modules_dir : &kernel->vmlinuz;
	if (!*path)
		return err_set(err, -1, "the %s of %s %s not at hand (lkm kernel fetch %s)",
			       modules ? "modules" : "image", kernel->release,
			       modules ? "are" : "is", kernel->release);
	*out = take_ptr(path);
	return 0;
}

static int path_run(int argc, char **argv)
{
	struct path_options options = {0};
	DEFER(mem_freep) char *path = NULL;
	struct err err = {0};
	char **operands;
	int status, code;

	if (!cli_begin(&cli_kernel_path, argc, argv, &options, &operands, &status))
		return status;
	if (!operands[0] || operands[1])
		return cli_usage(&cli_kernel_path, "one release, please");
	code = options.headers ? find_headers(&path, operands[0], &err)
			       : find_path(&path, operands[0], options.modules, &err);
	if (code < 0)
		return cli_fail(&cli_kernel_path, CLI_UNAVAILABLE, &err);
	puts(path);
	return CLI_OK;
}

const struct cli_command cli_kernel_path = {
	.name = "path",
	.full_name = "lkm kernel path",
	.operands = "RELEASE",
	.summary = "Print where a kernel's image is, or its modules or headers",
	.options = path_table,
	.run = path_run,
};
