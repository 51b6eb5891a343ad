/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine "process": a distribution's kernel booted in a process of its own. */
#ifndef LKM_ENGINE_PROCESS_PROCESS_H
#define LKM_ENGINE_PROCESS_PROCESS_H

#include "engine/engine.h"

extern const struct engine_ops process_engine;

#endif
