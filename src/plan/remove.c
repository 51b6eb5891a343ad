/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modprobe -r MODULE: what is unloaded with it, in which order.
 *
 * Each module begins a group of steps: what goes before it, itself, what goes after it. A failing
 * step of a softdep is forgotten, and the steps behind its group come next; of a holder, it is the
 * failure of the module that it holds.
 */
#include <errno.h>

#include "plan/probe_internal.h"

/* Softdeps that come together again and again lead to twice as many steps each time. */
enum { STEPS_MAX = 20000 };

struct removing {
	struct plan *plan;
	struct plan_probe *probe;
	const struct plan_remove_request *request;
	const struct probe_module *target;
	unsigned int depth;
	struct err *err;
};

/* The steps from begin on are those of one group that nobody depends on. */
static void forgive(const struct removing *r, size_t begin)
{
	for (size_t i = begin; i < r->plan->steps.n; i++) {
		struct plan_step *step = &r->plan->steps.p[i];

		if (!step->optional) {
			step->optional = true;
			step->after_failure = r->plan->steps.n;
		}
	}
}

static int add_group(struct removing *r, struct probe_module *module, const char *reason);

/* The groups of softdeps, the last first. */
static int add_softdeps(struct removing *r, struct probe_module *const *modules, size_t n,
			const char *reason)
{
	int code = 0;

	while (code == 0 && n-- > 0) {
		size_t begin = r->plan->steps.n;

		code = add_group(r, modules[n], reason);
		forgive(r, begin);
	}
	return code;
}

static int add_holders(struct removing *r, const struct probe_module *module)
{
	const struct plan_kernel *kernel = r->probe->options.kernel;
	struct plan_names names = {.arena = r->plan->arena};
	const char *reason = arena_format(r->plan->arena, "holds %s", module->name);
	struct err why = {0};
	int code = reason ? 0 : err_no_memory(r->err);

	if (code == 0 && kernel->holders(kernel->context, module->name, &names, &why) < 0)
		db_tell(&r->probe->options.listener, DB_ERROR, "%s", why.text);
	for (size_t i = names.list.n; code == 0 && i-- > 0;) {
		struct db_candidate candidate = {.name = names.list.p[i]};
		struct probe_module *holder;

		code = probe_module_get(r->probe, &candidate, &holder, r->err);
		if (code == 0)
			code = add_group(r, holder, reason);
	}
	vec_free(&names.list);
	return code;
}

static int add_module(struct removing *r, const struct probe_module *module, const char *command,
		      const char *reason)
{
	DEFER(buf_free) struct buf text = {0};
	struct plan_step step = {command ? PLAN_REMOVE : PLAN_UNLOAD, module->name, module->path,
				 .reason = reason, .target = module == r->target};

	if (command) {
		probe_write_command(command, "", &text);
		step.command = buf_string(&text);
	}
	return buf_failed(&text) ? err_no_memory(r->err) : probe_add_step(r->plan, &step, r->err);
}

static int add_unused(struct removing *r, const struct probe_module *module)
{
	const char *reason = arena_format(r->plan->arena, "%s needed it", module->name);
	int code = reason ? 0 : err_no_memory(r->err);

	for (size_t i = 0; code == 0 && i < module->depend_count; i++) {
		const struct probe_module *needed = module->depends[i];
		struct plan_step step = {PLAN_UNLOAD,
					 needed->name,
					 needed->path,
					 .reason = reason,
					 .optional = true,
					 .only_unused = true,
					 .after_failure = r->plan->steps.n + 1};

		code = probe_add_step(r->plan, &step, r->err);
	}
	return code;
}

/* 1: there is something to do for it, 0: not, or a negative errno. */
static int is_worth_it(const struct removing *r, struct probe_module *module)
{
	const struct plan_kernel *kernel = r->probe->options.kernel;
	bool target = module == r->target;
	enum plan_state state;
	int code = probe_module_is_builtin(r->probe, module, r->err);

	if (code < 0)
		return code;
	if (code == 1)
		return target ? err_set(r->err, -ENOENT, "Module %s is builtin.", module->name) : 0;
	/* A state that cannot be read is none, as with kmod. */
	code = kernel->state(kernel->context, module->name, &state, NULL);
	if (code == -ENOMEM)
		return err_no_memory(r->err);
	if (code == 0)
		return 1;
	if (target && r->request->first_time)
		return err_set(r->err, -ENOENT, "Module %s is not in kernel.", module->name);
	return 0;
}

static int add_all(struct removing *r, struct probe_module *module,
		   const struct probe_softdeps *soft, const char *command, const char *reason)
{
	const char *because = arena_format(r->plan->arena, "softdep of %s", module->name);
	int code = because ? 0 : err_no_memory(r->err);

	if (code == 0)
		code = add_softdeps(r, soft->post.p, soft->post.n, because);
	if (code == 0 && r->request->holders && module == r->target)
		code = add_holders(r, module);
	if (code == 0)
		code = add_module(r, module, command, reason);
	if (code == 0 && !command)
		code = add_unused(r, module);
	return code < 0 ? code : add_softdeps(r, soft->pre.p, soft->pre.n, because);
}

/* The group of a module that is not being looked at already. */
static int add_new_group(struct removing *r, struct probe_module *module, const char *reason)
{
	DEFER(probe_softdeps_free) struct probe_softdeps soft = {0};
	const char *command = NULL;
	int code = probe_module_resolve(r->probe, module, r->err);

	if (code == 0 && !r->request->ignore_commands) {
		command = probe_module_remove(r->probe, module);
		code = probe_module_softdeps(r->probe, module, &soft, r->err);
	}
	if (code == 0 && !command && !r->request->ignore_loaded) {
		code = is_worth_it(r, module);
		if (code <= 0)
			return code;
	}
	return code < 0 ? code : add_all(r, module, &soft, command, reason);
}

static int add_group(struct removing *r, struct probe_module *module, const char *reason)
{
	int code;

	if (module->visited) /* softdeps in a circle are the end of kmod's stack here */
		return 0;
	if (r->depth == PROBE_DEPTH_MAX || r->plan->steps.n > STEPS_MAX)
		return err_set(r->err, -ELOOP, "the softdeps of module %s have no end",
			       module->name);
	module->visited = true;
	r->depth++;
	code = add_new_group(r, module, reason);
	r->depth--;
	module->visited = false;
	return code;
}

int plan_probe_remove(struct plan *out, struct plan_probe *probe,
		      const struct plan_remove_request *request, struct err *err)
{
	struct removing removing = {out, probe, request, NULL, 0, err};
	struct probe_module *module;
	int code;

	code = probe_begin(probe, &request->module, out, &module, err);
	if (code < 0)
		return code;
	vec_foreach (&probe->all, each)
		(*each)->visited = false;
	removing.target = module;
	return add_group(&removing, module, "asked for");
}
