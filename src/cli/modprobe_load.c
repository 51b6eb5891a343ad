/* SPDX-License-Identifier: GPL-2.0-only */
/* modprobe MODULE, -D, -R */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/modprobe.h"
#include "cli/refusal.h"

static void show(void *context, const struct plan_step *step)
{
	switch (step->op) {
	case PLAN_INSTALL:
		printf("install %s %s\n", step->command, step->params);
		break;
	case PLAN_BUILTIN:
		printf("builtin %s\n", step->name);
		break;
	default:
		if (step->path)
			printf("insmod %s %s\n", step->path, step->params);
	}
}

/* Before what the step itself may print. */
static void show_at_once(void *context, const struct plan_step *step)
{
	show(context, step);
	fflush(stdout);
}

static int say_refused(struct modprobe *modprobe, const char *name, int code, struct host_log *log)
{
	const char *why = strerror(-code);

	if (code == -EEXIST)
		why = "Module already in kernel";
	else if (code == -ENOENT)
		why = "Unknown symbol in module, or unknown parameter (see dmesg)";
	tool_say(&modprobe->tool, TOOL_ERROR, "could not insert '%s': %s", name, why);
	refusal_explain(&modprobe->tool, code, log);
	return code;
}

static json_t *step_json(const struct plan_step *step)
{
	static const char *const names[] = {
		[PLAN_LOAD] = "insmod",
		[PLAN_BUILTIN] = "builtin",
		[PLAN_INSTALL] = "install",
	};
	json_t *object = json_pack("{s:s, s:s, s:s, s:b}", "do", names[step->op], "module",
				   step->name, "reason", step->reason, "optional", step->optional);

	if ((!step->path || output_json_set(object, "path", step->path)) &&
	    (!step->command || output_json_set(object, "command", step->command)) &&
	    (!step->params[0] || output_json_set(object, "parameters", step->params)))
		return object;
	json_decref(object);
	return NULL;
}

static void collect(void *context, const struct plan_step *step)
{
	struct modprobe *modprobe = context;
	json_t *steps = json_object_get(modprobe->json, "steps");

	if (!steps) {
		json_object_set_new(modprobe->json, "steps", json_array());
		steps = json_object_get(modprobe->json, "steps");
	}
	if (json_array_append_new(steps, step_json(step)) < 0)
		modprobe->json_incomplete = true;
}

static const struct host host = {""};

static int probe(struct modprobe *modprobe, const struct plan_insert_request *request)
{
	const struct modprobe_options *options = &modprobe->options;
	DEFER(plan_free) struct plan plan = {0};
	struct plan_apply apply = {
		.context = modprobe,
		.dry_run = options->dry_run || options->show_depends,
		.ignore_loaded = request->ignore_loaded,
		.fail_on_loaded = request->fail_on_loaded,
		.force = (options->force || options->force_modversion ? PLAN_FORCE_VERSIONS : 0) |
			 (options->force || options->force_vermagic ? PLAN_FORCE_VERMAGIC : 0),
	};
	DEFER(host_log_end) struct host_log log = {-1};
	enum plan_skip skip;
	struct err err = {0};
	int code = plan_probe_insert(&plan, modprobe->probe, request, &skip, &err);

	if (modprobe->json)
		apply.show = collect;
	else if (options->show_depends || modprobe->tool.shown > TOOL_WARNING)
		apply.show = apply.dry_run ? show : show_at_once;
	if (code < 0 && code != -EEXIST)
		tool_say(&modprobe->tool, TOOL_ERROR, "%s", err.text);
	if (code == 0 && skip == PLAN_NOT_SKIPPED && !apply.dry_run)
		host_log_begin(&host, &log);
	if (code == 0 && skip == PLAN_NOT_SKIPPED)
		code = plan_probe_apply(&plan, modprobe->probe, &apply, &err);
	return code < 0 ? say_refused(modprobe, request->module.name, code, &log) : 0;
}

static int load(struct modprobe *modprobe, const struct db_candidate *module, const char *path,
		const char *params)
{
	const struct modprobe_options *options = &modprobe->options;
	struct plan_insert_request request = {
		.module = *module,
		.path = path,
		.params = params,
		.ignore_loaded = options->show_depends,
		.fail_on_loaded = options->first_time,
		.ignore_commands = options->ignore_commands,
		.blacklist_alias = true,
		.blacklist = options->use_blacklist,
	};

	if (options->show_alias) {
		puts(module->name);
		return 0;
	}
	return probe(modprobe, &request);
}

static int load_file(struct modprobe *modprobe, const char *word, const char *params)
{
	DEFER(mem_freep) char *path = file_absolute(word), *name = tool_module_name(word);
	struct db_candidate module = {.name = name};
	struct err err = {0};
	int64_t modified;
	int code = path && name ? file_modified(path, &modified, &err) : -ENOMEM;

	if (code == 0 && !name[0])
		code = -ENOENT;
	if (code < 0) {
		tool_say(&modprobe->tool, modprobe->complaint,
			 "Failed to get module from path %s: %s", word, strerror(-code));
		return code;
	}
	return load(modprobe, &module, path, params);
}

int modprobe_load(struct modprobe *modprobe, const char *word, const char *params)
{
	DEFER(db_candidates_free) struct db_candidates found = {0};
	int code;

	if (modprobe_is_path(word))
		return load_file(modprobe, word, params);
	code = modprobe_find(modprobe, word, &found);
	/* Of several modules the last one tells, as with kmod. */
	vec_foreach (&found.list, module)
		code = load(modprobe, module, NULL, params);
	return code;
}
