/* SPDX-License-Identifier: GPL-2.0-only */
/* The worker's user mode: performs what the supervisor asks for, by system calls of the kernel. */
#ifndef LKM_ENGINE_PROCESS_SERVE_H
#define LKM_ENGINE_PROCESS_SERVE_H

/* Where a worker starts, on the host's stack. The first one mounts the usual file systems and calls
 * ready(), which may save a snapshot and lock this process down; a later one takes the place of one
 * that the kernel killed, whose request is then answered with ENGINE_KILLED. */
_Noreturn void serve_start(void);

/* In a process that has restored a snapshot: the worker is there already. */
_Noreturn void serve_resume(void);

void serve_when_ready(void (*ready)(void));

#endif
