/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What insmod and modprobe say beyond an errno when the kernel refuses a module: the lines of its
 * log, and what to do.
 */
#ifndef LKM_CLI_REFUSAL_H
#define LKM_CLI_REFUSAL_H

#include "cli/tool.h"
#include "engine/host/host.h"

/* code is the kernel's answer, log has been read since before the module was inserted. */
void refusal_explain(const struct tool *tool, int code, struct host_log *log);

#endif
