/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* modprobe MODULE: what is loaded for it, in which order. */
#include <errno.h>

#include "plan/probe_internal.h"

struct inserting {
	struct plan *plan;
	struct plan_probe *probe;
	const struct plan_insert_request *request;
	const struct probe_module *target;
	unsigned int depth;
	struct err *err;
};

/* The configuration's parameters, a blank behind them, those of the caller. */
static int params_of(const struct inserting *i, const struct probe_module *module, struct buf *out)
{
	db_config_options_of(i->probe->options.config, module->name, module->alias, out);
	if (out->n)
		buf_text(out, " ");
	if (module == i->target && i->request->params)
		buf_text(out, i->request->params);
	return buf_failed(out) ? err_no_memory(i->err) : 0;
}

static int place(const struct inserting *i, struct probe_module *module, bool ignore_command,
		 const char *reason)
{
	DEFER(buf_free) struct buf params = {0};
	struct plan_step step = {PLAN_LOAD, module->name, .reason = reason};
	int code = probe_module_resolve(i->probe, module, i->err);

	if (code == 0)
		code = params_of(i, module, &params);
	if (code < 0)
		return code;
	if (i->request->blacklist_all &&
	    db_config_is_blacklisted(i->probe->options.config, module->name))
		return 0;
	step.params = buf_string(&params);
	step.path = module->path;
	step.target = module == i->target;
	step.optional = !module->required;
	step.after_failure = i->plan->steps.n + 1;
	if (!ignore_command)
		step.command = probe_module_install(i->probe, module);
	if (step.command) {
		step.op = PLAN_INSTALL;
	} else if (!step.path) {
		code = probe_module_is_builtin(i->probe, module, i->err);
		step.op = code == 1 ? PLAN_BUILTIN : PLAN_LOAD;
	}
	return code < 0 ? code : probe_add_step(i->plan, &step, i->err);
}

static int expand(struct inserting *i, struct probe_module *module, bool ignore_command,
		  const char *reason);

static int place_with_softdeps(struct inserting *i, struct probe_module *module, const char *reason)
{
	DEFER(probe_softdeps_free) struct probe_softdeps soft = {0};
	const char *because = arena_format(i->plan->arena, "softdep of %s", module->name);
	int code = because ? probe_module_softdeps(i->probe, module, &soft, i->err)
			   : err_no_memory(i->err);

	for (size_t k = 0; code == 0 && k < soft.pre.n; k++)
		code = expand(i, soft.pre.p[k], false, because);
	if (code == 0)
		code = place(i, module, soft.pre.n || soft.post.n, reason);
	for (size_t k = 0; code == 0 && k < soft.post.n; k++)
		code = expand(i, soft.post.p[k], false, because);
	return code;
}

static int expand_unseen(struct inserting *i, struct probe_module *module, bool ignore_command,
			 const char *reason)
{
	const char *because = arena_format(i->plan->arena, "%s needs it", module->name);
	int code = because ? probe_module_resolve(i->probe, module, i->err) : err_no_memory(i->err);

	for (size_t k = 0; code == 0 && module == i->target && k < module->depend_count; k++)
		module->depends[k]->required = true;
	/* The line of modules.dep is the closure already: what it names needs no expanding. */
	for (size_t k = 0; code == 0 && k < module->depend_count; k++)
		code = place_with_softdeps(i, module->depends[k], because);
	if (code < 0)
		return code;
	return ignore_command ? place(i, module, true, reason)
			      : place_with_softdeps(i, module, reason);
}

static int expand(struct inserting *i, struct probe_module *module, bool ignore_command,
		  const char *reason)
{
	int code;

	if (module->visited)
		return 0;
	module->visited = true;
	if (i->depth == PROBE_DEPTH_MAX)
		return err_set(i->err, -ELOOP, "the softdeps of module %s are nested too deeply",
			       module->name);
	i->depth++;
	code = expand_unseen(i, module, ignore_command, reason);
	i->depth--;
	return code;
}

static enum plan_skip blacklisted(const struct plan_insert_request *request,
				  const struct db_config *config)
{
	if (!db_config_is_blacklisted(config, request->module.name))
		return PLAN_NOT_SKIPPED;
	if (request->blacklist_alias && request->module.alias)
		return PLAN_SKIP_BLACKLISTED_ALIAS;
	if (request->blacklist_all)
		return PLAN_SKIP_BLACKLISTED_ALL;
	return request->blacklist ? PLAN_SKIP_BLACKLISTED : PLAN_NOT_SKIPPED;
}

static int insert(struct inserting *i, struct probe_module *module, enum plan_skip *skip)
{
	const struct plan_insert_request *request = i->request;
	int code = request->ignore_loaded ? 0 : probe_module_is_loaded(i->probe, module, i->err);

	if (code < 0)
		return code;
	if (code == 1) {
		*skip = PLAN_SKIP_LOADED;
		return request->fail_on_loaded
			       ? err_set(i->err, -EEXIST, "module %s is loaded already",
					 module->name)
			       : 0;
	}
	*skip = blacklisted(request, i->probe->options.config);
	if (*skip)
		return 0;
	vec_foreach (&i->probe->all, each)
		(*each)->visited = (*each)->required = false;
	i->target = module;
	module->required = true;
	code = expand(i, module, request->ignore_commands, "asked for");
	if (code == 0 && request->blacklist_all && i->plan->steps.n == 0)
		*skip = PLAN_SKIP_BLACKLISTED_ALL;
	return code;
}

int plan_probe_insert(struct plan *out, struct plan_probe *probe,
		      const struct plan_insert_request *request, enum plan_skip *skip,
		      struct err *err)
{
	struct inserting inserting = {out, probe, request, NULL, 0, err};
	struct probe_module *module, before;
	int code;

	*skip = PLAN_NOT_SKIPPED;
	code = probe_begin(probe, &request->module, out, &module, err);
	if (code < 0)
		return code;
	if (!request->path)
		return insert(&inserting, module, skip);
	before = *module;
	module->path = arena_strdup(probe->arena, request->path);
	module->builtin = 0;
	if (!module->path)
		return err_no_memory(err);
	code = insert(&inserting, module, skip);
	module->path = before.path; /* another word may mean the release's own module */
	module->builtin = before.builtin;
	module->resolved = before.resolved;
	return code;
}
