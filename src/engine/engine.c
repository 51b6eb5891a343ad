/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening an engine by name, and passing calls on to it. */
#include "engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/machine/machine.h"
#include "engine/process/process.h"

/* In the order in which they are offered; up to NULL. */
static const struct engine_ops *const engines[] = {
	&process_engine,
	&machine_engine,
	NULL,
};

const struct engine_ops *engine_find(const char *name, struct err *err)
{
	char names[128] = "";
	size_t length = 0;

	for (const struct engine_ops *const *e = engines; *e; e++) {
		if (strcmp((*e)->name, name) == 0)
			return *e;
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   length ? ", " : "", (*e)->name);
	}
	err_set(err, -ENOTSUP, "this lkm has no engine '%s'; it has: %s", name,
		length ? names : "none");
	return NULL;
}

int engine_open(struct engine **out, const struct engine_ops *ops,
		const struct engine_options *options, struct err *err)
{
	return ops->open(out, options, err);
}

void engine_close(struct engine *e)
{
	if (e)
		e->ops->close(e);
}

int engine_load(struct engine *e, struct span module, const char *params, unsigned int flags,
		long *ret, struct err *err)
{
	return e->ops->load(e, module, params, flags, ret, err);
}

int engine_unload(struct engine *e, const char *name, unsigned int flags, long *ret,
		  struct err *err)
{
	return e->ops->unload(e, name, flags, ret, err);
}

int engine_read(struct engine *e, const char *path, size_t limit, struct buf *out, long *ret,
		struct err *err)
{
	return e->ops->read(e, path, limit, out, ret, err);
}

int engine_write(struct engine *e, const char *path, struct span data, long *ret, struct err *err)
{
	return e->ops->write(e, path, data, ret, err);
}

int engine_list(struct engine *e, const char *path, bool recursive,
		void (*visit)(void *context, const struct engine_node *node), void *context,
		long *ret, struct err *err)
{
	return e->ops->list(e, span_of(path, strlen(path) + 1),
			    recursive ? ENGINE_LIST_RECURSIVE : 0, visit, context, ret, err);
}

int engine_list_names(struct engine *e, struct span paths,
		      void (*visit)(void *context, const struct engine_node *node), void *context,
		      struct err *err)
{
	long ignored;

	return e->ops->list(e, paths, ENGINE_LIST_NAMES, visit, context, &ignored, err);
}

int engine_ioctl(struct engine *e, const char *path, unsigned long request, struct buf *arg,
		 long *ret, struct err *err)
{
	return e->ops->ioctl(e, path, request, arg, ret, err);
}

int engine_mmap(struct engine *e, const char *path, uint64_t offset, size_t length,
		struct span stored, struct buf *out, long *ret, struct err *err)
{
	return e->ops->mmap(e, path, offset, length, stored, out, ret, err);
}

int engine_poll(struct engine *e, const char *path, unsigned int events, int timeout_ms,
		unsigned int *revents, long *ret, struct err *err)
{
	return e->ops->poll(e, path, events, timeout_ms, revents, ret, err);
}

int engine_syscall(struct engine *e, unsigned int number,
		   const struct engine_argument arguments[ENGINE_ARGUMENTS], long *ret,
		   struct err *err)
{
	return e->ops->syscall(e, number, arguments, ret, err);
}

int engine_sleep(struct engine *e, uint64_t ns, long *ret, struct err *err)
{
	return e->ops->sleep(e, ns, ret, err);
}

int engine_blocks(struct engine *e, const char *module,
		  void (*visit)(void *context, const struct engine_block *block), void *context,
		  uint64_t *total_count, uint64_t *total_bytes, struct err *err)
{
	return e->ops->blocks(e, module, visit, context, total_count, total_bytes, err);
}

pid_t engine_pid(const struct engine *e)
{
	return e->ops->pid(e);
}

unsigned int engine_isolation(const struct engine *e)
{
	return e->ops->isolation ? e->ops->isolation(e) : 0;
}

void engine_end(const struct engine *e, struct engine_end *out)
{
	e->ops->end(e, out);
}

const char *engine_name(const struct engine *e)
{
	return e->ops->name;
}
