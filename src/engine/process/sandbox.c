/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/process/layout.h"

enum { ADDRESS_SPACE_GIB = 4, FILE_LIMIT = 64 };

static int limit(int resource, rlim_t value, struct err *err)
{
	struct rlimit limit = {value, value}, old;

	if (getrlimit(resource, &old) == 0 && old.rlim_max < value)
		return 0;
	return setrlimit(resource, &limit) < 0 ? err_errno(err, "cannot limit the kernel's process")
					       : 0;
}

static bool is_kept(int fd, const int *keep, int count)
{
	for (int i = 0; i < count; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

static void close_others(const int *keep, int count)
{
	int highest = STDERR_FILENO;

	for (int i = 0; i < count; i++)
		if (keep[i] > highest)
			highest = keep[i];
	for (int fd = 0; fd <= highest; fd++)
		if (!is_kept(fd, keep, count))
			close(fd);
	close_range((unsigned int)highest + 1, ~0u, 0);
}

int sandbox_enter(pid_t supervisor, const int *keep, int count, struct err *err)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have died before that was asked for. */
	if (getppid() != supervisor)
		_exit(0);
	/* A debugger may attach, also where Yama lets only a parent do so. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, "cannot give up privileges");
	close_others(keep, count);
	if (limit(RLIMIT_CORE, 0, err) < 0 || limit(RLIMIT_NOFILE, FILE_LIMIT, err) < 0)
		return err->code;
#ifndef __SANITIZE_ADDRESS__
	/* A shadow of all addresses would not fit. */
	return limit(RLIMIT_AS, (rlim_t)ADDRESS_SPACE_GIB << 30, err);
#else
	return 0;
#endif
}

struct rule {
	int syscall;
	int fd; /* argument 0 must be this; negative: any */
};

static int add_rules(scmp_filter_ctx filter, int socket, int memory)
{
	const struct rule rules[] = {
		{SCMP_SYS(read), socket},      {SCMP_SYS(write), socket},
		{SCMP_SYS(sendmsg), socket},   {SCMP_SYS(pwrite64), memory},
		{SCMP_SYS(munmap), -1},	       {SCMP_SYS(mprotect), -1},
		{SCMP_SYS(brk), -1},	       {SCMP_SYS(mremap), -1},
		{SCMP_SYS(madvise), -1},       {SCMP_SYS(poll), -1},
		{SCMP_SYS(rt_sigreturn), -1},  {SCMP_SYS(rt_sigprocmask), -1},
		{SCMP_SYS(sigaltstack), -1},   {SCMP_SYS(setitimer), -1},
		{SCMP_SYS(clock_gettime), -1}, {SCMP_SYS(restart_syscall), -1},
		{SCMP_SYS(exit), -1},	       {SCMP_SYS(exit_group), -1},
	};
	int code = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules) && code == 0; i++)
		code = rules[i].fd < 0
			       ? seccomp_rule_add(filter, SCMP_ACT_ALLOW, rules[i].syscall, 0)
			       : seccomp_rule_add(filter, SCMP_ACT_ALLOW, rules[i].syscall, 1,
						  SCMP_A0(SCMP_CMP_EQ, (unsigned int)rules[i].fd));
	/* mmap of the kernel's memory, or of nothing. */
	if (code == 0)
		code = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			SCMP_A4(SCMP_CMP_MASKED_EQ, 0xffffffff, (unsigned int)memory));
	if (code == 0)
		code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
					SCMP_A4(SCMP_CMP_MASKED_EQ, 0xffffffff, 0xffffffff));
	return code;
}

int sandbox_lock(int socket, int memory, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int code;

	if (!filter)
		return err_no_memory(err);
	code = add_rules(filter, socket, memory);
	if (code == 0)
		code = seccomp_load(filter);
	seccomp_release(filter);
	return code < 0 ? err_set(err, code, "cannot lock the kernel's process in (seccomp): %s",
				  strerror(-code))
			: 0;
}
