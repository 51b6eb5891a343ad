/* SPDX-License-Identifier: GPL-2.0-only */
/* What of the worker a snapshot keeps. */
#ifndef LKM_ENGINE_PROCESS_SERVE_STATE_H
#define LKM_ENGINE_PROCESS_SERVE_STATE_H

#include <stdbool.h>

struct serve_state {
	bool started;
	int uevent_fd; /* of the guest */
};
extern struct serve_state serve_state;

#endif
