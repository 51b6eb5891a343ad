/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of the engine "process", and its calls: each is a question to the kernel's process. */
#include "engine/process/process.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "engine/process/supervisor.h"

static void process_close(struct engine *engine)
{
	struct process *p = (struct process *)engine;

	talk_set_end(p, ENGINE_UNABLE, "closed");
	if (p->snapshot >= 0 && p->pid) {
		/* A good end: nothing to suspect. */
		close(p->snapshot);
		p->snapshot = -1;
	}
	talk_reap(p);
	file_close(p->snapshot);
	file_close(p->socket);
	buf_free(&p->payload);
	mem_free(p->snapshot_path);
	mem_free(p);
}

static int process_open(struct engine **out, const struct engine_options *options, struct err *err)
{
	struct process *p = mem_zalloc(sizeof(*p));
	int code;

	if (!p)
		return err_no_memory(err);
	p->engine.ops = &process_engine;
	p->listener = options->listener;
	p->breakpoints = options->breakpoints;
	p->timeout_ms = options->timeout_ms;
	p->socket = p->snapshot = -1;
	code = start_process(p, options, err);
	if (code < 0) {
		process_close(&p->engine);
		return code;
	}
	*out = &p->engine;
	return 0;
}

static const struct span nothing = {(const unsigned char *)"", 0};

/* A string with its NUL. */
static struct span with_nul(const char *text)
{
	return span_of(text, strlen(text) + 1);
}

static int simple(struct engine *engine, enum wire_type type, int64_t value, uint64_t number,
		  struct span first, struct span second, struct reply *reply, long *ret,
		  struct err *err)
{
	int code =
		talk_ask((struct process *)engine, type, value, number, first, second, reply, err);

	if (code == 0)
		*ret = (long)reply->value;
	return code;
}

static int process_load(struct engine *e, struct span module, const char *params,
			unsigned int flags, long *ret, struct err *err)
{
	struct reply reply = {0};

	return simple(e, WIRE_LOAD, flags & ~ENGINE_LOAD_SHOW, (flags & ENGINE_LOAD_SHOW) != 0,
		      with_nul(params), module, &reply, ret, err);
}

static int process_unload(struct engine *e, const char *name, unsigned int flags, long *ret,
			  struct err *err)
{
	struct reply reply = {0};

	return simple(e, WIRE_UNLOAD, flags, 0, with_nul(name), nothing, &reply, ret, err);
}

static int process_read(struct engine *e, const char *path, size_t limit, struct buf *out,
			long *ret, struct err *err)
{
	struct reply reply = {.data = out};

	return simple(e, WIRE_READ, 0, limit, with_nul(path), nothing, &reply, ret, err);
}

static int process_write(struct engine *e, const char *path, struct span data, long *ret,
			 struct err *err)
{
	struct reply reply = {0};

	return simple(e, WIRE_WRITE, 0, 0, with_nul(path), data, &reply, ret, err);
}

static int process_list(struct engine *e, struct span paths, unsigned int flags,
			void (*visit)(void *context, const struct engine_node *node), void *context,
			long *ret, struct err *err)
{
	struct reply reply = {.visit_node = visit, .context = context};

	return simple(e, WIRE_LIST, flags, 0, paths, nothing, &reply, ret, err);
}

static int process_ioctl(struct engine *e, const char *path, unsigned long request, struct buf *arg,
			 long *ret, struct err *err)
{
	DEFER(buf_free) struct buf back = {0};
	struct reply reply = {.data = &back};
	int code =
		simple(e, WIRE_IOCTL, 0, request, with_nul(path), buf_span(arg), &reply, ret, err);

	if (code == 0 && arg->n)
		memcpy(arg->p, back.p, back.n < arg->n ? back.n : arg->n);
	return code;
}

static int process_mmap(struct engine *e, const char *path, uint64_t offset, size_t length,
			struct span stored, struct buf *out, long *ret, struct err *err)
{
	DEFER(buf_free) struct buf seen = {0};
	struct reply reply = {.data = &seen};
	int code = simple(e, WIRE_MMAP, (int64_t)length, offset, with_nul(path), stored, &reply,
			  ret, err);

	if (code == 0 && *ret >= 0)
		buf_add(out, seen.p, seen.n);
	return code;
}

static int process_poll(struct engine *e, const char *path, unsigned int events, int timeout_ms,
			unsigned int *revents, long *ret, struct err *err)
{
	struct reply reply = {0};
	int code =
		simple(e, WIRE_POLL, timeout_ms, events, with_nul(path), nothing, &reply, ret, err);

	if (code == 0)
		*revents = (unsigned int)reply.number;
	return code;
}

static int process_syscall(struct engine *e, unsigned int number,
			   const struct engine_argument arguments[ENGINE_ARGUMENTS], long *ret,
			   struct err *err)
{
	DEFER(buf_free) struct buf request = {0}, back = {0};
	struct reply reply = {.data = &back};
	size_t at = 0;
	int code;

	for (int i = 0; i < ENGINE_ARGUMENTS; i++) {
		struct buf *bytes = arguments[i].bytes;
		struct wire_argument argument = {arguments[i].value, bytes ? (uint32_t)bytes->n : 0,
						 bytes != NULL};

		buf_add(&request, &argument, sizeof(argument));
	}
	for (int i = 0; i < ENGINE_ARGUMENTS; i++)
		if (arguments[i].bytes)
			buf_add(&request, arguments[i].bytes->p, arguments[i].bytes->n);
	if (buf_failed(&request))
		return err_no_memory(err);
	code = simple(e, WIRE_SYSCALL, 0, number, with_nul(""), buf_span(&request), &reply, ret,
		      err);
	for (int i = 0; code == 0 && i < ENGINE_ARGUMENTS; i++) {
		struct buf *bytes = arguments[i].bytes;
		struct span part;

		if (bytes && span_cut(buf_span(&back), at, bytes->n, &part) && part.n)
			memcpy(bytes->p, part.p, part.n);
		at += bytes ? bytes->n : 0;
	}
	return code;
}

static int process_sleep(struct engine *e, uint64_t ns, long *ret, struct err *err)
{
	struct reply reply = {0};

	return simple(e, WIRE_SLEEP, 0, ns, nothing, nothing, &reply, ret, err);
}

static int process_blocks(struct engine *e, const char *module,
			  void (*visit)(void *context, const struct engine_block *block),
			  void *context, uint64_t *total_count, uint64_t *total_bytes,
			  struct err *err)
{
	struct reply reply = {.visit_block = visit, .context = context};
	long count;
	int code = simple(e, WIRE_BLOCKS, 0, 0, with_nul(module), nothing, &reply, &count, err);

	if (code == 0) {
		*total_count = (uint64_t)count;
		*total_bytes = reply.number;
	}
	return code;
}

static pid_t process_pid(const struct engine *e)
{
	return ((const struct process *)e)->pid;
}

static unsigned int process_isolation(const struct engine *e)
{
	return ((const struct process *)e)->isolation;
}

static void process_end(const struct engine *e, struct engine_end *out)
{
	*out = ((const struct process *)e)->end;
}

const struct engine_ops process_engine = {
	.name = "process",
	.open = process_open,
	.load = process_load,
	.unload = process_unload,
	.read = process_read,
	.write = process_write,
	.list = process_list,
	.ioctl = process_ioctl,
	.mmap = process_mmap,
	.poll = process_poll,
	.syscall = process_syscall,
	.sleep = process_sleep,
	.blocks = process_blocks,
	.pid = process_pid,
	.isolation = process_isolation,
	.end = process_end,
	.close = process_close,
};
