/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls of the kernel in this process. Results are its: 0, a count, or a negative errno. */
#ifndef LKM_ENGINE_PROCESS_SYSCALL_H
#define LKM_ENGINE_PROCESS_SYSCALL_H

#include "engine/process/guest.h"

/* From a task that already runs on its kernel stack. */
long syscall_direct(enum guest_syscall which, const long args[6]);

/* From the worker's user mode: enters the kernel, and does on the way back what a kernel does
 * there (task work, a pending reschedule). */
long syscall_worker(enum guest_syscall which, const long args[6]);

#define SYSCALL(name, ...) syscall_worker(GUEST_SYS_##name, (long[6]){__VA_ARGS__})

/* The same by the number that a program would use; -ENOSYS when this kernel has no one function for
 * all numbers (before 6.1.85 and 6.9). */
long syscall_number(unsigned int number, const long args[6]);

/* Any function of the kernel, in the same way. */
long syscall_function(uint64_t function, const long args[6]);

#endif
