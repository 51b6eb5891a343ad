/* SPDX-License-Identifier: GPL-2.0-only */
/* From an image to a running kernel: load, relocate, hook, start_kernel(). */
#ifndef LKM_ENGINE_PROCESS_BOOT_H
#define LKM_ENGINE_PROCESS_BOOT_H

#include "base/err.h"

struct image;

/* Puts the kernel into this process's memory, ready to start; words are its command line. */
int boot_prepare(const struct image *image, const char *words, struct err *err);

/* Runs start_kernel() on the kernel's own stack. The first worker takes over this process's stack
 * in serve_start(). */
_Noreturn void boot_start(void);

/* What every process with a kernel needs, booted here or restored: the words of the stub area that
 * hold host addresses, signal handlers, the gs base. */
int boot_connect(struct err *err);

/* Workers start over the part of this process's stack that is below the caller. */
void boot_take_stack(void);

#endif
