/* SPDX-License-Identifier: GPL-2.0-only */
/* Directories, as the worker sees them, sent to the supervisor. */
#ifndef LKM_ENGINE_PROCESS_LISTING_H
#define LKM_ENGINE_PROCESS_LISTING_H

#include <stdbool.h>

/* Lists each of the paths, one after the other up to end, NUL-terminated, at user addresses; flags
 * are ENGINE_LIST_.... Silent: looks only. Returns what opening the first one did: 0 or a
 * negative errno; the others may be missing. */
long listing_send(const char *paths, const char *end, long flags, bool silent);

#endif
