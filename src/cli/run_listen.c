/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel tells unasked: its log, uevents, notices of the engine; and the modules that it
 * asks for.
 *
 * What comes between two steps belongs to the one before: it is a late consequence.
 */
#include <errno.h>
#include <string.h>

#include "cli/run.h"
#include "db/db.h"

void run_note(struct run *run, const char *format, ...)
{
	DEFER(buf_free) struct buf text = {0};
	const char **note = vec_push(&run->notes);
	va_list args;

	va_start(args, format);
	buf_vformat(&text, format, args);
	va_end(args);
	if (!note) {
		run->out_of_memory = true;
		return;
	}
	*note = arena_strdup(run->arena, buf_string(&text));
	if (!*note) {
		run->notes.n--;
		run->out_of_memory = true;
	} else if (run->view->note) {
		run->view->note(run, *note);
	}
}

static void heard_log(void *context, const struct engine_record *record)
{
	struct run *run = context;
	struct run_record *new = vec_push(&run->log);
	struct run_step *step = run_last(run);

	if (!new || !(new->text = arena_strdup(run->arena, record->text))) {
		run->log.n -= new != NULL;
		run->out_of_memory = true;
		return;
	}
	new->level = record->level;
	new->ns = record->ns;
	if (step)
		step->log_end = run->log.n;
	if (run->view->log)
		run->view->log(run, new);
}

static void heard_notice(void *context, const char *text)
{
	run_note(context, "%s", text);
}

static void heard_uevent(void *context, struct span event)
{
	struct run *run = context;
	struct span *new = vec_push(&run->uevents);
	struct run_step *step = run_last(run);
	char *copy = arena_strndup(run->arena, (const char *)event.p, event.n);

	if (!new || !copy) {
		run->uevents.n -= new != NULL;
		run->out_of_memory = true;
		return;
	}
	*new = span_of(copy, event.n);
	if (step)
		step->uevent_end = run->uevents.n;
}

bool run_is_requested(const struct run *run, const char *name)
{
	vec_foreach (&run->requested, requested) {
		if (strcmp(*requested, name) == 0)
			return true;
	}
	return false;
}

static bool is_planned_or_loaded(const struct run *run, const char *name)
{
	if (run_is_requested(run, name))
		return true;
	vec_foreach (&run->steps, step) {
		if (strcmp((*step)->op, "load") == 0 && (*step)->module &&
		    strcmp((*step)->module, name) == 0)
			return true;
	}
	return false;
}

static int answer_with(struct run *run, const struct db_module *module)
{
	const char **requested;
	struct ko *ko = NULL, **opened;
	struct span *bytes;

	if (is_planned_or_loaded(run, module->name))
		return 0;
	if (ko_open(&ko, module->path, NULL) < 0)
		return -ENOENT;
	requested = vec_push(&run->requested);
	if (requested)
		*requested = module->name;
	opened = vec_push(&run->opened);
	bytes = vec_push(&run->answers);
	if (opened)
		*opened = ko;
	else
		ko_close(ko);
	if (!requested || !opened || !bytes)
		return -ENOMEM;
	*bytes = ko_bytes(ko);
	return 0;
}

/* As modprobe(8) would answer; modules that were loaded are not given again. */
static int asked_module(void *context, const char *name, const struct span **modules, size_t *count)
{
	struct run *run = context;
	DEFER(db_list_free) struct db_list found = {0};

	run->answers.n = 0;
	if (!run->db || db_lookup(run->db, name, &found, NULL) < 0)
		return -ENOENT;
	vec_foreach (&found.modules, m) {
		DEFER(db_list_free) struct db_list order = {0};

		if (db_load_order(run->db, *m, &order, NULL) < 0)
			return -ENOENT;
		vec_foreach (&order.modules, needed) {
			if (answer_with(run, *needed) < 0)
				return -ENOENT;
		}
	}
	*modules = run->answers.p;
	*count = run->answers.n;
	return 0;
}

struct engine_listener run_listener(struct run *run)
{
	return (struct engine_listener){
		.context = run,
		.log = heard_log,
		.notice = heard_notice,
		.uevent = heard_uevent,
		.request_module = asked_module,
	};
}
