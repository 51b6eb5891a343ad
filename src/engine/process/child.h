/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of the process that holds a kernel, from fork() on. */
#ifndef LKM_ENGINE_PROCESS_CHILD_H
#define LKM_ENGINE_PROCESS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct image;

struct child_job {
	pid_t supervisor;
	int socket;	     /* to the supervisor */
	int snapshot;	     /* the file to restore from (image is NULL), or to save to; -1: none */
	uint64_t key;	     /* of the snapshot to save */
	struct image *image; /* to boot; the child closes its copy of it */
	const char *command_line;
	bool report_parts; /* of the image, while it is prepared */
	bool breakpoints;  /* a debugger will set some */
};

/* Says WIRE_READY with 0, or with the errno and sentence of a snapshot that could not be saved, and
 * serves; or says WIRE_END. */
_Noreturn void child_run(const struct child_job *what);

#endif
