/* SPDX-License-Identifier: GPL-2.0-only */
/* What the supervisor asks for (wire.h): heard, performed by system calls of the kernel, answered.
 * All of this is the worker's. */
#ifndef LKM_ENGINE_PROCESS_REQUEST_H
#define LKM_ENGINE_PROCESS_REQUEST_H

/* Takes the first pages of the window: a restored process and a booted one have them alike. */
void request_set_up(void);

/* The next one; waits for it. */
void request_serve(void);

/* Answers, with ENGINE_KILLED, the one that an earlier worker was killed in, if there is one. */
void request_end_killed(void);

/* The name by which the kernel knows the worker. */
void request_name_worker(const char *name);

#endif
