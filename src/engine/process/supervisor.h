/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor's side of the engine "process": what it knows of one kernel's process, how it
 * talks to it (talk.c), and how it comes to have one (start.c). No module code ever runs here, and
 * nothing that comes over the wire is trusted.
 */
#ifndef LKM_ENGINE_PROCESS_SUPERVISOR_H
#define LKM_ENGINE_PROCESS_SUPERVISOR_H

#include <sys/types.h>

#include "engine/engine.h"
#include "engine/process/wire.h"

struct process {
	struct engine engine;
	struct engine_listener listener;
	bool breakpoints; /* engine_options */
	unsigned int timeout_ms;
	pid_t pid; /* 0: reaped */
	int socket;
	struct buf payload;
	struct engine_end end;
	char *snapshot_path;
	unsigned int isolation; /* ENGINE_ISOLATION_... */
	int snapshot;		/* what it was restored from; -1: booted */
};

/* What the answers of one call are put into; NULL members are not expected. */
struct reply {
	struct buf *data;
	void (*visit_node)(void *context, const struct engine_node *node);
	void (*visit_block)(void *context, const struct engine_block *block);
	void *context;
	int64_t deadline; /* of the whole call, its question included (wire_deadline()) */
	int64_t value;
	uint64_t number;
};

/* ---- talk.c ---- */

/* Tells the user, through the listener. */
void talk_notice(const struct process *p, const char *text);
/* The first reason for which the kernel ended stays. */
void talk_set_end(struct process *p, enum engine_end_kind kind, const char *text);
/* Kills the process if it still runs, and finds out how it ended. */
void talk_reap(struct process *p);
/* Hears events up to WIRE_RESULT or WIRE_READY, or to the reply's deadline. */
int talk_until_result(struct process *p, struct reply *reply, struct err *err);
/* After talk_until_result() failed with code: a process that hangs is asked where, and ended. */
void talk_end_by_failure(struct process *p, int code, const struct err *err);
/* A question and its answer. -ECONNRESET when the kernel is gone, also by this. */
int talk_ask(struct process *p, enum wire_type type, int64_t value, uint64_t number,
	     struct span first, struct span second, struct reply *reply, struct err *err);

/* ---- start.c ---- */

/* Gives p, which has a listener and a limit of time, its process. */
int start_process(struct process *p, const struct engine_options *options, struct err *err);

#endif
