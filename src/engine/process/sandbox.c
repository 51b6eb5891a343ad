/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/sandbox.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "engine/engine.h"
#include "engine/process/layout.h"

/* Beyond what it inherits: of its own memory 1 GiB and some, for RAM, what describes it, and the
 * longest module that can be sent. Aliases of RAM count as address space only. */
enum { ADDRESS_SPACE_MIB = 4096, DATA_MIB = 1280, FILE_LIMIT = 64, STATM_LIMIT = 256 };

static int limit(int resource, rlim_t value, struct err *err)
{
	struct rlimit limit = {value, value}, old;

	if (getrlimit(resource, &old) == 0 && old.rlim_max < value)
		return 0;
	return setrlimit(resource, &limit) < 0 ? err_errno(err, "cannot limit the kernel's process")
					       : 0;
}

#ifdef __SANITIZE_ADDRESS__
/* A shadow of all addresses would not fit. */
static int limit_memory(struct err *err)
{
	return 0;
}
#else
/* What the supervisor holds, the modules of a tree for instance, came with fork(). Bytes of address
 * space and of private memory; 0 where proc(5) is not mounted. */
static void inherited(rlim_t *space, rlim_t *data)
{
	DEFER(buf_free) struct buf statm = {0};
	unsigned long total = 0, private = 0;

	if (file_read("/proc/self/statm", STATM_LIMIT, &statm, NULL) == 0)
		sscanf(buf_string(&statm), "%lu %*u %*u %*u %*u %lu", &total, &private);
	*space = (rlim_t)total * PAGE_BYTES;
	*data = (rlim_t) private * PAGE_BYTES;
}

static int limit_memory(struct err *err)
{
	rlim_t space, data;
	int code;

	inherited(&space, &data);
	code = limit(RLIMIT_AS, space + ((rlim_t)ADDRESS_SPACE_MIB << 20), err);
	return code < 0 ? code : limit(RLIMIT_DATA, data + ((rlim_t)DATA_MIB << 20), err);
}
#endif

static bool is_kept(int fd, const int *keep, int count)
{
	for (int i = 0; i < count; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

static void close_others(const int *keep, int count)
{
	int highest = STDERR_FILENO;

	for (int i = 0; i < count; i++)
		if (keep[i] > highest)
			highest = keep[i];
	for (int fd = 0; fd <= highest; fd++)
		if (!is_kept(fd, keep, count))
			close(fd);
	close_range((unsigned int)highest + 1, ~0u, 0);
}

int sandbox_enter(pid_t supervisor, const int *keep, int count, struct err *err)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have died before that was asked for. */
	if (getppid() != supervisor)
		_exit(0);
	/* A debugger may attach, also where Yama lets only a parent do so. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, "cannot give up privileges");
	close_others(keep, count);
	if (limit(RLIMIT_CORE, 0, err) < 0 || limit(RLIMIT_NOFILE, FILE_LIMIT, err) < 0)
		return err->code;
	return limit_memory(err);
}

int sandbox_lock(int socket, int memory, struct err *err)
{
	int walls = sandbox_leave_world();

	/* The user namespace may have taken it for a change of identity. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Nothing is opened from now on, nobody is started, and the memfd does not grow. */
	if (limit(RLIMIT_NOFILE, 0, err) < 0 || limit(RLIMIT_NPROC, 0, err) < 0 ||
	    limit(RLIMIT_MEMLOCK, 0, err) < 0 || limit(RLIMIT_FSIZE, RAM_SIZE, err) < 0 ||
	    sandbox_filter(socket, memory, err) < 0)
		return err->code;
	return walls | ENGINE_ISOLATION_FILTER;
}
