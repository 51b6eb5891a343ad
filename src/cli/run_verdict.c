/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run comes to: the exit status, and a sentence. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/run.h"

/* Taints that say of the module that it did something wrong: B, D, W, L. */
#define TAINT_MISBEHAVED (1u << 5 | 1u << 7 | 1u << 9 | 1u << 14)

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
	return step->answered && !run_step_succeeded(step);
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
	const char *what = run->options->keep ? "loads cleanly"
			   : run_was_loaded(run, run->name)
				   ? "loads cleanly, and stays: it has no exit"
				   : "loads and unloads cleanly";

	run->status = run->failed_commands ? CLI_REFUSED : CLI_OK;
	snprintf(run->verdict, sizeof(run->verdict), "%s %s", run->name, what);
	if (run->failed_commands)
		snprintf(run->verdict, sizeof(run->verdict), "%s %s, but %zu command%s failed",
			 run->name, what, run->failed_commands,
			 run->failed_commands == 1 ? "" : "s");
}

void run_judge(struct run *run)
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
