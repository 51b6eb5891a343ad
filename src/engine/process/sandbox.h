/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the process that holds a kernel may still do: talk over its socket, map memory, end. A
 * module is native code in it and may try anything else; the host's answer is EPERM. Behind that
 * filter there is a second wall: nothing of the host to be found, no network, no files.
 */
#ifndef LKM_ENGINE_PROCESS_SANDBOX_H
#define LKM_ENGINE_PROCESS_SANDBOX_H

#include <sys/types.h>

#include "base/err.h"

/* At the start of the process: limits, no new privileges, death with the supervisor, and no file
 * but those in keep (negative ones are ignored). */
int sandbox_enter(pid_t supervisor, const int *keep, int count, struct err *err);

/* Before the first module. socket and memory are the descriptors it may use. Returns which walls
 * stand, ENGINE_ISOLATION_...: a host may forbid namespaces or not know Landlock, but without the
 * filter it is an error. */
int sandbox_lock(int socket, int memory, struct err *err);

/* ---- the parts of sandbox_lock() ---- */

/* sandbox_filter.c: the system calls. */
int sandbox_filter(int socket, int memory, struct err *err);
/* sandbox_world.c: namespaces and Landlock, as far as the host lets us. */
int sandbox_leave_world(void);

#endif
