/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The running kernel, as modprobe needs it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "engine/host/host.h"
#include "plan/probe.h"

static const struct host *host_of(void *context)
{
	static const struct host here = {""};

	return context ? context : &here;
}

static int state(void *context, const char *name, enum plan_state *out, struct err *err)
{
	static const enum plan_state states[] = {
		[HOST_LIVE] = PLAN_STATE_LIVE,
		[HOST_COMING] = PLAN_STATE_COMING,
		[HOST_GOING] = PLAN_STATE_GOING,
		[HOST_UNSTATED] = PLAN_STATE_COMING,
	};
	enum host_state found;
	int code = host_state(host_of(context), name, &found, err);

	if (code == 0)
		*out = states[found];
	return code;
}

static int references(void *context, const char *name, long *out, struct err *err)
{
	return host_references(host_of(context), name, out, err);
}

static int holders(void *context, const char *name, struct plan_names *out, struct err *err)
{
	DEFER(host_names_free) struct host_names names = {0};
	int code = host_holders(host_of(context), name, &names, err);

	for (size_t i = 0; code == 0 && i < names.list.n; i++) {
		const char **slot = vec_push(&out->list);

		if (slot)
			*slot = arena_strdup(out->arena, names.list.p[i]);
		if (!slot || !*slot)
			code = err_no_memory(err);
	}
	return code;
}

static int insert(void *context, const char *path, const char *params, unsigned int force,
		  struct err *err)
{
	unsigned int flags = (force & PLAN_FORCE_VERSIONS ? HOST_IGNORE_VERSIONS : 0) |
			     (force & PLAN_FORCE_VERMAGIC ? HOST_IGNORE_VERMAGIC : 0);

	return host_insert(host_of(context), path, params, flags, err);
}

static int remove_module(void *context, const char *name, bool force, struct err *err)
{
	return host_remove(name, force, err);
}

/* Commands are written for system(3): for the shell, with our own input and output. */
static int command(void *context, const char *text, const char *name, int *status, struct err *err)
{
	int ended;

	if (setenv("MODPROBE_MODULE", name, 1) < 0)
		return err_no_memory(err);
	ended = system(text);
	unsetenv("MODPROBE_MODULE");
	if (ended == -1)
		return err_errno(err, "the shell cannot be started");
	*status = WEXITSTATUS(ended);
	return 0;
}

static void wait_for(void *context, unsigned int milliseconds)
{
	struct timespec left = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

struct plan_kernel plan_host(const struct host *host)
{
	return (struct plan_kernel){state,	   references, holders,	 insert,
				    remove_module, command,    wait_for, (void *)host};
}
