/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of modprobe's plans share, and nobody else.
 */
#ifndef LKM_PLAN_PROBE_INTERNAL_H
#define LKM_PLAN_PROBE_INTERNAL_H

#include "base/map.h"
#include "plan/probe.h"

/* A module that a plan speaks of. Found by its name and by an alias it is two of them, as with
 * kmod; so what is reached both ways is planned twice. */
struct probe_module {
	const char *name, *alias;     /* alias: NULL: none */
	const char *path;	      /* NULL: none is known */
	const char *install, *remove; /* as of struct db_candidate */
	struct probe_module **depends;
	size_t depend_count; /* in order of loading */
	bool resolved;	     /* path and depends are filled */
	signed char builtin; /* 1, 0, -1: not known */

	/* Of the plan that is being made. */
	bool visited, required;
};

struct plan_probe {
	struct plan_probe_options options;
	struct arena *arena;
	struct map modules; /* of struct probe_module, by name or "name\alias" */
	VEC(struct probe_module *) all;
};

int probe_module_get(struct plan_probe *probe, const struct db_candidate *candidate,
		     struct probe_module **out, struct err *err);
/* The same for the module that a plan is about, with which the plan begins. */
int probe_begin(struct plan_probe *probe, const struct db_candidate *candidate, struct plan *plan,
		struct probe_module **out, struct err *err);
/* Fills in the path and what it depends on, from modules.dep. A line that names a file which is not
 * there is told, and counts as one without dependencies. */
int probe_module_resolve(struct plan_probe *probe, struct probe_module *module, struct err *err);

/* 1, 0, or a negative errno. */
int probe_module_is_builtin(struct plan_probe *probe, struct probe_module *module, struct err *err);
int probe_module_is_loaded(struct plan_probe *probe, struct probe_module *module, struct err *err);

/* The modules that its softdep names, in order; a word that stands for none is left out. */
struct probe_softdeps {
	VEC(struct probe_module *) pre, post;
};
void probe_softdeps_free(struct probe_softdeps *softdeps); /* serves as DEFER destructor */
int probe_module_softdeps(struct plan_probe *probe, const struct probe_module *module,
			  struct probe_softdeps *out, struct err *err);

/* The command of the configuration to load or unload it with, NULL: none. */
const char *probe_module_install(const struct plan_probe *probe, const struct probe_module *module);
const char *probe_module_remove(const struct plan_probe *probe, const struct probe_module *module);
/* Appends a command of the configuration with each "$CMDLINE_OPTS" replaced. */
void probe_write_command(const char *command, const char *params, struct buf *out);

/* Appends a step whose texts are the plan's own from then on. */
int probe_add_step(struct plan *plan, const struct plan_step *step, struct err *err);

/* Softdeps that lead from one to the next without end exist in made-up files only. */
enum { PROBE_DEPTH_MAX = 500 };

#endif
