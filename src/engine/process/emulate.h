/* SPDX-License-Identifier: GPL-2.0-only */
/* Privileged instructions, which trap here: what a machine without devices would do. */
#ifndef LKM_ENGINE_PROCESS_EMULATE_H
#define LKM_ENGINE_PROCESS_EMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

/* Performs the instruction at code (length readable bytes, at rip) on the registers and moves rip
 * behind it; false, and nothing changed, when it is none of those that a kernel may execute. Does
 * not allocate, works in a signal handler. */
bool emulate(const unsigned char *code, size_t length, gregset_t regs);

#endif
