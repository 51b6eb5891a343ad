/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void signals_hold(struct signals_held *signals)
{
	sigset_t set;

	ending_signals(&set);
	sigprocmask(SIG_BLOCK, &set, &signals->before);
	signals->held = true;
}

void signals_release(struct signals_held *signals)
{
	if (signals->held)
		sigprocmask(SIG_SETMASK, &signals->before, NULL);
	signals->held = false;
}

bool signals_waiting(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGINT) == 1 || sigismember(&set, SIGTERM) == 1 ||
		sigismember(&set, SIGHUP) == 1);
}

enum { OUT, ERR, STATUS, PIPES };

struct child {
	const struct program *program;
	pid_t pid;
	int signals, ends[PIPES]; /* our ends of the pipes; -1: closed */
	struct buf text[PIPES];
};

static void child_release(struct child *child)
{
	file_close(child->signals);
	for (int i = 0; i < PIPES; i++) {
		file_close(child->ends[i]);
		buf_free(&child->text[i]);
	}
}

/* "env" sets the locale and the path, and says which program there is not. */
static int spawn_with(struct child *child, const int theirs[PIPES], char **argv, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int code;

	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, theirs[OUT], 1);
	posix_spawn_file_actions_adddup2(&actions, theirs[ERR], 2);
	posix_spawn_file_actions_adddup2(&actions, theirs[STATUS], PROGRAM_STATUS_FD);
	if (child->program->directory)
		posix_spawn_file_actions_addchdir_np(&actions, child->program->directory);
	code = posix_spawnp(&child->pid, "env", &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return code ? err_set(err, -code, "cannot run %s: %s", child->program->argv[0],
			      strerror(code))
		    : 0;
}

static int spawn(struct child *child, const int theirs[PIPES], struct err *err)
{
	const char *const *words = child->program->argv;
	const char *path = getenv("PATH");
	size_t count = 0;
	DEFER(mem_freep)
	char *all = mem_format("PATH=%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
	DEFER(mem_freep) const char **argv = NULL;

	while (words[count])
		count++;
	argv = mem_array(count + 4, sizeof(*argv));
	if (!all || !argv)
		return err_no_memory(err);
	argv[0] = "env";
	argv[1] = "LC_ALL=C";
	argv[2] = all;
	memcpy(argv + 3, words, count * sizeof(*argv));
	return spawn_with(child, theirs, (char **)argv, err);
}

/* Their ends must lie above those that they become in the child. */
static int open_pipes(struct child *child, int theirs[PIPES], struct err *err)
{
	for (int i = 0; i < PIPES; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) < 0)
			return err_errno(err, "cannot open a pipe");
		child->ends[i] = ends[0];
		theirs[i] = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
		file_close(ends[1]);
		if (theirs[i] < 0)
			return err_errno(err, "cannot open a pipe");
	}
	return 0;
}

static void tell_lines(const struct child *child, struct buf *text)
{
	char *end;

	while (text->n && (end = memchr(text->p, '\n', text->n))) {
		size_t length = (size_t)(end - text->p) + 1;

		*end = 0;
		child->program->status(child->program->context, text->p);
		memmove(text->p, text->p + length, text->n - length);
		text->n -= length;
	}
}

/* What the program wrote to one of the pipes; closes it at its end. */
static void receive(struct child *child, int which)
{
	struct buf *text = &child->text[which];
	char bytes[4096];
	ssize_t got = read(child->ends[which], bytes, sizeof(bytes));

	if (got < 0 && errno == EINTR)
		return;
	if (got <= 0) {
		file_close(take_fd(&child->ends[which]));
		return;
	}
	if (which == OUT && child->program->output)
		text = child->program->output;
	buf_add(text, bytes, (size_t)got);
	if (which == STATUS)
		tell_lines(child, text);
	if (which == OUT && !child->program->output)
		buf_clear(text);
}

/* Until all pipes are closed, or a held signal waits. */
static int attend(struct child *child)
{
	while (child->ends[OUT] >= 0 || child->ends[ERR] >= 0 || child->ends[STATUS] >= 0) {
		struct pollfd fds[PIPES + 1];

		for (int i = 0; i < PIPES; i++)
			fds[i] = (struct pollfd){.fd = child->ends[i], .events = POLLIN};
		fds[PIPES] = (struct pollfd){.fd = child->signals, .events = POLLIN};
		if (poll(fds, PIPES + 1, -1) < 0)
			continue;
		if (fds[PIPES].revents)
			return -EINTR;
		for (int i = 0; i < PIPES; i++)
			if (fds[i].revents)
				receive(child, i);
	}
	return 0;
}

/* The last line that says something; apt's own errors begin with "E: ". */
static const char *last_words(struct buf *text)
{
	char *line;

	while (text->n && text->p[text->n - 1] == '\n')
		text->p[--text->n] = 0;
	if (text->n == 0)
		return "it did not say why";
	line = memrchr(text->p, '\n', text->n);
	line = line ? line + 1 : text->p;
	return strncmp(line, "E: ", 3) == 0 ? line + 3 : line;
}

static int finish(struct child *child, bool interrupted, struct err *err)
{
	const char *name = child->program->argv[0];
	int status = 0;

	if (interrupted)
		kill(child->pid, SIGTERM);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (interrupted || signals_waiting())
		return err_set(err, -EINTR, "interrupted");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, -ENOENT, "the program %s is not installed", name);
	return err_set(err, -EIO, "%s failed: %s", name, last_words(&child->text[ERR]));
}

int program_run(const struct program *program, struct err *err)
{
	DEFER(child_release)
	struct child child = {.program = program, .signals = -1, .ends = {-1, -1, -1}};
	int theirs[PIPES] = {-1, -1, -1}, code;
	sigset_t set;

	ending_signals(&set);
	child.signals = signalfd(-1, &set, SFD_CLOEXEC);
	code = open_pipes(&child, theirs, err);
	if (code == 0)
		code = spawn(&child, theirs, err);
	for (int i = 0; i < PIPES; i++)
		file_close(theirs[i]);
	if (code < 0)
		return code;
	if (!program->status)
		file_close(take_fd(&child.ends[STATUS]));
	return finish(&child, attend(&child) < 0, err);
}
