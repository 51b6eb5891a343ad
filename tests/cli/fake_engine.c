/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake_engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ko/ko.h"

static struct fake *prepared;

void fake_prepare(struct fake *fake, const struct fake_answer *answers)
{
	*fake = (struct fake){.base.ops = &fake_ops, .answers = answers};
	prepared = fake;
}

void fake_release(struct fake *fake)
{
	buf_free(&fake->calls);
}

static void tell_log(struct fake *fake, const char *lines)
{
	char *copy = strdup(lines), *rest = NULL;

	for (char *line = strtok_r(copy, "|", &rest); line; line = strtok_r(NULL, "|", &rest)) {
		struct engine_record record = {line[0] - '0', 1500000000, line + 2};

		fake->listener.log(fake->listener.context, &record);
	}
	free(copy);
}

static void tell_uevent(struct fake *fake, const char *text)
{
	char *copy = strdup(text);
	size_t length = strlen(copy) + 1;

	for (char *p = copy; *p; p++)
		*p = *p == '|' ? 0 : *p;
	fake->listener.uevent(fake->listener.context, span_of(copy, length));
	free(copy);
}

static const struct fake_answer *answer(struct fake *fake, const char *call, long *ret)
{
	static const struct fake_answer nothing;

	buf_format(&fake->calls, "%s\n", call);
	*ret = 0;
	for (const struct fake_answer *a = fake->answers; a && a->call; a++) {
		unsigned long bit = 1ul << (a - fake->answers);

		if (strcmp(a->call, call) != 0 || (a->once && fake->used & bit))
			continue;
		fake->used |= bit;
		if (a->log)
			tell_log(fake, a->log);
		if (a->uevent)
			tell_uevent(fake, a->uevent);
		if (a->rc == -ECONNRESET)
			fake->end = (struct engine_end){ENGINE_TIMEOUT, "30 s"};
		*ret = a->ret;
		return a;
	}
	return &nothing;
}

static int fake_open(struct engine **out, const struct engine_options *options, struct err *err)
{
	prepared->listener = options->listener;
	*out = &prepared->base;
	return 0;
}

static int fake_load(struct engine *e, struct span module, const char *params, unsigned int flags,
		     long *ret, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	char call[256];

	if (ko_open_bytes(&ko, module, "module", err) < 0)
		return err->code;
	snprintf(call, sizeof(call), "load %s%s%s", ko_name(ko), params[0] ? " " : "", params);
	return answer((struct fake *)e, call, ret)->rc;
}

static int fake_unload(struct engine *e, const char *name, unsigned int flags, long *ret,
		       struct err *err)
{
	char call[256];

	snprintf(call, sizeof(call), "unload %s", name);
	return answer((struct fake *)e, call, ret)->rc;
}

static int fake_read(struct engine *e, const char *path, size_t limit, struct buf *out, long *ret,
		     struct err *err)
{
	const struct fake_answer *a;
	char call[256];

	snprintf(call, sizeof(call), "read %s", path);
	a = answer((struct fake *)e, call, ret);
	if (a->data)
		buf_text(out, a->data);
	return a->rc;
}

static int fake_write(struct engine *e, const char *path, struct span data, long *ret,
		      struct err *err)
{
	char call[256];

	snprintf(call, sizeof(call), "write %s %.*s", path, (int)data.n, (const char *)data.p);
	return answer((struct fake *)e, call, ret)->rc;
}

static int list_one(struct fake *fake, const char *path, unsigned int flags,
		    void (*visit)(void *context, const struct engine_node *node), void *context,
		    long *ret)
{
	const struct fake_answer *a;
	char call[256], *copy, *rest = NULL;

	snprintf(call, sizeof(call), "%s %s%s", flags & ENGINE_LIST_NAMES ? "names" : "list", path,
		 flags & ENGINE_LIST_RECURSIVE ? " all" : "");
	a = answer(fake, call, ret);
	copy = strdup(a->data ? a->data : "");
	for (char *line = strtok_r(copy, "|", &rest); line; line = strtok_r(NULL, "|", &rest)) {
		char *end;
		struct engine_node node = {line[0], (mode_t)strtoul(line + 1, &end, 8), NULL};

		if (flags & ENGINE_LIST_NAMES)
			node.mode = 0;
		node.path = end + 1;
		visit(context, &node);
	}
	free(copy);
	return a->rc;
}

static int fake_list(struct engine *e, struct span paths, unsigned int flags,
		     void (*visit)(void *context, const struct engine_node *node), void *context,
		     long *ret, struct err *err)
{
	const char *path = (const char *)paths.p, *end = path + paths.n;
	int rc = 0;

	for (; rc == 0 && path < end; path += strlen(path) + 1)
		rc = list_one((struct fake *)e, path, flags, visit, context, ret);
	return rc;
}

static int fake_ioctl(struct engine *e, const char *path, unsigned long request, struct buf *arg,
		      long *ret, struct err *err)
{
	char call[256];

	snprintf(call, sizeof(call), "ioctl %s %#lx %zu", path, request, arg->n);
	return answer((struct fake *)e, call, ret)->rc;
}

static int fake_mmap(struct engine *e, const char *path, uint64_t offset, size_t length,
		     struct span stored, struct buf *out, long *ret, struct err *err)
{
	const struct fake_answer *a;
	char call[256];

	snprintf(call, sizeof(call), "mmap %s %#llx %zu %zu", path, (unsigned long long)offset,
		 length, stored.n);
	a = answer((struct fake *)e, call, ret);
	buf_text(out, a->data ? a->data : "");
	return a->rc;
}

static int fake_poll(struct engine *e, const char *path, unsigned int events, int timeout_ms,
		     unsigned int *revents, long *ret, struct err *err)
{
	char call[256];

	snprintf(call, sizeof(call), "poll %s", path);
	*revents = 5;
	return answer((struct fake *)e, call, ret)->rc;
}

static int fake_sleep(struct engine *e, uint64_t ns, long *ret, struct err *err)
{
	char call[256];

	snprintf(call, sizeof(call), "sleep %llu", (unsigned long long)ns);
	return answer((struct fake *)e, call, ret)->rc;
}

static int fake_blocks(struct engine *e, const char *module,
		       void (*visit)(void *context, const struct engine_block *block),
		       void *context, uint64_t *total_count, uint64_t *total_bytes, struct err *err)
{
	const struct fake_answer *a;
	char call[256], *copy, *rest = NULL;
	long ret;

	snprintf(call, sizeof(call), "blocks %s", module);
	a = answer((struct fake *)e, call, &ret);
	*total_count = 7;
	*total_bytes = 700;
	copy = strdup(a->block ? a->block : "");
	for (char *line = strtok_r(copy, "|", &rest); line; line = strtok_r(NULL, "|", &rest)) {
		struct engine_block block = {0x1000, 0, "kmalloc", ""};

		block.size = strtoul(line, &line, 10);
		snprintf(block.caller, sizeof(block.caller), "%s", line + 1);
		visit(context, &block);
	}
	free(copy);
	return a->rc;
}

static pid_t fake_pid(const struct engine *e)
{
	return 0;
}

static void fake_end(const struct engine *e, struct engine_end *out)
{
	*out = ((const struct fake *)e)->end;
}

static void fake_close(struct engine *e)
{
}

const struct engine_ops fake_ops = {
	.name = "fake",
	.open = fake_open,
	.load = fake_load,
	.unload = fake_unload,
	.read = fake_read,
	.write = fake_write,
	.list = fake_list,
	.ioctl = fake_ioctl,
	.mmap = fake_mmap,
	.poll = fake_poll,
	.sleep = fake_sleep,
	.blocks = fake_blocks,
	.pid = fake_pid,
	.end = fake_end,
	.close = fake_close,
};
