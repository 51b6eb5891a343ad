/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The course of a run: open the engine, load by plan, look, do the commands, unload by plan, look
 * again, judge.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "db/db.h"

/* Taints that say of the module that it did something wrong: B, D, W, L. */
#define TAINT_MISBEHAVED (1u << 5 | 1u << 7 | 1u << 9 | 1u << 14)

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

/* Whether the kernel has the module of a load. */
static bool succeeded(const struct run_step *step)
{
	return step->answered && (step->ret >= 0 || step->was_there);
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
		if (!plan->optional && run->steps.n && !succeeded(run_last(run)))
			return 0;
	}
	return 0;
}

static bool is_loaded(const struct run *run)
{
	return run->target && succeeded(run->target);
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

static bool was_loaded(const struct run *run, const char *name)
{
	bool loaded = false;

	vec_foreach (&run->steps, step) {
		if (!(*step)->module || strcmp((*step)->module, name) != 0 || !succeeded(*step))
			continue;
		loaded = strcmp((*step)->op, "load") == 0;
	}
	return loaded;
}

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
		if (plan->op == PLAN_UNLOAD && was_loaded(run, plan->name))
			rc = unload_planned(run, plan->name, err);
	}
	return unless_ended(rc);
}

/* Only what is gone can have left something behind. */
static int look_behind(struct run *run, struct err *err)
{
	int rc = 0;

	if (goes_on(run) && run->target && !was_loaded(run, run->name))
		rc = run_inventory_blocks(run, err);
	if (rc == 0 && !run->dead)
		run->taint = run_inventory_taint(run);
	run_trouble_scan(run);
	return unless_ended(rc);
}

/* The verdict ------------------------------------------------------------------------ */

static void judge_end(struct run *run)
{
	static const char *const kinds[] = {
		[ENGINE_RUNNING] = "the kernel is gone",
		[ENGINE_PANIC] = "the kernel panicked",
		[ENGINE_TIMEOUT] = "it did not come back in time",
		[ENGINE_STALL] = "it waits for something that never comes",
		[ENGINE_CRASH] = "the kernel crashed without a report of its own",
		[ENGINE_MEMORY] = "it used up the memory",
		[ENGINE_UNABLE] = "the kernel did not start",
	};
	const struct run_step *last = run_last(run);
	const char *place = run_trouble_place(run->arena, run->end.text);
	const char *source = place ? run_trouble_source(run, place, false) : NULL;

	run->status =
		last ? CLI_MISBEHAVED : CLI_UNAVAILABLE; /* the module had no part in a boot */
	snprintf(run->verdict, sizeof(run->verdict), "%s %s%s: %s%s%s%s%s%s",
		 last ? run->name : "the kernel", last ? "misbehaved in " : "did not come up",
		 last ? last->op : "",
		 run->dead ? kinds[run->end.kind] : "the kernel killed the task",
		 run->end.text[0] ? " (" : "", run->end.text, source ? ", " : "",
		 source ? source : "", run->end.text[0] ? ")" : "");
}

static void judge_damage(struct run *run)
{
	run->status = CLI_UNAVAILABLE;
	snprintf(run->verdict, sizeof(run->verdict), "%s", run->end.text);
}

static void judge_trouble(struct run *run)
{
	const struct run_trouble *first = run->troubles.p;

	run->status = CLI_MISBEHAVED;
	snprintf(run->verdict, sizeof(run->verdict), "%s misbehaved: %s%s%s%s%s%s", run->name,
		 first->kind, first->where ? " in " : "", first->where ? first->where : "",
		 first->source ? " (" : "", first->source ? first->source : "",
		 first->source ? ")" : "");
}

static uint64_t left_bytes(const struct run *run)
{
	uint64_t bytes = 0;

	vec_foreach (&run->blocks, block)
		bytes += block->size;
	return bytes;
}

static void judge_refused(struct run *run, const struct run_step *step)
{
	char space[16];
	size_t length;

	run->status = CLI_REFUSED;
	snprintf(run->verdict, sizeof(run->verdict), "%s cannot be %sed: %s (%s)", step->module,
		 step->op, run_errno_name(-step->ret, space, sizeof(space)),
		 run_errno_text(-step->ret));
	if (!run->blocks.n)
		return;
	run->status = CLI_MISBEHAVED;
	length = strlen(run->verdict);
	snprintf(run->verdict + length, sizeof(run->verdict) - length,
		 ", and it left %llu bytes behind", (unsigned long long)left_bytes(run));
}

static void judge_leak(struct run *run)
{
	run->status = CLI_MISBEHAVED;
	snprintf(run->verdict, sizeof(run->verdict),
		 "%s misbehaved: it left %llu bytes in %zu block%s behind, allocated by %s",
		 run->name, (unsigned long long)left_bytes(run), run->blocks.n,
		 run->blocks.n == 1 ? "" : "s", run->blocks.p[0].caller);
}

static unsigned long misbehaviour(const struct run *run)
{
	return run->taint & ~run->taint_before & TAINT_MISBEHAVED;
}

static void judge_taint(struct run *run)
{
	run->status = CLI_MISBEHAVED;
	snprintf(run->verdict, sizeof(run->verdict), "%s misbehaved: the kernel is tainted with",
		 run->name);
	for (unsigned int bit = 0; run_taint(bit); bit++) {
		size_t length = strlen(run->verdict);

		if ((misbehaviour(run)) >> bit & 1)
			snprintf(run->verdict + length, sizeof(run->verdict) - length, " %c (%s)",
				 run_taint(bit)->letter, run_taint(bit)->meaning);
	}
}

static bool is_refused(const struct run_step *step)
{
	return step->answered && !succeeded(step);
}

/* The last of lkm's own steps with that op, of that module (NULL: any). */
static const struct run_step *last_of(const struct run *run, const char *op, const char *module)
{
	for (size_t i = run->steps.n; i-- > 0;) {
		const struct run_step *step = run->steps.p[i];

		if (!step->command && strcmp(step->op, op) == 0 &&
		    (!module || strcmp(step->module, module) == 0))
			return step;
	}
	return NULL;
}

/* The step whose refusal decides: the load of the module, or of what it needs when it did not come
 * to that, or its unload. A module without exit function (EBUSY) is meant to stay. */
static const struct run_step *refused(const struct run *run)
{
	const struct run_step *load = run->target ? run->target : last_of(run, "load", NULL);
	const struct run_step *unload = last_of(run, "unload", run->name);

	if (load && is_refused(load))
		return load;
	return unload && is_refused(unload) && unload->ret != -EBUSY ? unload : NULL;
}

static void judge_fine(struct run *run)
{
	const char *what = run->options->keep		? "loads cleanly"
			   : was_loaded(run, run->name) ? "loads cleanly, and stays: it has no exit"
							: "loads and unloads cleanly";

	run->status = run->failed_commands ? CLI_REFUSED : CLI_OK;
	snprintf(run->verdict, sizeof(run->verdict), "%s %s", run->name, what);
	if (run->failed_commands)
		snprintf(run->verdict, sizeof(run->verdict), "%s %s, but %zu command%s failed",
			 run->name, what, run->failed_commands,
			 run->failed_commands == 1 ? "" : "s");
}

static void judge(struct run *run)
{
	const struct run_step *step = refused(run);

	if (run->dead && run->end.kind == ENGINE_DAMAGED)
		judge_damage(run);
	else if (run->troubles.n)
		judge_trouble(run);
	else if (run->dead || run->killed)
		judge_end(run);
	else if (misbehaviour(run))
		judge_taint(run);
	else if (step)
		judge_refused(run, step);
	else if (run->blocks.n)
		judge_leak(run);
	else
		judge_fine(run);
}

/* ------------------------------------------------------------------------------------- */

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
	judge(run);
	if (run->view->end)
		run->view->end(run);
	return 0;
}
