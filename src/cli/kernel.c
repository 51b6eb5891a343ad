/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm kernel ls|fetch|add|path|rm (test: kernel_test.c): the kernels to run modules on. */
#include <stdio.h>
#include <string.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/kernel_test.h"
#include "cli/option.h"
#include "cli/output.h"
#include "image/catalogue.h"
#include "image/fetch.h"
#include "image/image.h"

enum { MODULE_DEPTH = 16 };

static const struct cli_command kernel_ls, kernel_fetch, kernel_add, kernel_path, kernel_rm;

/* Used by all that change the cache. */
struct place {
	struct fetch fetch;
	char *cache_dir;
	struct progress progress;
};

static void place_close(struct place *place)
{
	progress_end(&place->progress);
	mem_free(place->cache_dir);
}

static void show_progress(void *context, const char *what, int percent)
{
	struct place *place = context;

	if (percent < 0)
		progress_show(&place->progress, "%s ...", what);
	else
		progress_show(&place->progress, "%s: %d %%", what, percent);
}

static int place_open(struct place *place, struct err *err)
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

static size_t count_modules(const struct kernel *kernel)
{
	size_t count = 0;

	if (kernel->modules_dir)
		dir_walk(kernel->modules_dir, MODULE_DEPTH, count_module, &count, NULL);
	return count;
}

/* lkm kernel ls */

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
			 "modules", (json_int_t)count_modules(kernel));
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
	return output_json_print(document) ? CLI_OK : cli_no_memory(&kernel_ls);
}

static void ls_row(const struct kernel *kernel, const char *cache_dir, int width)
{
	size_t modules = count_modules(kernel);
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

	if (!cli_begin(&kernel_ls, argc, argv, &options, &operands, &status))
		return status;
	if (*operands)
		return cli_usage(&kernel_ls, "there is nothing to say about '%s'", *operands);
	file_cache_dir(&cache_dir, NULL);
	if (catalogue_list(&list, &err) < 0)
		return cli_fail(&kernel_ls, CLI_UNAVAILABLE, &err);
	return (options.json ? ls_json : ls_text)(&list, cache_dir);
}

static const struct cli_command kernel_ls = {
	.name = "ls",
	.full_name = "lkm kernel ls",
	.operands = "",
	.summary = "List the kernels at hand, and whether modules can be run on them",
	.options = ls_table,
	.run = ls_run,
};

/* lkm kernel fetch, add */

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

static int report(const struct cli_command *command, const char *release)
{
	DEFER(kernel_freep) struct kernel *kernel = NULL;
	struct err err = {0};

	if (catalogue_find(&kernel, release, &err) < 0)
		return cli_fail(command, CLI_UNAVAILABLE, &err);
	printf("%s: %zu modules; %s\n", release, count_modules(kernel),
	       kernel->vmlinuz ? kernel->vmlinuz : kernel->modules_dir);
	return CLI_OK;
}

static int fetch_one(const struct fetch_options *options, const char *name)
{
	DEFER(place_close) struct place place = {0};
	DEFER(mem_freep) char *release = NULL;
	struct err err = {0};
	int code = place_open(&place, &err);

	place.fetch.suite = options->suite;
	place.fetch.architecture = options->architecture;
	if (code == 0)
		code = fetch_kernel(&place.fetch, name, &release, &err);
	if (code == 0 && options->headers)
		code = fetch_headers(&place.fetch, release, &err);
	progress_end(&place.progress);
	return code < 0 ? cli_fail(&kernel_fetch, CLI_UNAVAILABLE, &err)
			: report(&kernel_fetch, release);
}

static int fetch_run(int argc, char **argv)
{
	struct fetch_options options = {0};
	char **operands;
	int status;

	if (!cli_begin(&kernel_fetch, argc, argv, &options, &operands, &status))
		return status;
	if (!*operands)
		return cli_usage(&kernel_fetch, "which kernel? For example: linux-image-amd64");
	for (status = CLI_OK; *operands && status == CLI_OK; operands++)
		status = fetch_one(&options, *operands);
	return status;
}

static const struct cli_command kernel_fetch = {
	.name = "fetch",
	.full_name = "lkm kernel fetch",
	.operands = "RELEASE|PACKAGE...",
	.summary = "Get kernels and their modules from the Debian mirror",
	.details = "Nothing is installed, and no rights are needed: the packages are unpacked in "
		   "lkm's "
		   "cache.\n"
		   "A metapackage such as linux-image-amd64 leads to the newest kernel.\n",
	.options = fetch_table,
	.run = fetch_run,
};

static int add_run(int argc, char **argv)
{
	DEFER(place_close) struct place place = {0};
	DEFER(mem_freep) char *release = NULL;
	struct fetch_options options = {0};
	struct err err = {0};
	char **operands;
	int status, code;

	if (!cli_begin(&kernel_add, argc, argv, &options, &operands, &status))
		return status;
	if (!*operands)
		return cli_usage(&kernel_add, "which file? A package (.deb) or a vmlinuz");
	code = place_open(&place, &err);
	if (code == 0)
		code = fetch_add(&place.fetch, (const char *const *)operands, &release, &err);
	progress_end(&place.progress);
	return code < 0 ? cli_fail(&kernel_add, CLI_UNAVAILABLE, &err)
			: report(&kernel_add, release);
}

static const struct cli_command kernel_add = {
	.name = "add",
	.full_name = "lkm kernel add",
	.operands = "FILE...",
	.summary = "Take a kernel from Debian packages (.deb) or a vmlinuz",
	.details = "Packages that belong together (from Linux 7.0 on: linux-binary, linux-modules "
		   "and\n"
		   "linux-base of one release) are given together.\n",
	.run = add_run,
};

/* lkm kernel path */

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

	if (!cli_begin(&kernel_path, argc, argv, &options, &operands, &status))
		return status;
	if (!operands[0] || operands[1])
		return cli_usage(&kernel_path, "one release, please");
	code = options.headers ? find_headers(&path, operands[0], &err)
			       : find_path(&path, operands[0], options.modules, &err);
	if (code < 0)
		return cli_fail(&kernel_path, CLI_UNAVAILABLE, &err);
	puts(path);
	return CLI_OK;
}

static const struct cli_command kernel_path = {
	.name = "path",
	.full_name = "lkm kernel path",
	.operands = "RELEASE",
	.summary = "Print where a kernel's image is, or its modules or headers",
	.options = path_table,
	.run = path_run,
};

/* lkm kernel rm */

struct rm_options {
	bool packages;
};

static const struct cli_option rm_table[] = {
	{0, "packages", NULL, OPTION_FLAG(struct rm_options, packages),
	 "remove all that was unpacked of packages that were named as kernels (-k FILE.deb)"},
	{0}};

static int rm_run(int argc, char **argv)
{
	DEFER(place_close) struct place place = {0};
	struct rm_options options = {0};
	struct err err = {0};
	char **operands;
	int status, code;

	if (!cli_begin(&kernel_rm, argc, argv, &options, &operands, &status))
		return status;
	if (!*operands && !options.packages)
		return cli_usage(&kernel_rm, "which release?");
	code = place_open(&place, &err);
	if (code == 0 && options.packages)
		code = fetch_remove_packages(&place.fetch, &err);
	for (; *operands && code == 0; operands++)
		code = fetch_remove(&place.fetch, *operands, &err);
	return code < 0 ? cli_fail(&kernel_rm, CLI_UNAVAILABLE, &err) : CLI_OK;
}

static const struct cli_command kernel_rm = {
	.name = "rm",
	.full_name = "lkm kernel rm",
	.operands = "RELEASE...",
	.summary = "Remove kernels and their headers from the cache",
	.options = rm_table,
	.run = rm_run,
};

static const struct cli_command *const children[] = {
	&kernel_ls, &kernel_fetch, &kernel_add, &kernel_path, &kernel_rm, &cli_kernel_test, NULL};

const struct cli_command cli_kernel = {
	.name = "kernel",
	.full_name = "lkm kernel",
	.operands = "",
	.summary = "The kernels to run modules on: list, get, remove, test",
	.children = children,
};
