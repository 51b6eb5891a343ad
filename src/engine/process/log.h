/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's log: records leave its ring buffer for the supervisor as soon as they are whole. */
#ifndef LKM_ENGINE_PROCESS_LOG_H
#define LKM_ENGINE_PROCESS_LOG_H

#include <stdint.h>

/* struct kmsg_dump_iter, the kernel's; kept with a snapshot. */
struct log_position {
	uint64_t current, next;
};
extern struct log_position log_position;

/* Passes on what is new. Does not lock and may be called anywhere. */
void log_drain(void);

/* Ends a line that the kernel would keep open for a printk(KERN_CONT) that may never come. For the
 * worker, when a call is done. */
void log_end_line(void);

/* Leaves out what is new: the log of a boot that went well. */
void log_skip(void);

#endif
