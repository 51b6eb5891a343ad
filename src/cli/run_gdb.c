/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lkm run --gdb: the kernel is a process, so a debugger attaches to it like to any other. Its
 * signals are the kernel's traps and must pass. The module's sections lie where
 * /sys/module/NAME/sections says.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/run.h"

struct sections {
	struct run *run;
	struct buf symbols; /* the arguments of add-symbol-file behind the file */
};

/* Code and data that stay: those of init are freed when it is done. */
static bool is_wanted(const char *name)
{
	static const char *const wanted[] = {".text",	".data",      ".bss",
					     ".rodata", ".exit.text", ".text.unlikely"};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (strcmp(name, wanted[i]) == 0)
			return true;
	}
	return false;
}

static void visit_section(void *context, const struct engine_node *node)
{
	struct sections *sections = context;
	const char *name = strrchr(node->path, '/');
	const char *address;

	if (!name || !is_wanted(name + 1))
		return;
	address = arena_strdup(sections->run->arena, node->path);
	if (address)
		buf_format(&sections->symbols, "%s\n", address);
}

/* The listing is complete before the files are read: one question at a time. */
static void read_sections(struct sections *sections, struct buf *out)
{
	char *rest = NULL;

	if (!sections->symbols.n)
		return;
	for (char *path = strtok_r(sections->symbols.p, "\n", &rest); path;
	     path = strtok_r(NULL, "\n", &rest)) {
		const char *value = run_peek(sections->run, path);

		if (value)
			buf_format(out, " -s %s %.*s", strrchr(path, '/') + 1,
				   (int)strcspn(value, "\n"), value);
	}
}

static int gdb_words(struct run *run, char *argv[20], struct err *err)
{
	DEFER(buf_free) struct buf symbols = {0};
	struct sections sections = {run, {0}};
	const char *folder = arena_format(run->arena, "/sys/module/%s/sections", run->name);
	long ret;
	int rc = folder ? engine_list(run->engine, folder, false, visit_section, &sections, &ret,
				      err)
			: err_no_memory(err);
	size_t n = 0;

	if (rc == 0)
		read_sections(&sections, &symbols);
	buf_free(&sections.symbols);
	if (rc < 0)
		return rc;
	argv[n++] = arena_strdup(run->arena, "gdb");
	argv[n++] = arena_strdup(run->arena, "-q");
	argv[n++] = arena_strdup(run->arena, "-iex");
	argv[n++] = arena_strdup(run->arena, "set pagination off");
	argv[n++] = arena_strdup(run->arena, "-iex");
	argv[n++] = arena_strdup(run->arena, "set confirm off");
	/* The process itself has an empty file system. */
	argv[n++] = arena_strdup(run->arena, "-iex");
	argv[n++] = arena_strdup(run->arena, "set sysroot");
	argv[n++] = arena_strdup(run->arena, "-ex");
	argv[n++] = arena_strdup(
		run->arena,
		"handle SIGSEGV SIGILL SIGFPE SIGBUS SIGALRM SIGUSR1 SIGUSR2 nostop noprint pass");
	argv[n++] = arena_strdup(run->arena, "-ex");
	argv[n++] = arena_format(run->arena, "attach %d", (int)engine_pid(run->engine));
	argv[n++] = arena_strdup(run->arena, "-ex");
	argv[n++] =
		arena_format(run->arena, "add-symbol-file %s%s", run->path, buf_string(&symbols));
	argv[n] = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!argv[i])
			return err_no_memory(err);
	}
	return 0;
}

static void print_line(char *const *argv)
{
	for (; *argv; argv++)
		printf(strchr(*argv, ' ') ? "'%s'%s" : "%s%s", *argv, argv[1] ? " " : "\n");
	fflush(stdout);
}

static bool is_traced(pid_t pid)
{
	DEFER(buf_free) struct buf status = {0};
	char path[64];
	const char *tracer;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (file_read(path, 65536, &status, NULL) < 0)
		return false;
	tracer = strstr(buf_string(&status), "TracerPid:");
	return tracer && strtol(tracer + strlen("TracerPid:"), NULL, 10) != 0;
}

static bool has_ended(pid_t child)
{
	return child > 0 && waitpid(child, NULL, WNOHANG) == child;
}

/* Until a debugger has attached; false after the limit, or when gdb (0: not ours) has ended. */
static bool wait_for_debugger(pid_t pid, pid_t gdb, unsigned int limit_ms)
{
	uint64_t end = run_clock_us() + limit_ms * 1000ULL;

	while (!is_traced(pid)) {
		if (run_clock_us() > end || has_ended(gdb))
			return false;
		usleep(10000);
	}
	return true;
}

static int start_gdb(struct run *run, char *const *argv, struct err *err)
{
	pid_t child = fork();

	if (child < 0)
		return err_errno(err, "cannot start gdb");
	if (child == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	/* Ctrl-C is for gdb from now on. */
	signal(SIGINT, SIG_IGN);
	run->debugger = child;
	if (wait_for_debugger(engine_pid(run->engine), child, run->options->timeout_ms))
		return 0;
	return err_set(err, -ENOENT,
		       "gdb did not attach; is it installed (apt install gdb), and may it debug "
		       "processes here?");
}

int run_gdb(struct run *run, struct err *err)
{
	char *argv[20];
	int rc = gdb_words(run, argv, err);

	if (rc < 0)
		return rc;
	if (engine_pid(run->engine) <= 0)
		return err_set(err, -ENOTSUP, "the engine %s has no process to debug",
			       engine_name(run->engine));
	print_line(argv);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return start_gdb(run, argv, err);
	if (!wait_for_debugger(engine_pid(run->engine), 0, run->options->timeout_ms))
		return err_set(err, -ETIMEDOUT,
			       "no debugger has attached in %u seconds (--timeout)",
			       run->options->timeout_ms / 1000);
	return 0;
}

void run_gdb_wait(const struct run *run)
{
	while (run->debugger > 0 && waitpid(run->debugger, NULL, 0) < 0 && errno == EINTR)
		;
}
