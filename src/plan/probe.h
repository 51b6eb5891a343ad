/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modprobe: what it takes to load or unload a module of a release, as a plan that is shown or
 * carried out.
 *
 *	insert.c	the plan of loading
 *	remove.c	the plan of unloading
 *	modules.c	the modules that plans speak of
 *	apply.c		showing a plan, carrying it out
 *	host.c		the running kernel
 */
#ifndef LKM_PLAN_PROBE_H
#define LKM_PLAN_PROBE_H

#include "db/indexes.h"
#include "plan/plan.h"

/* A kernel as modprobe needs it. Each function returns 0 or a negative errno; state, references
 * and holders -ENOENT when there is no such module. */
enum plan_state { PLAN_STATE_LIVE, PLAN_STATE_COMING, PLAN_STATE_GOING };
enum { PLAN_FORCE_VERSIONS = 1, PLAN_FORCE_VERMAGIC = 2 };
struct plan_names {
	struct arena *arena;
	VEC(const char *) list;
};
struct plan_kernel {
	int (*state)(void *context, const char *name, enum plan_state *out, struct err *err);
	int (*references)(void *context, const char *name, long *out, struct err *err);
	/* Appends to *out, whose arena is there. */
	int (*holders)(void *context, const char *name, struct plan_names *out, struct err *err);
	int (*insert)(void *context, const char *path, const char *params, unsigned int force,
		      struct err *err);
	int (*remove)(void *context, const char *name, bool force, struct err *err);
	/* A command of the configuration, for a module. *status is its exit status. */
	int (*command)(void *context, const char *command, const char *name, int *status,
		       struct err *err);
	void (*pause)(void *context, unsigned int milliseconds);
	void *context;
};

/* The running kernel; host is borrowed, NULL: this machine. */
struct host;
struct plan_kernel plan_host(const struct host *host);

/* What several plans share. Everything is borrowed until plan_probe_free(). */
struct plan_probe;
struct plan_probe_options {
	struct db_indexes *indexes;
	const struct db_config *config;
	const struct plan_kernel *kernel;
	struct db_listener listener;
};
int plan_probe_new(struct plan_probe **out, const struct plan_probe_options *options,
		   struct err *err);
void plan_probe_free(struct plan_probe *probe); /* NULL is accepted */
DEFINE_DEFER(struct plan_probe, plan_probe_free)

/* Whether it is built in or its init has come to an end: 1, 0, or a negative errno. */
int plan_probe_is_loaded(struct plan_probe *probe, const struct db_candidate *module,
			 struct err *err);

/* Loading. Dependencies first, from the end of their line in modules.dep, each between its
 * softdeps; a module with softdeps has its install command ignored, as with kmod. */
enum plan_skip {
	PLAN_NOT_SKIPPED,
	PLAN_SKIP_LOADED,
	PLAN_SKIP_BLACKLISTED_ALIAS, /* the rule that led to it, below */
	PLAN_SKIP_BLACKLISTED_ALL,
	PLAN_SKIP_BLACKLISTED,
};
struct plan_insert_request {
	struct db_candidate module;
	const char *path;     /* its file, absolute; NULL: the release's */
	const char *params;   /* added to those of the configuration; NULL: none */
	bool ignore_loaded;   /* plan as if nothing were loaded */
	bool fail_on_loaded;  /* -EEXIST instead of PLAN_SKIP_LOADED */
	bool ignore_commands; /* of the module itself; its softdeps too */
	/* To which modules the blacklist applies. */
	bool blacklist_alias; /* this, when an alias led to it */
	bool blacklist_all;   /* this and all that it needs */
	bool blacklist;	      /* this */
};
/* *out must be {0}. Nothing is to be done when *skip says so. */
int plan_probe_insert(struct plan *out, struct plan_probe *probe,
		      const struct plan_insert_request *request, enum plan_skip *skip,
		      struct err *err);

/* Unloading. The softdeps behind it, those who hold it if asked, the module, then what it needed
 * and nobody uses any more, its softdeps before it. */
struct plan_remove_request {
	struct db_candidate module;
	bool ignore_loaded, ignore_commands, holders;
	bool first_time; /* -ENOENT when it is not loaded, instead of nothing to do */
};
int plan_probe_remove(struct plan *out, struct plan_probe *probe,
		      const struct plan_remove_request *request, struct err *err);

/* Showing and doing. What fails is told to the listener, but the last fatal failure: that a module
 * to be unloaded is in use, or its remove command fails. */
struct plan_apply {
	/* Called for each step before it is done, not when it turns out to be done already; NULL:
	 * nobody is told. */
	void (*show)(void *context, const struct plan_step *step);
	void *context;
	bool dry_run, ignore_loaded;
	bool fail_on_loaded; /* of the module that was asked for */
	unsigned int force;  /* PLAN_FORCE_* */
	bool force_removal;  /* also of a module in use */
	unsigned int wait;   /* for users to let go of a module, milliseconds */
	bool fatal_ends;     /* a fatal failure ends everything, also of an optional step */

	bool fatal; /* filled in: the failure is a fatal one, and not told */
};
int plan_probe_apply(const struct plan *plan, struct plan_probe *probe, struct plan_apply *apply,
		     struct err *err);

#endif
