/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LKM_ENGINE_PROCESS_SHOW_H
#define LKM_ENGINE_PROCESS_SHOW_H

#include <stdbool.h>

/* Whether modules are shown, and not started, from now on. */
void show_next_load(bool show);

#endif
