/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One question to the kernel, recorded with its answer, and with the log and the uevents of that
 * time (run_listen.c).
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/run.h"

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
	step->was_there = step->ret == -EEXIST && run_is_requested(run, step->module);
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

bool run_step_succeeded(const struct run_step *step)
{
	return step->answered && (step->ret >= 0 || step->was_there);
}

bool run_was_loaded(const struct run *run, const char *name)
{
	bool loaded = false;

	vec_foreach (&run->steps, step) {
		if (!(*step)->module || strcmp((*step)->module, name) != 0 ||
		    !run_step_succeeded(*step))
			continue;
		loaded = strcmp((*step)->op, "load") == 0;
	}
	return loaded;
}
