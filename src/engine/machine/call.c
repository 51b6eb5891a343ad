/* SPDX-License-Identifier: GPL-2.0-only */
/* One question to the kernel, put by a child process. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/machine/machine.h"

enum {
	SLICE_MS = 50, /* the log is shown that often */
	GRACE_MS = 2000,
	CHUNK = 65536,
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Appends what has come; false at the end. */
static bool take_output(int in, struct buf *output)
{
	char chunk[CHUNK];
	ssize_t got = read(in, chunk, sizeof(chunk));

	if (got > 0)
		buf_add(output, chunk, (size_t)got);
	return got > 0 || (got < 0 && errno == EINTR);
}

enum outcome { CAME_BACK, INTERRUPTED, TOO_LATE };

/* Until the child has closed its end of the pipe, at the latest by ending. */
static enum outcome collect(struct machine *machine, const struct machine_call *call, int in,
			    struct buf *output)
{
	uint64_t end = now_ms() + machine->timeout_ms;

	for (;;) {
		struct pollfd waits = {.fd = in, .events = POLLIN};
		int ready = poll(&waits, 1, SLICE_MS);

		machine_listen(machine);
		if (ready > 0 && !take_output(in, output))
			return CAME_BACK;
		if (!call->lasting && signals_waiting())
			return INTERRUPTED;
		if (machine->timeout_ms && now_ms() > end)
			return TOO_LATE;
	}
}

/* Whether the child is gone; one that hangs in the kernel cannot even be killed. */
static bool bury(pid_t child, bool kill_it, int *status)
{
	uint64_t end = now_ms() + GRACE_MS;

	if (kill_it)
		kill(child, SIGKILL);
	for (;;) {
		pid_t gone = waitpid(child, status, kill_it ? WNOHANG : 0);

		if (gone == child)
			return true;
		if (gone < 0 && errno != EINTR)
			return false;
		if (kill_it && now_ms() > end)
			return false;
		if (kill_it)
			usleep(1000);
	}
}

static int too_late(struct machine *machine, struct err *err)
{
	machine->end.kind = ENGINE_TIMEOUT;
	snprintf(machine->end.text, sizeof(machine->end.text), "%u s", machine->timeout_ms / 1000);
	return err_set(err, -ECONNRESET, "the kernel did not answer in %u s",
		       machine->timeout_ms / 1000);
}

static int finish(struct machine *machine, pid_t child, enum outcome outcome, long *ret,
		  struct err *err)
{
	int status = 0;
	bool gone = bury(child, outcome != CAME_BACK, &status);

	machine_listen(machine);
	if (outcome == TOO_LATE || !gone)
		return too_late(machine, err);
	if (outcome == INTERRUPTED)
		*ret = -EINTR;
	else
		*ret = WIFEXITED(status) ? *machine->answer : ENGINE_KILLED;
	return 0;
}

int machine_call(struct machine *machine, const struct machine_call *call, struct buf *output,
		 long *ret, struct err *err)
{
	DEFER(file_closep) int in = -1;
	DEFER(file_closep) int out = -1;
	int ends[2];
	pid_t child;

	if (machine->end.kind != ENGINE_RUNNING)
		return err_set(err, -ECONNRESET, "a call to the kernel has not returned");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, "cannot open a pipe");
	in = ends[0];
	out = ends[1];
	child = fork();
	if (child < 0)
		return err_errno(err, "cannot start a process");
	if (child == 0) {
		file_close(take_fd(&in));
		*machine->answer = call->work(call->request, out);
		_exit(0);
	}
	file_close(take_fd(&out));
	if (finish(machine, child, collect(machine, call, in, output), ret, err) < 0)
		return -ECONNRESET;
	return buf_failed(output) ? err_no_memory(err) : 0;
}

long machine_wait(struct machine *machine, uint64_t ns)
{
	uint64_t end = now_ms() + (ns + 999999) / 1000000;

	for (uint64_t now = now_ms(); now < end; now = now_ms()) {
		poll(NULL, 0, (int)(end - now < SLICE_MS ? end - now : SLICE_MS));
		machine_listen(machine);
		if (signals_waiting())
			return -EINTR;
	}
	return 0;
}
