/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine "host": the kernel that runs this machine. A module is loaded into it for good or bad;
 * there is no wall and no second try.
 *
 * Files of the folder: machine (opening, loading, unloading), call (one question, by a process of
 * its own), files (what such a process does with a path), listen (the kernel's log and uevents).
 *
 * An oops kills the task that did the call, and a call may never return. So each is done by a child
 * process, whose end is looked at and whose time is limited.
 */
#ifndef LKM_ENGINE_MACHINE_MACHINE_H
#define LKM_ENGINE_MACHINE_MACHINE_H

#include "base/program.h"
#include "engine/engine.h"
#include "engine/host/host.h"

extern const struct engine_ops machine_engine;

struct machine {
	struct engine base;
	struct host host;
	struct engine_listener listener;
	unsigned int timeout_ms; /* 0: none */
	struct host_log log;
	int uevents;  /* socket; -1: none */
	long *answer; /* of the last child; memory that it shares with us */
	struct engine_end end;
	/* Ctrl-C ends what waits, and the module is unloaded as ever. */
	struct signals_held signals;
};

/* Done by the child: what the kernel answered, 0 or a positive count, or a negative errno. What it
 * writes to out comes back in the same order. */
typedef long machine_work(const void *request, int out);

struct machine_call {
	machine_work *work;
	const void *request;
	bool lasting; /* it changes the kernel, and is not to be interrupted */
};

/* output: gets what the child wrote. Returns and *ret as engine.h has them. */
int machine_call(struct machine *machine, const struct machine_call *call, struct buf *output,
		 long *ret, struct err *err);

/* Lets real time pass: 0, or -EINTR when Ctrl-C ended it. */
long machine_wait(struct machine *machine, uint64_t ns);

/* Tells the listener what has come meanwhile. */
void machine_listen_begin(struct machine *machine);
void machine_listen(struct machine *machine);
void machine_listen_end(struct machine *machine);

int machine_read(struct engine *e, const char *path, size_t limit, struct buf *out, long *ret,
		 struct err *err);
int machine_write(struct engine *e, const char *path, struct span data, long *ret, struct err *err);
int machine_list(struct engine *e, struct span paths, unsigned int flags,
		 void (*visit)(void *context, const struct engine_node *node), void *context,
		 long *ret, struct err *err);
int machine_ioctl(struct engine *e, const char *path, unsigned long request, struct buf *arg,
		  long *ret, struct err *err);
int machine_mmap(struct engine *e, const char *path, uint64_t offset, size_t length,
		 struct span stored, struct buf *out, long *ret, struct err *err);
int machine_poll(struct engine *e, const char *path, unsigned int events, int timeout_ms,
		 unsigned int *revents, long *ret, struct err *err);

#endif
