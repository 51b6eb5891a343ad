/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm kernel test: whether a kernel works in lkm, and what of it. */
#include "cli/kernel_test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/file.h"
#include "cli/kernel.h"
#include "cli/option.h"
#include "cli/output.h"
#include "cli/run.h"

enum { BOOT_LOG_LIMIT = 16 << 20, TIMEOUT_MS = 60000 };

struct test_options {
	bool json;
};

static const struct cli_option test_table[] = {
	{0, "json", NULL, OPTION_FLAG(struct test_options, json), "print JSON"}, {0}};

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void test_free(struct kernel_test *test)
{
	vec_free(&test->parts);
	vec_free(&test->initcalls);
	vec_free(&test->complaints);
	vec_free(&test->probes);
	arena_free(test->arena);
}

bool kernel_test_passed(const struct kernel_test *test)
{
	vec_foreach (&test->probes, probe) {
		if (probe->result == PROBE_FAILS)
			return false;
	}
	return test->trouble.code == 0 && test->complaints.n == 0;
}

/* ---- the boot ---- */

static void on_part(void *context, const struct engine_part *part)
{
	struct kernel_test *test = context;
	struct engine_part *copy = vec_push(&test->parts);

	if (!copy)
		return;
	*copy = *part;
	copy->kind = arena_strdup(test->arena, part->kind);
	copy->name = arena_strdup(test->arena, part->name);
	copy->why = arena_strdup(test->arena, part->why);
	if (!copy->kind || !copy->name || !copy->why)
		test->parts.n--;
}

/* "initcall NAME returned RET after USECS usecs", which initcall_debug asks for. */
static void read_initcall(struct kernel_test *test, const char *text)
{
	static const char begin[] = "initcall ", middle[] = " returned ";
	const char *name = text + strlen(begin), *end = strstr(name, middle);
	struct kernel_initcall *call = end ? vec_push(&test->initcalls) : NULL;

	if (!call)
		return;
	call->ret = strtol(end + strlen(middle), NULL, 10);
	call->name = arena_strndup(test->arena, name, (size_t)(end - name));
	if (!call->name)
		test->initcalls.n--;
}

static void read_log_line(struct kernel_test *test, const char *text)
{
	const char **complaint;

	if (strncmp(text, "initcall ", 9) == 0)
		read_initcall(test, text);
	if (!run_trouble_begins(text))
		return;
	complaint = vec_push(&test->complaints);
	if (complaint)
		*complaint = arena_strdup(test->arena, text);
	if (complaint && !*complaint)
		test->complaints.n--;
}

/* A record of /dev/kmsg is "LEVEL,NUMBER,TIME,-;TEXT". */
static int read_boot_log(struct kernel_test *test, struct engine *engine, struct err *err)
{
	DEFER(buf_free) struct buf log = {0};
	char *line, *rest;
	long ret;
	int code = engine_read(engine, "/dev/kmsg", BOOT_LOG_LIMIT, &log, &ret, err);

	/* Reading it ends with EAGAIN: that nothing more is there is no error. */
	buf_add(&log, "", 1);
	if (code < 0 || buf_failed(&log))
		return code < 0 ? code : err_no_memory(err);
	for (rest = log.p; (line = strsep(&rest, "\n"));) {
		const char *text = strchr(line, ';');

		if (text)
			read_log_line(test, text + 1);
	}
	return 0;
}

/* Nothing is kept of this boot: it has another command line. */
static int test_boot(struct kernel_test *test, const struct engine_options *options,
		     struct err *err)
{
	DEFER(engine_closep) struct engine *engine = NULL;
	struct engine_options own = *options;
	double start = milliseconds();
	int code;

	own.append = "initcall_debug";
	own.cache_dir = NULL;
	own.listener = (struct engine_listener){.context = test, .part = on_part};
	code = engine_open(&engine, engine_find("process", NULL), &own, err);
	if (code < 0)
		return code;
	test->boot_ms = milliseconds() - start;
	test->isolation = engine_isolation(engine);
	return read_boot_log(test, engine, err);
}

/* The first may boot and keep the kernel, the second finds it kept. */
static int test_restore(struct kernel_test *test, const struct engine_options *options,
			struct err *err)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		DEFER(engine_closep) struct engine *engine = NULL;
		double start = milliseconds();
		int code = engine_open(&engine, engine_find("process", NULL), options, err);

		if (code < 0)
			return err_add(err, "a kept kernel does not come back");
		test->restore_ms = milliseconds() - start;
	}
	return 0;
}

/* ---- the command ---- */

static int test_kernel(struct kernel_test *test, const struct kernel *kernel, const char *cache_dir,
		       struct err *err)
{
	DEFER(db_closep) struct db *db = NULL;
	struct engine_options options = {.kernel_path = kernel->vmlinuz,
					 .config_path = kernel->config,
					 .cache_dir = cache_dir,
					 .timeout_ms = TIMEOUT_MS};
	int code;

	if (kernel->modules_dir)
		db_open(&db, kernel->modules_dir, NULL);
	code = test_boot(test, &options, err);
	if (code == 0)
		code = test_restore(test, &options, err);
	return code < 0 ? code : kernel_probe_all(test, &options, db, err);
}

/* The kernel's own failures are part of the result; returns an exit status. */
static int test_and_show(const struct kernel *kernel, const char *cache_dir, json_t *kernels)
{
	DEFER(test_free)
	struct kernel_test test = {
		.arena = arena_new(), .release = kernel->release, .vmlinuz = kernel->vmlinuz};

	if (!test.arena) {
		err_no_memory(&test.trouble);
		return cli_fail(&cli_kernel_test, CLI_UNAVAILABLE, &test.trouble);
	}
	if (!kernel->vmlinuz)
		err_set(&test.trouble, -ENOENT,
			"only its modules are at hand (lkm kernel fetch %s)", kernel->release);
	else if (test_kernel(&test, kernel, cache_dir, &test.trouble) == 0)
		test.trouble.code = 0;
	if (kernels)
		json_array_append_new(kernels, kernel_test_json(&test));
	else
		kernel_test_print(&test);
	if (test.trouble.code)
		return CLI_UNAVAILABLE;
	return kernel_test_passed(&test) ? CLI_OK : CLI_MISBEHAVED;
}

static int find_kernels(struct kernel_list *list, char **specs, struct err *err)
{
	if (!*specs)
		return catalogue_list(list, err);
	for (; *specs; specs++) {
		DEFER(kernel_freep) struct kernel *kernel = NULL;
		struct kernel **slot;
		int code = catalogue_find(&kernel, *specs, err);

		if (code < 0)
			return code;
		slot = vec_push(list);
		if (!slot)
			return err_no_memory(err);
		*slot = take_ptr(&kernel);
	}
	return 0;
}

static int test_run(int argc, char **argv)
{
	DEFER(kernel_list_free) struct kernel_list list = {0};
	DEFER(mem_freep) char *cache_dir = NULL;
	struct test_options options = {0};
	json_t *document, *kernels = NULL;
	struct err err = {0};
	char **operands;
	int status, worst = CLI_OK;

	if (!cli_begin(&cli_kernel_test, argc, argv, &options, &operands, &status))
		return status;
	if (file_cache_dir(&cache_dir, &err) < 0 || find_kernels(&list, operands, &err) < 0)
		return cli_fail(&cli_kernel_test, CLI_UNAVAILABLE, &err);
	if (options.json)
		kernels = json_array();
	for (size_t i = 0; i < list.n; i++) {
		status = test_and_show(list.p[i], cache_dir, kernels);
		worst = status > worst ? status : worst;
	}
	if (!options.json)
		return worst;
	document = output_json_new();
	json_object_set_new(document, "kernels", kernels);
	return output_json_print(document) ? worst : cli_no_memory(&cli_kernel_test);
}

const struct cli_command cli_kernel_test = {
	.name = "test",
	.full_name = "lkm kernel test",
	.operands = "[KERNEL...]",
	.summary = "Boot kernels and tell what of them works here",
	.details =
		"A KERNEL is a release or the path of a vmlinuz; all kernels at hand when none is "
		"given.\n"
		"The exit status is 0 when everything works, 3 when something does not, 4 when a "
		"kernel\n"
		"cannot be booted.\n",
	.options = test_table,
	.run = test_run,
};
