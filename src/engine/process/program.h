/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs in "user mode" of the kernel: init (stub.S), the worker that performs the supervisor's
 * requests (serve.c), and modprobe. And how it all ends.
 */
#ifndef LKM_ENGINE_PROCESS_PROGRAM_H
#define LKM_ENGINE_PROCESS_PROGRAM_H

/* kernel_execve(): stub.S calls it, on the stack of the task. 1: become init. Else a negative
 * errno of the kernel. */
int program_execve(const char *path, const char *const *argv, const char *const *envp);

/* From now on modprobe may be run: the boot is over. */
void program_allow_modprobe(void);

/* The last words of this process. */
_Noreturn void program_end(int kind, const char *sentence);
_Noreturn void program_stalled(void);

#endif
