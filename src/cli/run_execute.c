/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The course of a run: open the engine, load by plan, look, do the commands, unload by plan, look
 * again, judge (run_verdict.c).
 */
#include <errno.h>

#include "cli/run.h"
#include "db/db.h"

void run_free(struct run *run)
{
	engine_close(run->engine);
	vec_foreach (&run->steps, step) {
		buf_free(&(*step)->data);
		vec_free(&(*step)->args);
		vec_free(&(*step)->nodes);
	}
	vec_foreach (&run->opened, ko)
		ko_close(*ko);
	vec_free(&run->commands);
	vec_free(&run->steps);
	vec_free(&run->log);
	vec_free(&run->uevents);
	vec_free(&run->extras);
	vec_free(&run->requested);
	vec_free(&run->answers);
	vec_free(&run->opened);
	map_free(&run->before);
	vec_free(&run->created);
	vec_free(&run->parameters);
	vec_free(&run->troubles);
	vec_free(&run->blocks);
	vec_free(&run->notes);
	plan_free(&run->plan);
	ko_close(run->ko);
	db_close(run->db);
	kernel_free(run->kernel);
	arena_free(run->arena);
}

/* True while questions make sense. */
static bool goes_on(const struct run *run)
{
	return !run->dead && !run->killed && !run_trouble_fatal(run);
}

/* A kernel that ended is an answer, not an error of ours. */
static int unless_ended(int rc)
{
	return rc == -ECONNRESET ? 0 : rc;
}

static void end_phase(struct run *run, enum run_phase phase)
{
	uint64_t now = run_clock_us();

	run->phase_us[phase] = now - run->started_us;
	for (int before = 0; before < (int)phase; before++)
		run->phase_us[phase] -= run->phase_us[before];
}

/* Loading ---------------------------------------------------------------------------- */

/* A machine has modules of its own, which are not ours to unload. */
static bool is_there(struct run *run, const char *name)
{
	const char *path = arena_format(run->arena, "/sys/module/%s/initstate", name);

	return run->on_host && path && run_peek(run, path);
}

static int load_needed(struct run *run, const struct plan_step *plan, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	int rc = ko_open(&ko, plan->path, err);

	if (rc == 0 && is_there(run, ko_name(ko)))
		return 0;
	if (rc < 0 && plan->optional)
		return 0;
	return rc < 0 ? rc : run_load(run, plan->path, ko, plan->params, NULL, err);
}

static int load_target(struct run *run, const struct plan_step *plan, struct err *err)
{
	int rc = run_inventory_before(run, err);

	if (rc == 0)
		rc = run_load(run, plan->path, run->ko, plan->params, NULL, err);
	if (rc == 0 || rc == -ECONNRESET)
		run->target = run_last(run);
	return rc;
}

static int load_all(struct run *run, struct err *err)
{
	vec_foreach (&run->plan.steps, plan) {
		size_t requested = run->requested.n;
		int rc;

		if (plan->op != PLAN_LOAD || !goes_on(run))
			continue;
		rc = plan->target ? load_target(run, plan, err) : load_needed(run, plan, err);
		if (rc == 0 && goes_on(run))
			rc = run->requested.n > requested ? run_settle(run, err) : 0;
		if (rc < 0)
			return unless_ended(rc);
		if (!plan->optional && run->steps.n && !run_step_succeeded(run_last(run)))
			return 0;
	}
	return 0;
}

static bool is_loaded(const struct run *run)
{
	return run->target && run_step_succeeded(run->target);
}

static int look(struct run *run, struct err *err)
{
	int rc;

	if (!is_loaded(run) || !goes_on(run))
		return 0;
	rc = run_inventory_after(run, err);
	run_trouble_scan(run);
	if (rc == 0 && run->view->inventory)
		run->view->inventory(run);
	return unless_ended(rc);
}

static int do_commands(struct run *run, struct err *err)
{
	int rc = 0;

	vec_foreach (&run->commands, command) {
		if (rc < 0 || !is_loaded(run) || !goes_on(run))
			break;
		rc = unless_ended(run_command_do(run, command, err));
	}
	if (rc == 0 && run->options->interactive && goes_on(run))
		rc = unless_ended(run_prompt(run, err));
	return rc;
}

/* Unloading -------------------------------------------------------------------------- */

/* What commands loaded goes first, the youngest at the head: it may use the others. */
static int unload_extras(struct run *run, struct err *err)
{
	for (size_t i = run->extras.n; i-- > 0 && goes_on(run);) {
		int rc = i < run->extras.n ? run_unload(run, run->extras.p[i], NULL, err) : 0;

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What the kernel asked for may use the module, and then has to go before it. */
static int unload_requested(struct run *run, struct err *err)
{
	int rc = 0;

	while (run->requested.n && rc == 0 && goes_on(run))
		rc = run_unload(run, run->requested.p[--run->requested.n], NULL, err);
	return rc;
}

static int unload_planned(struct run *run, const char *name, struct err *err)
{
	int rc = run_unload(run, name, NULL, err);

	if (rc < 0 || run_last(run)->ret != -EAGAIN || !run->requested.n)
		return rc;
	rc = unload_requested(run, err);
	return rc < 0 || !goes_on(run) ? rc : run_unload(run, name, NULL, err);
}

static int unload_all(struct run *run, struct err *err)
{
	int rc = run->options->keep ? 0 : unload_extras(run, err);

	vec_foreach (&run->plan.steps, plan) {
		if (rc < 0 || !goes_on(run))
			break;
		if (plan->op == PLAN_UNLOAD && run_was_loaded(run, plan->name))
			rc = unload_planned(run, plan->name, err);
	}
	return unless_ended(rc);
}

/* Only what is gone can have left something behind. */
static int look_behind(struct run *run, struct err *err)
{
	int rc = 0;

	if (goes_on(run) && run->target && !run_was_loaded(run, run->name))
		rc = run_inventory_blocks(run, err);
	if (rc == 0 && !run->dead)
		run->taint = run_inventory_taint(run);
	run_trouble_scan(run);
	return unless_ended(rc);
}

/* All together ------------------------------------------------------------------------ */

static int open_engine(struct run *run, const struct engine_ops *ops, struct err *err)
{
	DEFER(mem_freep) char *cache = NULL;
	struct engine_options options = {
		.kernel_path = run->kernel->vmlinuz,
		.config_path = run->kernel->config,
		/* Nobody knows how long a breakpoint is looked at. */
		.append = run->options->append,
		.timeout_ms = run->options->gdb ? 0 : run->options->timeout_ms,
		.breakpoints = run->options->gdb,
		.listener = run_listener(run),
	};
	int rc = file_cache_dir(&cache, err);

	if (rc < 0)
		return rc;
	options.cache_dir = cache;
	return engine_open(&run->engine, ops, &options, err);
}

int run_execute(struct run *run, const struct engine_ops *ops, struct err *err)
{
	int rc;

	run->status = CLI_UNAVAILABLE;
	end_phase(run, RUN_PREPARE);
	rc = open_engine(run, ops, err);
	end_phase(run, RUN_BOOT);
	if (rc < 0)
		return rc;
	if (run->view->begin)
		run->view->begin(run);
	if (run->on_host)
		run->taint_before = run_inventory_taint(run);
	vec_foreach (&run->plan.missing, name)
		run_note(
			run,
			"%s needs the module %s: %s.ko is neither beside it nor among the kernel's "
			"modules",
			run->name, *name, *name);
	rc = load_all(run, err);
	if (rc == 0)
		rc = look(run, err);
	end_phase(run, RUN_LOAD);
	if (rc == 0 && run->options->gdb && is_loaded(run) && goes_on(run))
		rc = run_gdb(run, err);
	if (rc == 0)
		rc = do_commands(run, err);
	end_phase(run, RUN_COMMANDS);
	if (rc == 0)
		rc = unload_all(run, err);
	if (rc == 0)
		rc = look_behind(run, err);
	end_phase(run, RUN_UNLOAD);
	if (run->debugger) {
		engine_close(take_ptr(&run->engine));
		run_gdb_wait(run);
	}
	if (rc < 0)
		return rc;
	if (run->out_of_memory)
		return err_no_memory(err);
	run_judge(run);
	if (run->view->end)
		run->view->end(run);
	return 0;
}
