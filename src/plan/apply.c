/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* modprobe's plan, shown or carried out: both ask the kernel the same questions before a step. */
#include <errno.h>

#include "plan/probe_internal.h"

struct applying {
	struct plan_probe *probe;
	const struct plan_kernel *kernel;
	struct plan_apply *apply;
	struct err *err;
};

/* Tells the sentence of err, and returns its code. */
static int tell(const struct applying *a, enum db_level level)
{
	db_tell(&a->probe->options.listener, level, "%s", a->err->text);
	return a->err->code;
}

static int install(const struct applying *a, const struct plan_step *step)
{
	DEFER(buf_free) struct buf command = {0};
	int status = 0, code;

	probe_write_command(step->command, step->params, &command);
	code = buf_failed(&command) ? err_no_memory(a->err)
				    : a->kernel->command(a->kernel->context, buf_string(&command),
							 step->name, &status, a->err);
	if (code < 0)
		err_add(a->err, "Could not run install command '%s' for module %s",
			buf_string(&command), step->name);
	else if (status)
		code = err_set(a->err, -EINVAL,
			       "Error running install command '%s' for module %s: retcode %d",
			       buf_string(&command), step->name, status);
	return code < 0 ? tell(a, DB_ERROR) : 0;
}

static int load(const struct applying *a, const struct plan_step *step)
{
	struct err why = {0};
	int code;

	if (!step->path) {
		err_set(a->err, -ENOENT, "could not find module by name='%s'", step->name);
		return tell(a, DB_ERROR);
	}
	code = a->kernel->insert(a->kernel->context, step->path, step->params, a->apply->force,
				 &why);
	if (code == 0)
		return 0;
	err_set(a->err, code, "Failed to insert module '%s': %s", step->path, why.text);
	return tell(a, DB_INFO);
}

/* Doubles the pauses, as long as the time that is left has room for them. */
static int unload_patiently(const struct applying *a, const struct plan_step *step)
{
	unsigned int left = a->apply->wait, pause = 1;
	int code;

	for (;;) {
		code = a->kernel->remove(a->kernel->context, step->name, a->apply->force_removal,
					 a->err);
		if (code != -EAGAIN || left == 0)
			break;
		for (pause *= 2; pause > left;)
			pause /= 2;
		a->kernel->pause(a->kernel->context, pause);
		left -= pause;
	}
	return code;
}

/* Shown only when it is going to be done: hence after the questions. */
static void show(const struct applying *a, const struct plan_step *step)
{
	if (a->apply->show)
		a->apply->show(a->apply->context, step);
}

/* Whether a step is done before it was begun: no module of that name any more, or one that is used
 * and may be. */
static bool is_done(const struct applying *a, const struct plan_step *step, long references)
{
	enum plan_state state;

	if (step->only_unused)
		return references != 0;
	return !a->apply->ignore_loaded &&
	       a->kernel->state(a->kernel->context, step->name, &state, NULL) == -ENOENT;
}

static int unload(const struct applying *a, const struct plan_step *step)
{
	long references;
	int code = a->kernel->references(a->kernel->context, step->name, &references, NULL);

	if (code < 0)
		references = -1;
	if (is_done(a, step, references))
		return 0;
	if (references > 0 && !step->only_unused && !a->apply->ignore_loaded && !a->apply->wait) {
		a->apply->fatal = true;
		return err_set(a->err, -EBUSY, "Module %s is in use.", step->name);
	}
	show(a, step);
	code = a->apply->dry_run ? 0 : unload_patiently(a, step);
	if (code == 0)
		return 0;
	err_set(a->err, code, "could not remove '%s': %s", step->name, strerror(-code));
	return tell(a, DB_ERROR);
}

static int remove_by_command(const struct applying *a, const struct plan_step *step)
{
	int status = 0, code = 0;

	show(a, step);
	if (!a->apply->dry_run)
		code = a->kernel->command(a->kernel->context, step->command, step->name, &status,
					  a->err);
	if (code == 0 && status == 0)
		return 0;
	a->apply->fatal = true;
	return err_set(a->err, -EINVAL, "Error running remove command for %s", step->name);
}

static int is_loaded(const struct applying *a, const struct plan_step *step)
{
	struct db_candidate candidate = {.name = step->name};

	return plan_probe_is_loaded(a->probe, &candidate, a->err);
}

static int insert(const struct applying *a, const struct plan_step *step)
{
	int code = a->apply->ignore_loaded ? 0 : is_loaded(a, step);

	if (code < 0)
		return code;
	if (code == 1)
		return err_set(a->err, -EEXIST, "module %s is loaded already", step->name);
	show(a, step);
	if (a->apply->dry_run)
		return 0;
	return step->op == PLAN_INSTALL ? install(a, step) : load(a, step);
}

static int take(const struct applying *a, const struct plan_step *step)
{
	int code;

	switch (step->op) {
	case PLAN_LOAD:
	case PLAN_INSTALL:
	case PLAN_BUILTIN:
		code = insert(a, step);
		/* Another process may have been quicker. */
		return code == -EEXIST && !(step->target && a->apply->fail_on_loaded) ? 0 : code;
	case PLAN_UNLOAD:
		return unload(a, step);
	case PLAN_REMOVE:
		return remove_by_command(a, step);
	}
	return 0;
}

int plan_probe_apply(const struct plan *plan, struct plan_probe *probe, struct plan_apply *apply,
		     struct err *err)
{
	const struct applying a = {probe, probe->options.kernel, apply, err};
	size_t i = 0;

	while (i < plan->steps.n) {
		const struct plan_step *step = &plan->steps.p[i];
		int code;

		apply->fatal = false;
		code = take(&a, step);
		if (code == 0) {
			i++;
			continue;
		}
		if (!step->optional || (apply->fatal && apply->fatal_ends))
			return code;
		if (apply->fatal)
			tell(&a, DB_WARNING);
		i = step->after_failure;
	}
	return 0;
}
