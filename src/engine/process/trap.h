/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals are this machine's exceptions and timer interrupt.
 *
 * A privileged instruction is emulated on the spot. Anything else becomes what the processor would
 * have made of it: a pt_regs on the interrupted kernel stack and a call of the kernel's own handler
 * (exc_page_fault and its kin), which knows about exception tables, BUG, WARN and oopses.
 */
#ifndef LKM_ENGINE_PROCESS_TRAP_H
#define LKM_ENGINE_PROCESS_TRAP_H

#include "base/err.h"

/* Installs the handlers, on a stack of their own, and the gs base of the kernel. */
int trap_install(struct err *err);

/* The signal by which the supervisor asks where the kernel is stuck; the process ends after it. */
enum { TRAP_SIGNAL_REPORT = 12 /* SIGUSR2 */ };

#endif
