/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of an image that this engine calls, replaces or changes: each is told once, found or
 * not, by guest.c (symbols, members of types), hook.c and patch.c. What is needed and not there
 * keeps the kernel from being booted; all of it is named at once.
 */
#ifndef LKM_ENGINE_PROCESS_PART_H
#define LKM_ENGINE_PROCESS_PART_H

#include <stdbool.h>

#include "base/err.h"

/* From now on the supervisor hears of each part (WIRE_PART), too. */
void part_report(void);

/* kind is one word ("symbol"); name may be several alternatives, separated by spaces; hits says
 * how many were found. */
void part_tell(const char *kind, const char *name, const char *why, bool needed, unsigned int hits);

/* -ENOTSUP with the names of all that is needed and missing so far. */
int part_verdict(const char *release, struct err *err);

#endif
