/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm kernel ls: the kernels at hand. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/kernel.h"
#include "cli/option.h"
#include "image/image.h"

struct ls_options {
	bool json;
};

static const struct cli_option ls_table[] = {
	{0, "json", NULL, OPTION_FLAG(struct ls_options, json), "print JSON"}, {0}};

/* Whether modules can be run on it; err says why not. */
static bool can_run(const struct kernel *kernel, const char *cache_dir, struct err *err)
{
	DEFER(image_closep) struct image *image = NULL;

	if (!kernel->vmlinuz) {
		err_set(err, -1, "only its modules are at hand (lkm kernel fetch %s)",
			kernel->release);
		return false;
	}
	return image_open(&image, kernel->vmlinuz, cache_dir, err) == 0 &&
	       image_bootable(image, err) == 0;
}

static json_t *kernel_json(const struct kernel *kernel, bool runs, const struct err *err)
{
	DEFER(mem_freep) char *headers = NULL;

	catalogue_headers(&headers, kernel->release, NULL);
	return json_pack("{s:s, s:b, s:b, s:s?, s:s?, s:s?, s:s?, s:s?, s:I}", "release",
			 kernel->release, "in_cache", (int)kernel->in_cache, "runs", (int)runs,
			 "why_not", runs ? NULL : err->text, "vmlinuz", kernel->vmlinuz, "config",
			 kernel->config, "modules_dir", kernel->modules_dir, "headers", headers,
			 "modules", (json_int_t)kernel_count_modules(kernel));
}

static int ls_json(const struct kernel_list *list, const char *cache_dir)
{
	json_t *document = output_json_new(), *kernels = json_array();

	for (size_t i = 0; i < list->n; i++) {
		struct err err = {0};
		bool runs = can_run(list->p[i], cache_dir, &err);

		json_array_append_new(kernels, kernel_json(list->p[i], runs, &err));
	}
	json_object_set_new(document, "kernels", kernels);
	return output_json_print(document) ? CLI_OK : cli_no_memory(&cli_kernel_ls);
}

static void ls_row(const struct kernel *kernel, const char *cache_dir, int width)
{
	size_t modules = kernel_count_modules(kernel);
	struct err err = {0};
	bool runs = can_run(kernel, cache_dir, &err);
	bool colored = output_is_colored(stdout);

	printf("%-*s  %-9s  ", width, kernel->release, kernel->in_cache ? "cache" : "installed");
	if (modules)
		printf("%7zu  ", modules);
	else
		printf("%7s  ", "-");
	printf("%s%s%s\n", output_style(colored, runs ? STYLE_GREEN : STYLE_YELLOW),
	       runs ? "run" : err.text, output_style(colored, STYLE_PLAIN));
}

static int ls_text(const struct kernel_list *list, const char *cache_dir)
{
	int width = (int)strlen("RELEASE");

	if (list->n == 0) {
		puts("There is no kernel at hand. Get one: lkm kernel fetch linux-image-amd64");
		return CLI_OK;
	}
	for (size_t i = 0; i < list->n; i++)
		if ((int)strlen(list->p[i]->release) > width)
			width = (int)strlen(list->p[i]->release);
	printf("%-*s  %-9s  %7s  %s\n", width, "RELEASE", "WHERE", "MODULES", "CAN");
	for (size_t i = 0; i < list->n; i++)
		ls_row(list->p[i], cache_dir, width);
	return CLI_OK;
}

static int ls_run(int argc, char **argv)
{
	DEFER(kernel_list_free) struct kernel_list list = {0};
	DEFER(mem_freep) char *cache_dir = NULL;
	struct ls_options options = {0};
	struct err err = {0};
	char **operands;
	int status;

	if (!cli_begin(&cli_kernel_ls, argc, argv, &options, &operands, &status))
		return status;
	if (*operands)
		return cli_usage(&cli_kernel_ls, "there is nothing to say about '%s'", *operands);
	file_cache_dir(&cache_dir, NULL);
	if (catalogue_list(&list, &err) < 0)
		return cli_fail(&cli_kernel_ls, CLI_UNAVAILABLE, &err);
	return (options.json ? ls_json : ls_text)(&list, cache_dir);
}

const struct cli_command cli_kernel_ls = {
	.name = "ls",
	.full_name = "lkm kernel ls",
	.operands = "",
	.summary = "List the kernels at hand, and whether modules can be run on them",
	.options = ls_table,
	.run = ls_run,
};
