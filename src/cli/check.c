/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm check: what kernels would do with modules. Each pair is checked by itself, in parallel. */
#include "cli/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/files.h"
#include "cli/option.h"
#include "cli/output.h"

#define LONGEST ((size_t)1 << 30)

struct check_options {
	struct cli_list kernels, with, certificates, revoked, symtypes;
	const char *params, *relocated, *base;
	struct load_policy policy;
	bool explain, json;
};

/* What serves a thread for one pair after the other. */
struct check_memory {
	struct buf file, unpacked;
	struct load_memory *load;
};

struct check {
	struct check_options options;
	struct cli_files files;
	struct check_given given;
	VEC(struct check_kernel *) kernels;
	VEC(struct check_provider *) with;
	VEC(struct check_pair) pairs;
	struct check_memory memory[THREADS_MAX];
	struct progress progress;
	uint64_t base; /* 0: as the kernel chooses */
};

static const struct cli_option options[] = {
	{'k', "kernel", "KERNEL", OPTION_LIST(struct check_options, kernels),
	 "check against this kernel: a release, file, package, directory of headers, or "
	 "\"running\"; may be repeated (default: what the first module is built for)"},
	{0, "with", "FILE", OPTION_LIST(struct check_options, with),
	 "a module that is loaded before; may be repeated"},
	{0, "params", "TEXT", OPTION_TEXT(struct check_options, params),
	 "load with these parameters, separated by spaces"},
	{'c', "cert", "PATH", OPTION_LIST(struct check_options, certificates),
	 "trust this certificate, or those in this directory, besides the kernel's own; may be "
	 "repeated"},
	{0, "revoked", "FILE", OPTION_LIST(struct check_options, revoked),
	 "refuse what has a hash in this file (bin:HEX, tbs:HEX, or a dbx); may be repeated"},
	{0, "sig-enforce", NULL, OPTION_FLAG(struct check_options, policy.sig_enforce),
	 "the kernel insists on signatures"},
	{0, "lockdown", NULL, OPTION_FLAG(struct check_options, policy.lockdown),
	 "the kernel is locked down, as with Secure Boot"},
	{0, "symtypes", "DIR", OPTION_LIST(struct check_options, symtypes),
	 "when a symbol's version differs, look for the type that changed in the .symtypes files "
	 "below this directory; may be repeated"},
	{0, "relocated", "FILE", OPTION_TEXT(struct check_options, relocated),
	 "write the sections as they would be in memory; for one module and one kernel"},
	{0, "base", "ADDRESS", OPTION_TEXT(struct check_options, base),
	 "with --relocated: modules are put in memory from this address on, in hexadecimal"},
	{0, "explain", NULL, OPTION_FLAG(struct check_options, explain),
	 "tell the walk step by step, with warnings and the kernel's log"},
	{0, "json", NULL, OPTION_FLAG(struct check_options, json), "print JSON"},
	{0},
};

static void check_free(struct check *check)
{
	vec_foreach (&check->pairs, pair)
		load_verdict_free(pair->verdict);
	vec_free(&check->pairs);
	for (size_t i = 0; i < THREADS_MAX; i++) {
		buf_free(&check->memory[i].file);
		buf_free(&check->memory[i].unpacked);
		load_memory_free(check->memory[i].load);
	}
	vec_foreach (&check->with, provider)
		check_provider_close(*provider);
	vec_free(&check->with);
	vec_foreach (&check->kernels, kernel)
		check_kernel_close(*kernel);
	vec_free(&check->kernels);
	check_given_free(&check->given);
	cli_list_free(&check->options.kernels);
	cli_list_free(&check->options.with);
	cli_list_free(&check->options.certificates);
	cli_list_free(&check->options.revoked);
	cli_list_free(&check->options.symtypes);
	progress_end(&check->progress);
	cli_files_free(&check->files);
}

static int read_base(struct check *check, struct err *err)
{
	const char *text = check->options.base;
	char *end = NULL;

	if (text)
		check->base = strtoull(text, &end, 16);
	return !text || (check->base && *end == 0)
		       ? 0
		       : err_set(err, -EINVAL, "--base %s is no address", text);
}

static int find_modules(struct check *check, char *const *operands, struct err *err)
{
	int code = cli_files_find(&check->files, operands, err);

	if (code < 0)
		return code;
	vec_foreach (&check->files.paths, path)
		if ((code = check_given_add(&check->given, check->files.arena, *path, err)) < 0)
			return code;
	return 0;
}

/* The first module that tells its kernel decides. One that cannot be read is the reason when none
 * does. */
static int default_kernel(struct check *check, const char **spec, struct err *err)
{
	struct err unread = {0};

	vec_foreach (&check->files.paths, path) {
		DEFER(ko_closep) struct ko *ko = NULL;

		if (ko_open(&ko, *path, unread.code ? NULL : &unread) < 0 || !ko_release(ko)[0])
			continue;
		*spec = arena_strdup(check->files.arena, ko_release(ko));
		return *spec ? 0 : err_no_memory(err);
	}
	if (unread.code == -EACCES)
		return err_set(err, unread.code, "%s", unread.text);
	if (unread.code < 0)
		return err_set(err, unread.code,
			       "%s; it does not tell which kernel it is built for: to check it all "
			       "the same, choose one with -k KERNEL",
			       unread.text);
	return err_set(err, -ENOENT,
		       "%s does not tell which kernel it is built for; choose one with -k KERNEL",
		       check->files.paths.p[0]);
}

static int open_kernel(struct check *check, const char *spec, struct err *err)
{
	struct check_kernel **slot = vec_push(&check->kernels);
	int code;

	if (!slot)
		return err_no_memory(err);
	*slot = NULL;
	code = check_kernel_open(slot, spec, &check->progress, err);
	for (size_t i = 0; i < check->options.certificates.n && code == 0; i++)
		code = load_kernel_trust((*slot)->load, check->options.certificates.p[i], err);
	for (size_t i = 0; i < check->options.revoked.n && code == 0; i++)
		code = load_kernel_revoke((*slot)->load, check->options.revoked.p[i], err);
	return code;
}

static int test_symtypes(const struct check *check, struct err *err)
{
	for (size_t i = 0; i < check->options.symtypes.n; i++) {
		const char *path = check->options.symtypes.p[i];
		struct stat st;

		if (stat(path, &st) < 0)
			return err_errno(err, "cannot read %s", path);
		if (!S_ISDIR(st.st_mode))
			return err_set(err, -ENOTDIR,
				       "%s is no directory; --symtypes takes one with .symtypes "
				       "files in it or below",
				       path);
	}
	return 0;
}

static int open_all(struct check *check, struct err *err)
{
	const char *own;
	int code = 0;

	if (check->options.kernels.n == 0) {
		code = default_kernel(check, &own, err);
		if (code == 0)
			code = open_kernel(check, own, err);
	}
	for (size_t i = 0; i < check->options.kernels.n && code == 0; i++)
		code = open_kernel(check, check->options.kernels.p[i], err);
	for (size_t i = 0; i < check->options.with.n && code == 0; i++) {
		struct check_provider **slot = vec_push(&check->with);

		if (!slot)
			return err_no_memory(err);
		*slot = check_provider_open(check->options.with.p[i], err);
		code = *slot ? 0 : err->code;
	}
	return code;
}

static int make_pairs(struct check *check, struct err *err)
{
	vec_foreach (&check->files.paths, path) {
		vec_foreach (&check->kernels, kernel) {
			struct check_pair *pair = vec_push(&check->pairs);

			if (!pair)
				return err_no_memory(err);
			*pair = (struct check_pair){.path = *path, .kernel = *kernel};
		}
	}
	return 0;
}

/* What is loaded before, the youngest first: that is where the kernel looks first. */
static int collect(struct check *check, struct check_pair *pair, struct span bytes,
		   struct check_providers *providers)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	int code = 0;

	if (ko_open_bytes(&ko, bytes, pair->path, NULL) == 0) /* else the loader says why */
		code = check_dependencies(pair, &check->given, ko, providers);
	for (size_t i = 0; i < check->with.n && code == 0; i++) {
		const struct load_provider **slot = vec_push(&providers->list);

		if (!slot)
			return err_no_memory(&pair->err);
		*slot = check->with.p[i]->provider;
	}
	for (size_t i = 0, n = providers->list.n; i < n / 2; i++) {
		const struct load_provider *other = providers->list.p[i];

		providers->list.p[i] = providers->list.p[n - 1 - i];
		providers->list.p[n - 1 - i] = other;
	}
	return code;
}

/* What this machine does at the moment, and what the options ask for. */
static struct load_policy policy_of(const struct check *check, const struct check_kernel *kernel)
{
	struct load_policy policy = kernel->running.policy;

	policy.sig_enforce |= check->options.policy.sig_enforce;
	policy.lockdown |= check->options.policy.lockdown;
	return policy;
}

/* Says more of a refusal; of many pairs not all that takes long. */
static void explain(const struct check *check, struct check_pair *pair, struct span bytes)
{
	enum { FEW = 16 };
	DEFER(ko_closep) struct ko *ko = NULL;

	check_fix(pair->kernel, pair->verdict);
	if (check->pairs.n <= FEW && ko_open_bytes(&ko, bytes, pair->path, NULL) == 0)
		check_change(pair->kernel, ko, &check->options.symtypes, pair->verdict);
}

static int check_bytes(struct check *check, struct check_pair *pair, struct span bytes,
		       struct load_memory *memory)
{
	struct check_providers providers = {0};
	struct load_request request = {
		.memory = memory,
		.bytes = bytes,
		.params = check->options.params,
		.taints = pair->kernel->running.taints,
		.policy = policy_of(check, pair->kernel),
		.present = pair->kernel->running.present.p,
		.present_count = pair->kernel->running.present.n,
	};
	int code = collect(check, pair, bytes, &providers);

	request.providers = providers.list.p;
	request.provider_count = providers.list.n;
	if (code == 0)
		code = load_check(&pair->verdict, pair->kernel->load, &request, &pair->err);
	if (code == 0 && pair->verdict->code < 0)
		explain(check, pair, bytes);
	if (code == 0 && check->options.relocated && pair->verdict->code == 0)
		code = check_relocated(pair->kernel, &request, check->base,
				       check->options.relocated, &pair->err);
	if (code < 0) {
		load_verdict_free(pair->verdict);
		pair->verdict = NULL;
	}
	vec_free(&providers.list);
	return code;
}

/* It is read, not mapped: to unmap it would interrupt the other threads. */
static int read_file(const char *path, struct buf *out, struct err *err)
{
	struct file_id id;
	DEFER(file_closep) int fd = file_open_at(AT_FDCWD, path, NULL, &id, err);
	int code;

	if (fd < 0)
		return fd;
	buf_clear(out);
	if (!buf_reserve(out, id.size))
		return err_no_memory(err);
	code = file_read_at(fd, 0, out->p, id.size, path, err);
	out->n = code < 0 ? 0 : id.size;
	return code;
}

/* Packed modules are unpacked first, as insmod and modprobe do; once, when another one needed it
 * before. */
static int read_module(struct check_pair *pair, struct check_memory *memory, struct span *out)
{
	int code;

	if (check_provider_bytes(pair->kernel, pair->path, out))
		return 0;
	code = read_file(pair->path, &memory->file, &pair->err);
	*out = buf_span(&memory->file);
	if (code < 0 || ko_container_of(*out) == KO_PLAIN)
		return code;
	buf_clear(&memory->unpacked);
	code = ko_container_unpack(*out, pair->path, LONGEST, &memory->unpacked, &pair->err);
	*out = buf_span(&memory->unpacked);
	return code;
}

static void check_one(void *context, unsigned int thread, size_t index)
{
	struct check *check = context;
	struct check_pair *pair = &check->pairs.p[index];
	struct check_memory *memory = &check->memory[thread];
	struct span bytes;

	if (read_module(pair, memory, &bytes) < 0)
		return;
	if (!memory->load)
		memory->load = load_memory_new();
	check_bytes(check, pair, bytes, memory->load);
}

static int status_of(const struct check *check)
{
	int status = CLI_OK;

	vec_foreach (&check->pairs, pair) {
		if (!pair->verdict)
			return CLI_UNAVAILABLE;
		if (pair->verdict->code < 0)
			status = CLI_REFUSED;
	}
	return status;
}

static int check_main(int argc, char **argv)
{
	DEFER(check_free) struct check check = {0};
	struct err err = {0};
	char **operands;
	int status, code;

	if (!cli_begin(&cli_check, argc, argv, &check.options, &operands, &status))
		return status;
	if (!*operands)
		return cli_usage(&cli_check, "which module?");
	if (read_base(&check, &err) < 0)
		return cli_usage(&cli_check, "%s", err.text);
	code = find_modules(&check, operands, &err);
	progress_begin(&check.progress);
	if (code == 0)
		code = test_symtypes(&check, &err);
	if (code == 0)
		code = open_all(&check, &err);
	if (code == 0)
		code = make_pairs(&check, &err);
	if (code < 0)
		return cli_fail(&cli_check, CLI_UNAVAILABLE, &err);
	if (check.options.relocated && check.pairs.n != 1)
		return cli_usage(&cli_check, "--relocated is for one module and one kernel");
	progress_end(&check.progress);
	cli_files_work(check.pairs.n, "checked", check_one, &check);
	if (!check.options.json)
		check_print_text(check.pairs.p, check.pairs.n, check.kernels.n,
				 check.options.explain);
	else if (!check_print_json(check.pairs.p, check.pairs.n, check.kernels.n))
		return cli_no_memory(&cli_check);
	return status_of(&check);
}

const struct cli_command cli_check = {
	.name = "check",
	.full_name = "lkm check",
	.operands = "MODULE|DIRECTORY...",
	.summary = "Tell whether kernels would load modules, and if not, why",
	.details =
		"The modules that modprobe would load before are taken as loaded; those given on\n"
		"one command line serve each other.\n"
		"\n"
		"Exit status: 0 all would load; 1 at least one would be refused; 2 wrong usage;\n"
		"4 lkm cannot tell (no such file, kernel not at hand).\n",
	.options = options,
	.run = check_main,
};
