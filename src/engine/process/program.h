/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs in "user mode" of the kernel: init (stub.S), the worker that performs the supervisor's
 * requests (serve.c, request.c), and modprobe. And how it all ends.
 */
#ifndef LKM_ENGINE_PROCESS_PROGRAM_H
#define LKM_ENGINE_PROCESS_PROGRAM_H

/* The current task leaves for user mode: PROGRAM_INIT or PROGRAM_WORKER, for stub.S. A task that
 * has executed modprobe does not return from here. */
int program_enter(void);

/* From now on modprobe may be run: the boot is over. */
void program_allow_modprobe(void);

/* The last words of this process. */
_Noreturn void program_end(int kind, const char *sentence);
_Noreturn void program_stalled(void);

#endif
