/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening the running kernel, loading and unloading. */
#include "engine/machine/machine.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static bool may_load(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return syscall(SYS_capget, &header, data) == 0 &&
	       data[CAP_TO_INDEX(CAP_SYS_MODULE)].effective & CAP_TO_MASK(CAP_SYS_MODULE);
}

static void machine_close(struct engine *e)
{
	struct machine *machine = (struct machine *)e;

	machine_listen_end(machine);
	if (machine->answer)
		munmap(machine->answer, sizeof(*machine->answer));
	signals_release(&machine->signals);
	mem_free(machine);
}

static int machine_open(struct engine **out, const struct engine_options *options, struct err *err)
{
	struct machine *machine;
	void *shared;

	if (!may_load())
		return err_set(err, -EPERM,
			       "the engine host loads modules into this machine's own kernel, "
			       "which only root may; the engine process needs no rights");
	machine = mem_zalloc(sizeof(*machine));
	shared = mmap(NULL, sizeof(*machine->answer), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!machine || shared == MAP_FAILED) {
		mem_free(machine);
		return err_no_memory(err);
	}
	machine->base.ops = &machine_engine;
	machine->host.root = "";
	machine->listener = options->listener;
	machine->timeout_ms = options->timeout_ms;
	machine->answer = shared;
	signals_hold(&machine->signals);
	machine_listen_begin(machine);
	*out = &machine->base;
	return 0;
}

struct load_request {
	struct span module;
	const char *params;
	unsigned int flags;
};

static long load(const void *request, int out)
{
	const struct load_request *r = request;
	struct err err;

	return host_insert_bytes(r->module, "it", r->params, r->flags, &err);
}

static int machine_load(struct engine *e, struct span module, const char *params,
			unsigned int flags, long *ret, struct err *err)
{
	/* What is ignored has the same bits as in the system call. */
	const struct load_request request = {module, params, flags};
	DEFER(buf_free) struct buf nothing = {0};

	if (flags & ENGINE_LOAD_SHOW)
		return err_set(err, -ENOTSUP, "the engine host does not show sections");
	return machine_call((struct machine *)e,
			    &(struct machine_call){load, &request, .lasting = true}, &nothing, ret,
			    err);
}

static long unload(const void *request, int out)
{
	struct err err;

	return host_remove(request, false, &err);
}

static int machine_unload(struct engine *e, const char *name, unsigned int flags, long *ret,
			  struct err *err)
{
	DEFER(buf_free) struct buf nothing = {0};

	return machine_call((struct machine *)e,
			    &(struct machine_call){unload, name, .lasting = true}, &nothing, ret,
			    err);
}

/* No process of ours holds files open for others. */
static int machine_syscall(struct engine *e, unsigned int number,
			   const struct engine_argument arguments[ENGINE_ARGUMENTS], long *ret,
			   struct err *err)
{
	return err_set(err, -ENOTSUP, "the engine host does no single system calls");
}

static int machine_sleep(struct engine *e, uint64_t ns, long *ret, struct err *err)
{
	*ret = machine_wait((struct machine *)e, ns);
	return 0;
}

static int machine_blocks(struct engine *e, const char *module,
			  void (*visit)(void *context, const struct engine_block *block),
			  void *context, uint64_t *total_count, uint64_t *total_bytes,
			  struct err *err)
{
	return err_set(err, -ENOTSUP, "the engine host does not see what a module allocates");
}

static pid_t machine_pid(const struct engine *e)
{
	return 0;
}

static void machine_end(const struct engine *e, struct engine_end *out)
{
	*out = ((const struct machine *)e)->end;
}

const struct engine_ops machine_engine = {
	.name = "host",
	.open = machine_open,
	.load = machine_load,
	.unload = machine_unload,
	.read = machine_read,
	.write = machine_write,
	.list = machine_list,
	.ioctl = machine_ioctl,
	.mmap = machine_mmap,
	.poll = machine_poll,
	.syscall = machine_syscall,
	.sleep = machine_sleep,
	.blocks = machine_blocks,
	.pid = machine_pid,
	.end = machine_end,
	.close = machine_close,
};
