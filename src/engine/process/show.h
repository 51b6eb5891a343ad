/* SPDX-License-Identifier: GPL-2.0-only */
/* A module as its kernel has just relocated it: shown to the supervisor, and not started. */
#ifndef LKM_ENGINE_PROCESS_SHOW_H
#define LKM_ENGINE_PROCESS_SHOW_H

#include <stdbool.h>

/* Whether modules are shown, and not started, from now on. */
void show_next_load(bool show);

/* Shows the structure of a module whose load is shown, and takes its init and exit out. */
void show_module(char *module);

#endif
