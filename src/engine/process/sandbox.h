/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the process that holds a kernel may still do: talk over its socket, map memory, end. A
 * module is native code in it and may try anything else; the host's answer is EPERM.
 */
#ifndef LKM_ENGINE_PROCESS_SANDBOX_H
#define LKM_ENGINE_PROCESS_SANDBOX_H

#include <sys/types.h>

#include "base/err.h"

/* At the start of the process: limits, no new privileges, death with the supervisor, and no file
 * but those in keep (negative ones are ignored). */
int sandbox_enter(pid_t supervisor, const int *keep, int count, struct err *err);

/* Before the first module: the seccomp filter. socket and memory are the descriptors it may use. */
int sandbox_lock(int socket, int memory, struct err *err);

#endif
