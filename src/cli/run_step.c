/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One question to the kernel, recorded with its answer, the log and the uevents of that time.
 *
 * What the kernel tells between two steps belongs to the one before: it is a late consequence.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/run.h"
#include "db/db.h"

#define READ_LIMIT (16u << 20)
#define DELETE_FLAGS 2048 /* O_NONBLOCK, as rmmod */
#define SETTLE_NS 100000000

uint64_t run_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct run_step *run_last(const struct run *run)
{
	return run->steps.n ? run->steps.p[run->steps.n - 1] : NULL;
}

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

/* Listening --------------------------------------------------------------------------- */

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

static bool is_requested(const struct run *run, const char *name)
{
	vec_foreach (&run->requested, requested) {
		if (strcmp(*requested, name) == 0)
			return true;
	}
	return false;
}

static bool is_planned_or_loaded(const struct run *run, const char *name)
{
	if (is_requested(run, name))
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

/* Asking ------------------------------------------------------------------------------ */

/* Begins a step; further arguments with add_arg(). NULL: no memory, err is set. */
static struct run_step *begin(struct run *run, const char *op, const char *arg, const char *command,
			      struct err *err)
{
	struct run_step *step = arena_alloc(run->arena, sizeof(*step));
	struct run_step **slot = step && arg ? vec_push(&run->steps) : NULL;
	const char **first;

	if (slot)
		*slot = step;
	first = slot ? vec_push(&step->args) : NULL;
	if (!first) {
		run->steps.n -= slot != NULL;
		err_no_memory(err);
		return NULL;
	}
	*first = arg;
	step->op = op;
	step->command = command;
	step->log_begin = step->log_end = run->log.n;
	step->uevent_begin = step->uevent_end = run->uevents.n;
	return step;
}

static void add_arg(struct run *run, struct run_step *step, const char *arg)
{
	const char **slot = arg ? vec_push(&step->args) : NULL;

	if (slot)
		*slot = arg;
	else
		run->out_of_memory = true;
}

static uint64_t ask(struct run *run, const struct run_step *step)
{
	if (run->view->ask)
		run->view->ask(run, step);
	return run_clock_us();
}

/* Ends a step with what the engine returned. */
static int answer(struct run *run, struct run_step *step, int rc, uint64_t since)
{
	step->us = run_clock_us() - since;
	step->answered = rc == 0 && step->ret != ENGINE_KILLED;
	if (rc == 0 && step->ret == ENGINE_KILLED)
		run->killed = true;
	if (rc == -ECONNRESET) {
		run->dead = true;
		engine_end(run->engine, &run->end);
	}
	run_trouble_scan(run);
	if (run->view->answer)
		run->view->answer(run, step);
	return rc;
}

static int loaded(struct run *run, const char *name, struct err *err)
{
	const char **extra = vec_push(&run->extras);

	if (!extra)
		return err_no_memory(err);
	*extra = name;
	return 0;
}

int run_load(struct run *run, const char *path, const struct ko *ko, const char *params,
	     const char *command, struct err *err)
{
	struct run_step *step = begin(run, "load", path, command, err);
	uint64_t since;
	int rc;

	if (!step)
		return -ENOMEM;
	step->module = arena_strdup(run->arena, ko_name(ko));
	if (!step->module)
		return err_no_memory(err);
	if (params[0])
		add_arg(run, step, params);
	since = ask(run, step);
	rc = engine_load(run->engine, ko_bytes(ko), params, 0, &step->ret, err);
	rc = answer(run, step, rc, since);
	step->was_there = step->ret == -EEXIST && is_requested(run, step->module);
	run_explain(run, step, ko);
	if (rc == 0 && step->ret == 0 && command)
		return loaded(run, step->module, err);
	return rc;
}

int run_settle(struct run *run, struct err *err)
{
	long ret;
	int rc = engine_sleep(run->engine, SETTLE_NS, &ret, err);

	if (rc == -ECONNRESET) {
		run->dead = true;
		engine_end(run->engine, &run->end);
	}
	return rc;
}

static size_t without(const char **names, size_t count, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) != 0)
			names[kept++] = names[i];
	}
	return kept;
}

static void unloaded(struct run *run, const char *name)
{
	run->extras.n = without(run->extras.p, run->extras.n, name);
	run->requested.n = without(run->requested.p, run->requested.n, name);
}

int run_unload(struct run *run, const char *name, const char *command, struct err *err)
{
	struct run_step *step = begin(run, "unload", name, command, err);
	uint64_t since;
	int rc;

	if (!step)
		return -ENOMEM;
	step->module = name;
	since = ask(run, step);
	rc = engine_unload(run->engine, name, DELETE_FLAGS, &step->ret, err);
	rc = answer(run, step, rc, since);
	run_explain(run, step, NULL);
	if (rc == 0 && step->ret == 0)
		unloaded(run, name);
	return rc;
}

int run_read(struct run *run, const char *path, const char *command, struct err *err)
{
	struct run_step *step = begin(run, "read", path, command, err);
	uint64_t since;

	if (!step)
		return -ENOMEM;
	since = ask(run, step);
	return answer(run, step,
		      engine_read(run->engine, path, READ_LIMIT, &step->data, &step->ret, err),
		      since);
}

int run_write(struct run *run, const char *path, struct span data, const char *command,
	      struct err *err)
{
	struct run_step *step = begin(run, "write", path, command, err);
	uint64_t since;

	if (!step)
		return -ENOMEM;
	add_arg(run, step, arena_strndup(run->arena, (const char *)data.p, data.n));
	since = ask(run, step);
	return answer(run, step, engine_write(run->engine, path, data, &step->ret, err), since);
}

struct listing {
	struct run *run;
	struct run_step *step;
};

static void visit_node(void *context, const struct engine_node *node)
{
	struct listing *listing = context;
	struct engine_node *new = vec_push(&listing->step->nodes);

	if (new)
		*new = *node;
	if (!new || !(new->path = arena_strdup(listing->run->arena, node->path))) {
		listing->step->nodes.n -= new != NULL;
		listing->run->out_of_memory = true;
	}
}

int run_list(struct run *run, const char *path, const char *command, struct err *err)
{
	struct run_step *step = begin(run, "list", path, command, err);
	struct listing listing = {run, step};
	uint64_t since;

	if (!step)
		return -ENOMEM;
	since = ask(run, step);
	return answer(run, step,
		      engine_list(run->engine, path, false, visit_node, &listing, &step->ret, err),
		      since);
}

int run_ioctl(struct run *run, const char *path, unsigned long request, struct span arg,
	      const char *command, struct err *err)
{
	struct run_step *step = begin(run, "ioctl", path, command, err);
	uint64_t since;

	if (!step)
		return -ENOMEM;
	add_arg(run, step, arena_format(run->arena, "%#lx", request));
	buf_add(&step->data, arg.p, arg.n);
	if (buf_failed(&step->data))
		return err_no_memory(err);
	since = ask(run, step);
	return answer(run, step,
		      engine_ioctl(run->engine, path, request, &step->data, &step->ret, err),
		      since);
}

int run_mmap(struct run *run, const char *path, uint64_t offset, size_t length, struct span stored,
	     const char *command, struct err *err)
{
	struct run_step *step = begin(run, "mmap", path, command, err);
	uint64_t since;

	if (!step)
		return -ENOMEM;
	add_arg(run, step, arena_format(run->arena, "%#llx", (unsigned long long)offset));
	add_arg(run, step, arena_format(run->arena, "%zu", length));
	since = ask(run, step);
	return answer(run, step,
		      engine_mmap(run->engine, path, offset, length, stored, &step->data,
				  &step->ret, err),
		      since);
}

/* The names of poll(2)'s bits. */
static void poll_names(unsigned int revents, struct buf *out)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} names[] = {
		{0x001, "IN"},	   {0x002, "PRI"},    {0x004, "OUT"},	 {0x008, "ERR"},
		{0x010, "HUP"},	   {0x020, "NVAL"},   {0x040, "RDNORM"}, {0x080, "RDBAND"},
		{0x100, "WRNORM"}, {0x200, "WRBAND"}, {0x400, "MSG"},	 {0x2000, "RDHUP"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (revents & names[i].bit)
			buf_format(out, "%s%s", out->n ? " " : "", names[i].name);
	}
	buf_text(out, out->n ? "\n" : "nothing\n");
}

int run_poll(struct run *run, const char *path, const char *command, struct err *err)
{
	struct run_step *step = begin(run, "poll", path, command, err);
	unsigned int revents = 0;
	uint64_t since;
	int rc;

	if (!step)
		return -ENOMEM;
	since = ask(run, step);
	rc = engine_poll(run->engine, path, 0x7fff & ~0x20u, 0, &revents, &step->ret, err);
	if (rc == 0 && step->ret >= 0)
		poll_names(revents, &step->data);
	return answer(run, step, rc, since);
}

int run_sleep(struct run *run, uint64_t ns, const char *command, struct err *err)
{
	struct run_step *step = begin(
		run, "sleep", arena_format(run->arena, "%llu", (unsigned long long)ns / 1000000),
		command, err);
	uint64_t since;

	if (!step)
		return -ENOMEM;
	since = ask(run, step);
	return answer(run, step, engine_sleep(run->engine, ns, &step->ret, err), since);
}

/* The log so far. It needs no question to the kernel: all of it was heard. */
int run_dmesg(struct run *run, const char *command, struct err *err)
{
	struct run_step *step = begin(run, "dmesg", "", command, err);
	uint64_t since;

	if (!step)
		return -ENOMEM;
	step->args.n = 0;
	since = ask(run, step);
	vec_foreach (&run->log, record)
		buf_format(&step->data, "[%5llu.%06llu] %s\n",
			   (unsigned long long)(record->ns / 1000000000),
			   (unsigned long long)(record->ns / 1000 % 1000000), record->text);
	return answer(run, step, buf_failed(&step->data) ? err_no_memory(err) : 0, since);
}

const char *run_peek(struct run *run, const char *path)
{
	DEFER(buf_free) struct buf data = {0};
	long ret = 0;

	if (run->dead || engine_read(run->engine, path, READ_LIMIT, &data, &ret, NULL) < 0 ||
	    ret < 0)
		return NULL;
	return arena_strndup(run->arena, buf_string(&data), data.n);
}
