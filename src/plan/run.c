/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan of "lkm run". */
#include <errno.h>
#include <string.h>

#include "db/db.h"
#include "plan/plan.h"

/* Files that need each other in a circle would never come to an end. */
enum { DEPTH_MAX = 64 };

struct planner {
	struct plan *plan;
	const struct plan_run_request *request;
	struct db *beside; /* the module files in the target's folder, NULL: not looked at */
	unsigned int depth;
	struct err *err;
};

static bool is_planned(const struct planner *p, const char *name)
{
	vec_foreach (&p->plan->steps, step) {
		if (strcmp(step->name, name) == 0)
			return true;
	}
	return false;
}

static int add(struct planner *p, const struct plan_step *step)
{
	struct arena *arena = p->plan->arena;
	struct plan_step *new = vec_push(&p->plan->steps);

	if (!new)
		return err_no_memory(p->err);
	*new = *step;
	new->name = arena_strdup(arena, step->name);
	new->path = arena_strdup(arena, step->path);
	new->params = arena_strdup(arena, step->params ? step->params : "");
	new->reason = arena_strdup(arena, step->reason);
	if (!new->name || !new->path || !new->params || !new->reason)
		return err_no_memory(p->err);
	return 0;
}

static int add_needed(struct planner *p, const char *name, const char *path, const char *needed_by,
		      bool soft)
{
	const char *format = soft ? "softdep of %s" : "%s needs it";
	struct plan_step step = {PLAN_LOAD, name, path, .optional = soft};

	if (is_planned(p, name) || strcmp(name, ko_name(p->request->ko)) == 0)
		return 0;
	step.reason = arena_format(p->plan->arena, format, needed_by);
	return step.reason ? add(p, &step) : err_no_memory(p->err);
}

static bool has(const struct db_list *list, const struct db_module *module)
{
	vec_foreach (&list->modules, m) {
		if (*m == module)
			return true;
	}
	return false;
}

static int add_list(struct planner *p, const struct db_list *list, const char *needed_by, bool soft)
{
	int rc;

	vec_foreach (&list->modules, m) {
		rc = add_needed(p, (*m)->name, (*m)->path, needed_by, soft);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A module of the db with everything that modprobe would load for it. */
static int add_stock(struct planner *p, const struct db_module *module, const char *needed_by,
		     bool soft)
{
	DEFER(db_list_free) struct db_list order = {0};
	int rc = db_load_order(p->request->db, module, &order, p->err);

	return rc < 0 ? rc : add_list(p, &order, needed_by, soft);
}

static int add_softdeps(struct planner *p, bool post)
{
	DEFER(db_softdeps_free) struct db_softdeps softdeps = {0};
	const char *name = ko_name(p->request->ko);
	int rc;

	if (!p->request->db)
		return 0;
	rc = db_softdeps_of(p->request->db, p->request->ko, &softdeps, p->err);
	if (rc < 0)
		return rc;
	vec_foreach (&softdeps.words, soft) {
		DEFER(db_list_free) struct db_list found = {0};

		if (soft->post != post)
			continue;
		rc = db_lookup(p->request->db, soft->word, &found, p->err);
		if (rc == -ENOENT)
			continue;
		vec_foreach (&found.modules, m) {
			if (rc == 0)
				rc = add_stock(p, *m, name, true);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_dependencies(struct planner *p, const struct ko *ko);

/* A module whose file lies beside the target's, after its own dependencies. */
static int add_beside(struct planner *p, const struct db_module *module, const char *needed_by)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	int rc;

	if (is_planned(p, module->name) || strcmp(module->name, ko_name(p->request->ko)) == 0)
		return 0;
	if (p->depth == DEPTH_MAX)
		return err_set(p->err, -ELOOP, "the dependencies of %s are nested too deeply",
			       needed_by);
	rc = ko_open(&ko, module->path, p->err);
	p->depth++;
	if (rc == 0)
		rc = add_dependencies(p, ko);
	p->depth--;
	return rc < 0 ? rc : add_needed(p, module->name, module->path, needed_by, false);
}

static int add_missing(struct planner *p, const char *name)
{
	const char **missing = vec_push(&p->plan->missing);

	if (!missing)
		return err_no_memory(p->err);
	*missing = arena_strdup(p->plan->arena, name);
	return *missing ? 0 : err_no_memory(p->err);
}

static int add_by_name(struct planner *p, const char *name, const char *needed_by)
{
	const struct db_module *module;

	if (p->beside && db_find(p->beside, name, &module, NULL) == 0)
		return add_beside(p, module, needed_by);
	if (p->request->db && db_find(p->request->db, name, &module, NULL) == 0)
		return add_stock(p, module, needed_by, false);
	if (p->request->db && db_is_builtin(p->request->db, name, NULL) == 1)
		return 0;
	return add_missing(p, name);
}

/* By depends=, then by the symbols that files beside it export: a module built without the others'
 * Module.symvers does not name them. */
static int add_dependencies(struct planner *p, const struct ko *ko)
{
	DEFER(db_list_free) struct db_list beside = {0};
	const char *const *names;
	size_t count = ko_depends(ko, &names);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = add_by_name(p, names[i], ko_name(ko));
	if (rc < 0 || !p->beside || count)
		return rc;
	rc = db_dependencies_of(p->beside, ko, &beside, p->err);
	if (rc == -ENOENT)
		return 0;
	return rc < 0 ? rc : add_list(p, &beside, ko_name(ko), false);
}

/* What lies beside a file; a folder that cannot be read has nothing to offer. */
static struct db *open_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	DEFER(mem_freep)
	char *folder = slash ? mem_format("%.*s", (int)(slash - path), path) : mem_strdup(".");
	struct db *db = NULL;

	if (folder)
		db_open_folder(&db, slash == path ? "/" : folder, NULL);
	return db;
}

static int add_unloads(struct planner *p)
{
	for (size_t i = p->plan->steps.n; i-- > 0;) {
		struct plan_step step = p->plan->steps.p[i];
		int rc;

		step.op = PLAN_UNLOAD;
		step.params = "";
		step.reason = "in reverse order";
		rc = add(p, &step);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_target(struct planner *p)
{
	const struct plan_run_request *request = p->request;
	struct plan_step step = {PLAN_LOAD,	  ko_name(request->ko), request->path,
				 request->params, "asked for",		.target = true};

	return add(p, &step);
}

/* A module of the db: what modprobe would load, in its order. */
static int add_stock_target(struct planner *p)
{
	DEFER(db_list_free) struct db_list order = {0}, needed = {0};
	const char *name = ko_name(p->request->ko);
	const struct db_module *target;
	int rc = db_find(p->request->db, name, &target, p->err);

	if (rc == 0)
		rc = db_load_order(p->request->db, target, &order, p->err);
	if (rc == 0)
		rc = db_dependencies(p->request->db, target, &needed, p->err);
	vec_foreach (&order.modules, m) {
		if (rc < 0)
			return rc;
		rc = *m == target ? add_target(p)
				  : add_needed(p, (*m)->name, (*m)->path, name, !has(&needed, *m));
	}
	return rc;
}

static int add_file_target(struct planner *p)
{
	int rc = add_dependencies(p, p->request->ko);

	if (rc == 0)
		rc = add_softdeps(p, false);
	if (rc == 0)
		rc = add_target(p);
	return rc < 0 ? rc : add_softdeps(p, true);
}

int plan_run(struct plan *out, const struct plan_run_request *request, struct err *err)
{
	DEFER(db_closep) struct db *beside = request->stock ? NULL : open_beside(request->path);
	struct planner p = {out, request, beside, 0, err};
	int rc;

	out->arena = arena_new();
	if (!out->arena)
		return err_no_memory(err);
	rc = request->stock ? add_stock_target(&p) : add_file_target(&p);
	return rc < 0 || request->keep ? rc : add_unloads(&p);
}
