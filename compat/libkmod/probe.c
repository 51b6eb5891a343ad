/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inserting as modprobe does: src/plan's steps, with the caller's functions for commands and for
 * who watches. */
#include <errno.h>

#include "compat/libkmod/internal.h"
#include "plan/probe.h"

typedef int run_install_fn(struct kmod_module *module, const char *command, void *data);
typedef void print_action_fn(struct kmod_module *module, bool install, const char *options);

struct probing {
	struct host host; /* the first, as plan_host()'s functions take the context for it */
	struct plan_kernel kernel;
	struct kmod_module *module; /* that was asked for */
	run_install_fn *run_install;
	void *data;
	print_action_fn *print_action;
};

/* A reference to the object of a step's module; NULL: out of memory. */
static struct kmod_module *module_of(const struct probing *probing, const char *name)
{
	struct kmod_module *module;

	if (strcmp(name, probing->module->name) == 0)
		return kmod_module_ref(probing->module);
	return kmod_module_make(probing->module->ctx, span_text(name), NULL, &module) < 0 ? NULL
											  : module;
}

static int run_command(void *context, const char *command, const char *name, int *status,
		       struct err *err)
{
	const struct probing *probing = context;
	struct kmod_module *module;
	int code;

	if (!probing->run_install)
		return plan_host(&probing->host).command(context, command, name, status, err);
	module = module_of(probing, name);
	if (!module)
		return err_no_memory(err);
	code = probing->run_install(module, command, probing->data);
	kmod_module_unref(module);
	return code < 0 ? err_set(err, code, "%s", strerror(-code)) : 0;
}

static void show(void *context, const struct plan_step *step)
{
	const struct probing *probing = context;
	struct kmod_module *module = module_of(probing, step->name);

	if (module)
		probing->print_action(module, step->op == PLAN_INSTALL, step->params);
	kmod_module_unref(module);
}

static int skipped(enum plan_skip skip)
{
	static const int answers[] = {
		[PLAN_NOT_SKIPPED] = 0,
		[PLAN_SKIP_LOADED] = 0,
		[PLAN_SKIP_BLACKLISTED_ALIAS] = KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY,
		[PLAN_SKIP_BLACKLISTED_ALL] = KMOD_PROBE_APPLY_BLACKLIST_ALL,
		[PLAN_SKIP_BLACKLISTED] = KMOD_PROBE_APPLY_BLACKLIST,
	};

	return answers[skip];
}

static struct plan_insert_request request_of(const struct kmod_module *module, unsigned int flags,
					     const char *options)
{
	return (struct plan_insert_request){
		.module = {module->name, module->alias, module->builtin == BUILTIN_YES,
			   module->install, module->remove},
		.path = module->path,
		.params = options,
		.ignore_loaded = flags & KMOD_PROBE_IGNORE_LOADED,
		.fail_on_loaded = flags & KMOD_PROBE_FAIL_ON_LOADED,
		.ignore_commands = flags & KMOD_PROBE_IGNORE_COMMAND,
		.blacklist_alias = flags & KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY,
		.blacklist_all = flags & KMOD_PROBE_APPLY_BLACKLIST_ALL,
		.blacklist = flags & KMOD_PROBE_APPLY_BLACKLIST,
	};
}

static int probe(struct probing *probing, struct plan_probe *plans, unsigned int flags,
		 const char *options, struct err *err)
{
	const struct plan_insert_request request = request_of(probing->module, flags, options);
	DEFER(plan_free) struct plan plan = {0};
	struct plan_apply apply = {
		.show = probing->print_action ? show : NULL,
		.context = probing,
		.dry_run = flags & KMOD_PROBE_DRY_RUN,
		.ignore_loaded = request.ignore_loaded,
		.fail_on_loaded = request.fail_on_loaded,
		.force = (flags & KMOD_PROBE_FORCE_VERMAGIC ? PLAN_FORCE_VERMAGIC : 0) |
			 (flags & KMOD_PROBE_FORCE_MODVERSION ? PLAN_FORCE_VERSIONS : 0),
	};
	enum plan_skip skip;
	int code = plan_probe_insert(&plan, plans, &request, &skip, err);

	if (code < 0 || skip)
		return code < 0 ? code : skipped(skip);
	return plan_probe_apply(&plan, plans, &apply, err);
}

/* The plan has indexes of its own: the caller's functions may ask the context for others. */
static int probe_with_indexes(struct probing *probing, unsigned int flags, const char *options,
			      struct err *err)
{
	struct kmod_ctx *ctx = probing->module->ctx;
	DEFER(db_indexes_freep) struct db_indexes *indexes = NULL;
	DEFER(plan_probe_freep) struct plan_probe *plans = NULL;
	struct plan_probe_options with = {
		.config = ctx->config, .kernel = &probing->kernel, .listener = {kmod_hear, ctx}};
	int code = db_indexes_new(&indexes, ctx->dirname, err);

	probing->kernel = plan_host(&probing->host);
	probing->kernel.command = run_command;
	with.indexes = indexes;
	if (code == 0)
		code = plan_probe_new(&plans, &with, err);
	return code < 0 ? code : probe(probing, plans, flags, options, err);
}

EXPORT int kmod_module_probe_insert_module(struct kmod_module *module, unsigned int flags,
					   const char *extra_options, run_install_fn *run_install,
					   const void *data, print_action_fn *print_action)
{
	struct probing probing = {.host = kmod_host,
				  .module = module,
				  .run_install = run_install,
				  .data = (void *)data,
				  .print_action = print_action};
	struct err err = {0};
	int code = module ? probe_with_indexes(&probing, flags, extra_options, &err) : -ENOENT;

	if (module && code < 0)
		LOG(module->ctx, LOG_DEBUG, "%s\n", err.text);
	return code;
}
