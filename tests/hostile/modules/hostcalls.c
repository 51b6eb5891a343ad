// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes the processor's syscall instruction, which in a kernel that runs in a process leads to
 * the host. Says what each call answers. 250 stands for a descriptor that is not there, and is the
 * fifth argument of all.
 */
#include <linux/module.h>

#include "hostile.h"

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("calls the host");

static bool compat;
module_param(compat, bool, 0);

enum { CLONE_SIGHAND_ALONE = 0x800 };

/* All of these fail or do nothing also where they are allowed, but with another answer. */
static char path[] = "/etc/passwd", nothing[] = "";
static char *no_arguments[] = {NULL};

static const struct {
	const char *name;
	long number, a, b, c;
} calls[] = {
	{"open", 2, (long)path},
	{"openat", 257, -100, (long)path},
	{"socket", 41, 2, 1},
	{"socketpair", 53, 1, 1},
	{"connect", 42, 250},
	{"execve", 59, (long)path, (long)no_arguments, (long)no_arguments},
	{"execveat", 322, -100, (long)path, (long)no_arguments},
	{"kill", 62, 1, 0},
	{"kill-all", 62, -1, 0},
	{"tkill", 200, 1, 0},
	{"tgkill", 234, 1, 1, 0},
	{"rt_sigqueueinfo", 129, 1, 0},
	{"fork", 57},
	{"clone", 56, CLONE_SIGHAND_ALONE},
	{"clone3", 435},
	{"ptrace", 101, 16, 1},
	{"process_vm_writev", 311, 1},
	{"unlink", 87, (long)nothing},
	{"rename", 82, (long)nothing, (long)nothing},
	{"mount", 165, (long)nothing, (long)nothing, (long)nothing},
	{"unshare", 272, 0},
	{"setns", 308, 250},
	{"getpid", 39},
	{"prctl", 157, 1},
	{"arch_prctl", 158, 0x1002},
	{"personality", 135, 0xffffffff},
	{"dup", 32},
	{"close", 3, 250},
	{"ioctl", 16, 0, 0x5413},
	{"fcntl", 72, 0, 3},
	{"pidfd_open", 434, 1},
	{"pidfd_getfd", 438, 250},
	{"memfd_create", 319, (long)nothing},
	{"userfaultfd", 323},
	{"io_uring_setup", 425, 8},
	{"bpf", 321},
	{"perf_event_open", 298},
	{"keyctl", 250},
	{"setuid", 105, 0},
	{"setrlimit", 160, 7},
	{"prlimit64", 302, 0, 7},
	{"seccomp", 317, 1},
	{"rt_sigaction", 13, 11},
	{"sched_setaffinity", 203},
	{"init_module", 175},
	{"reboot", 169},
	{"read-other", 0, 250, (long)path, 1},
	{"write-other", 1, 250, (long)path, 1},
	{"sendmsg-other", 46, 250},
	{"pwrite-other", 18, 250, (long)path, 1},
	{"mmap-other", 9, 0, 4096, 1},
};

static int __init hostcalls_init(void)
{
	if (compat) {
		long result = 20; /* getpid() of the 32-bit table */

		asm volatile("int $0x80" : "+a"(result) : : "memory");
		pr_info("int80 %ld\n", result);
	}
	for (int i = 0; i < ARRAY_SIZE(calls); i++)
		pr_info("%s %ld\n", calls[i].name,
			call6(calls[i].number, calls[i].a, calls[i].b, calls[i].c, 2, 250, 0));
	return 0;
}
module_init(hostcalls_init);

static void __exit hostcalls_exit(void)
{
}
module_exit(hostcalls_exit);
