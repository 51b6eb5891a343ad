/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/file.h"
#include "plan/probe_internal.h"

int plan_probe_new(struct plan_probe **out, const struct plan_probe_options *options,
		   struct err *err)
{
	struct arena *arena = arena_new();
	struct plan_probe *probe = arena ? arena_alloc(arena, sizeof(*probe)) : NULL;

	if (!probe) {
		arena_free(arena);
		return err_no_memory(err);
	}
	probe->arena = arena;
	probe->options = *options;
	*out = probe;
	return 0;
}

void plan_probe_free(struct plan_probe *probe)
{
	if (!probe)
		return;
	map_free(&probe->modules);
	vec_free(&probe->all);
	arena_free(probe->arena);
}

static int get(struct plan_probe *probe, const struct db_candidate *candidate,
	       struct probe_module **out, struct err *err)
{
	const char *alias = candidate->alias;
	char *key = arena_format(probe->arena, "%s%s%s", candidate->name, alias ? "\\" : "",
				 alias ? alias : "");
	struct probe_module *module = arena_alloc(probe->arena, sizeof(*module)), **slot;

	if (!key || !module)
		return err_no_memory(err);
	*out = map_get(&probe->modules, span_text(key));
	if (*out)
		return 0;
	*module = (struct probe_module){
		.name = arena_strdup(probe->arena, candidate->name),
		.alias = alias ? arena_strdup(probe->arena, alias) : NULL,
		.builtin = candidate->builtin ? 1 : -1,
	};
	slot = vec_push(&probe->all);
	if (!module->name || (alias && !module->alias) || !slot ||
	    !map_add(&probe->modules, span_text(key), module)) {
		probe->all.n -= slot != NULL;
		return err_no_memory(err);
	}
	*slot = *out = module;
	return 0;
}

int probe_module_get(struct plan_probe *probe, const struct db_candidate *candidate,
		     struct probe_module **out, struct err *err)
{
	int code = get(probe, candidate, out, err);

	if (code == 0 && candidate->install)
		(*out)->install = candidate->install;
	if (code == 0 && candidate->remove)
		(*out)->remove = candidate->remove;
	return code;
}

int probe_begin(struct plan_probe *probe, const struct db_candidate *candidate, struct plan *plan,
		struct probe_module **out, struct err *err)
{
	plan->arena = arena_new();
	return plan->arena ? probe_module_get(probe, candidate, out, err) : err_no_memory(err);
}

/* The module of a path in modules.dep, which need not be absolute. */
static int get_by_path(struct plan_probe *probe, struct span path, struct probe_module **out,
		       struct err *err)
{
	bool absolute = path.n && path.p[0] == '/';
	char *whole = arena_format(probe->arena, "%s%s%.*s",
				   absolute ? "" : db_indexes_dir(probe->options.indexes),
				   absolute ? "" : "/", (int)path.n, (const char *)path.p);
	const char *slash = whole ? strrchr(whole, '/') : NULL;
	char *name = slash ? arena_strdup(probe->arena, slash + 1) : NULL;
	struct db_candidate candidate = {.name = name};
	int code;

	if (!name)
		return err_no_memory(err);
	ko_normal_name(name);
	code = probe_module_get(probe, &candidate, out, err);
	if (code == 0 && !(*out)->path)
		(*out)->path = whole;
	if (code == 0)
		(*out)->builtin = 0;
	return code;
}

static const char blanks[] = " \t";

static size_t count_words(const char *text)
{
	size_t n = 0;

	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		text += strcspn(text, blanks);
		n++;
	}
	return n;
}

/* line: what is behind the colon; its last word is the first to be loaded. */
static int resolve_depends(struct plan_probe *probe, struct probe_module *module, const char *line,
			   struct err *err)
{
	size_t n = count_words(line);
	struct probe_module **depends =
		arena_array(probe->arena, n + 1, sizeof(struct probe_module *));
	int code = depends ? 0 : err_no_memory(err);
	int64_t unused;

	for (size_t i = n; code == 0 && i-- > 0;) {
		size_t length;

		line += strspn(line, blanks);
		length = strcspn(line, blanks);
		code = get_by_path(probe, span_of(line, length), &depends[i], err);
		if (code == 0 && file_modified(depends[i]->path, &unused, NULL) < 0) {
			db_tell(&probe->options.listener, DB_ERROR,
				"module %s needs %s, which is not there; run depmod", module->name,
				depends[i]->path);
			return 0;
		}
		line += length;
	}
	if (code < 0)
		return code;
	module->depends = depends;
	module->depend_count = n;
	return 0;
}

int probe_module_resolve(struct plan_probe *probe, struct probe_module *module, struct err *err)
{
	const char *line, *colon;
	struct probe_module *self;
	int code;

	if (module->resolved)
		return 0;
	code = db_indexes_dep_line(probe->options.indexes, module->name, &line, err);
	if (code < 0)
		return code;
	module->resolved = true;
	colon = code ? strchr(line, ':') : NULL;
	if (!colon)
		return 0;
	if (!module->path) {
		code = get_by_path(probe, span_of(line, (size_t)(colon - line)), &self, err);
		if (code < 0)
			return code;
		module->path = self->path;
	}
	return resolve_depends(probe, module, colon + 1, err);
}

int probe_module_is_builtin(struct plan_probe *probe, struct probe_module *module, struct err *err)
{
	int code;

	if (module->builtin >= 0)
		return module->builtin;
	code = db_indexes_is_builtin(probe->options.indexes, module->name, err);
	if (code >= 0)
		module->builtin = (signed char)code;
	return code;
}

int probe_module_is_loaded(struct plan_probe *probe, struct probe_module *module, struct err *err)
{
	const struct plan_kernel *kernel = probe->options.kernel;
	enum plan_state state;
	int code = probe_module_is_builtin(probe, module, err);

	if (code)
		return code;
	/* A state that cannot be read is none, as with kmod. */
	code = kernel->state(kernel->context, module->name, &state, NULL);
	return code == -ENOMEM ? err_no_memory(err) : code == 0 && state == PLAN_STATE_LIVE;
}

int plan_probe_is_loaded(struct plan_probe *probe, const struct db_candidate *module,
			 struct err *err)
{
	struct probe_module *found;
	int code = probe_module_get(probe, module, &found, err);

	return code < 0 ? code : probe_module_is_loaded(probe, found, err);
}

void probe_softdeps_free(struct probe_softdeps *softdeps)
{
	vec_free(&softdeps->pre);
	vec_free(&softdeps->post);
}

static int add_softdep(struct plan_probe *probe, const char *word, bool post,
		       struct probe_softdeps *out, struct err *err)
{
	DEFER(db_candidates_free) struct db_candidates found = {0};
	struct err why = {0};
	int code = db_candidates_find(&found, probe->options.indexes, probe->options.config, word,
				      &why);

	if (code == -EINVAL) {
		db_tell(&probe->options.listener, DB_ERROR,
			"failed to lookup dependency '%s', continuing anyway.", word);
		return 0;
	}
	if (code < 0)
		return err_set(err, code, "%s", why.text);
	vec_foreach (&found.list, candidate) {
		struct probe_module **slot = post ? vec_push(&out->post) : vec_push(&out->pre);

		if (!slot)
			return err_no_memory(err);
		code = probe_module_get(probe, candidate, slot, err);
		if (code < 0)
			return code;
	}
	return 0;
}

int probe_module_softdeps(struct plan_probe *probe, const struct probe_module *module,
			  struct probe_softdeps *out, struct err *err)
{
	const char *value = db_config_value(probe->options.config, DB_SOFTDEP, module->name);
	struct db_dep_words words = {value ? value : "", DB_DEP_UNPLACED};
	struct span word;
	int code = 0;

	while (code == 0 && db_dep_next(&words, DB_SOFTDEP, &word)) {
		char *text = arena_strndup(probe->arena, (const char *)word.p, word.n);

		code = text ? add_softdep(probe, text, words.place == DB_DEP_POST, out, err)
			    : err_no_memory(err);
	}
	return code;
}

const char *probe_module_install(const struct plan_probe *probe, const struct probe_module *module)
{
	return module->install ? module->install
			       : db_config_value(probe->options.config, DB_INSTALL, module->name);
}

const char *probe_module_remove(const struct plan_probe *probe, const struct probe_module *module)
{
	return module->remove ? module->remove
			      : db_config_value(probe->options.config, DB_REMOVE, module->name);
}

void probe_write_command(const char *command, const char *params, struct buf *out)
{
	static const char variable[] = "$CMDLINE_OPTS";
	const char *found;

	for (; (found = strstr(command, variable)); command = found + strlen(variable)) {
		buf_add(out, command, (size_t)(found - command));
		buf_text(out, params);
	}
	buf_text(out, command);
}

static bool keep(struct arena *arena, const char **text)
{
	if (*text)
		*text = arena_strdup(arena, *text);
	return *text;
}

int probe_add_step(struct plan *plan, const struct plan_step *step, struct err *err)
{
	struct plan_step *slot = vec_push(&plan->steps);

	if (!slot)
		return err_no_memory(err);
	*slot = *step;
	slot->params = step->params ? step->params : "";
	if (!keep(plan->arena, &slot->name) || !keep(plan->arena, &slot->params) ||
	    !keep(plan->arena, &slot->reason) || (step->path && !keep(plan->arena, &slot->path)) ||
	    (step->command && !keep(plan->arena, &slot->command)))
		return err_no_memory(err);
	return 0;
}
