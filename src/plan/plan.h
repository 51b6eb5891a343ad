/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is going to be done, before it is done: an ordered list of steps, each with its reason. A
 * dry run prints the list, else it is executed.
 */
#ifndef LKM_PLAN_PLAN_H
#define LKM_PLAN_PLAN_H

#include "base/err.h"
#include "base/mem.h"
#include "base/vec.h"
#include "ko/ko.h"

struct db;

enum plan_op {
	PLAN_LOAD,
	PLAN_UNLOAD,
	PLAN_BUILTIN, /* nothing to do: it is part of the kernel */
	PLAN_INSTALL, /* run a command instead of loading */
	PLAN_REMOVE,  /* run a command instead of unloading */
};

struct plan_step {
	enum plan_op op;
	const char *name;   /* of the module, with '_' */
	const char *path;   /* of its file; NULL: none is known */
	const char *params; /* "" when none */
	const char *reason; /* "importer needs it" */
	bool target;	    /* the module that was asked for */
	bool optional;	    /* a softdep: that it fails stops nothing */

	/* Of modprobe's plans (probe.h) only. */
	const char *command;  /* as the configuration has it */
	bool only_unused;     /* unload it unless somebody uses it */
	size_t after_failure; /* which step comes next when an optional one fails */
};

struct plan {
	struct arena *arena;
	VEC(struct plan_step) steps;
	VEC(const char *) missing; /* modules named in depends= that are nowhere */
};
void plan_free(struct plan *plan); /* serves as DEFER destructor */

struct plan_run_request {
	const struct ko *ko; /* the module */
	const char *path, *params;
	struct db *db; /* the kernel's modules, NULL: none at hand */
	bool stock;    /* the module is one of db */
	bool keep;     /* do not unload */
};

/*
 * Loading a module after what it depends on, and unloading all in reverse order. A module named in
 * depends= is looked for beside the file (of one that is not stock), then in the db. One that is
 * nowhere goes to plan->missing: whether it is needed is the kernel's to say. *out must be {0}.
 */
int plan_run(struct plan *out, const struct plan_run_request *request, struct err *err);

#endif
