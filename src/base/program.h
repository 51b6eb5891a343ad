/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Other programs, run for us, and the user's Ctrl-C meanwhile.
 *
 * Who has something half-made to remove holds the signals that end a program: they wait, a running
 * program_run() notices and returns -EINTR, the caller cleans up, and with the release they take
 * effect as they would have.
 */
#ifndef LKM_BASE_PROGRAM_H
#define LKM_BASE_PROGRAM_H

#include <signal.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct signals_held {
	sigset_t before;
	bool held;
};
void signals_hold(struct signals_held *signals);
void signals_release(struct signals_held *signals); /* serves as DEFER destructor */
bool signals_waiting(void);

enum { PROGRAM_STATUS_FD = 3 };

struct program {
	const char *const *argv; /* argv[0] is looked for in PATH, /usr/sbin and /sbin */
	const char *directory;	 /* to run it in; NULL: here */
	struct buf *output;	 /* gets what it prints; NULL: nobody does */
	/* Called for each line that it writes to descriptor PROGRAM_STATUS_FD; NULL: it is closed.
	 */
	void (*status)(void *context, const char *line);
	void *context;
};

/* Runs it to its end, in the C locale, without input. 0: it succeeded; -EINTR: a held signal came,
 * it was ended; else the sentence has the last of what it said on standard error. */
int program_run(const struct program *program, struct err *err);

#endif
