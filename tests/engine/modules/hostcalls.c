// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes the processor's syscall instruction, which in a kernel that runs in a process leads to
 * the host. Says what each call answers.
 */
#include <linux/module.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("calls the host");

static bool compat;
module_param(compat, bool, 0);

static long call(long number, long a, long b, long c)
{
	register long r10 asm("r10") = 0, r8 asm("r8") = 0, r9 asm("r9") = 0;
	long result;

	asm volatile("syscall"
		     : "=a"(result)
		     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return result;
}

static char path[] = "/etc/passwd";
static char *no_arguments[] = {NULL};

static const struct {
	const char *name;
	long number, a, b, c;
} calls[] = {
	{"open", 2, (long)path},
	{"openat", 257, -100, (long)path},
	{"socket", 41, 2, 1},
	{"connect", 42, 3, (long)path, 16},
	{"execve", 59, (long)path, (long)no_arguments, (long)no_arguments},
	{"kill", 62, 1, 9},
	{"kill-group", 62, 0, 9},
	{"tgkill", 234, 1, 1, 9},
	{"fork", 57},
	{"vfork", 58},
	{"clone", 56, 17},
	{"clone3", 435, (long)path, 88},
	{"ptrace", 101, 16, 1},
	{"unlink", 87, (long)path},
	{"mount", 165, (long)path, (long)path, (long)path},
	{"getpid", 39},
	{"prctl", 157, 1},
	{"dup", 32, 0},
	{"close", 3, 3},
	{"ioctl", 16, 0, 0x5413, (long)path},
	{"fcntl", 72, 3, 3},
	{"memfd_create", 319, (long)path},
	{"io_uring_setup", 425, 8, (long)path},
	{"process_vm_writev", 311, 1},
	{"setuid", 105, 0},
	{"reboot", 169, 0xfee1dead, 672274793, 0},
	{"init_module", 175, (long)path, 8, (long)path},
	{"bpf", 321, 0, (long)path, 8},
	{"userfaultfd", 323},
	{"pidfd_open", 434, 1},
	{"pidfd_getfd", 438, 3, 0},
	{"read-other", 0, 250, (long)path, 1},
	{"write-other", 1, 250, (long)path, 1},
	{"sendmsg-other", 46, 250, (long)path, 0},
	{"setrlimit", 160, 7, (long)path},
	{"prlimit64", 302, 0, 7, (long)path},
	{"seccomp", 317, 1, 0, (long)path},
	{"arch_prctl", 158, 0x1002, 0},
	{"sched_setaffinity", 203, 1, 8, (long)path},
	{"tkill", 200, 1, 9},
	{"rt_sigqueueinfo", 129, 1, 9, (long)path},
	{"rt_sigaction", 13, 11, 0, 0},
	{"getrandom", 318, (long)path, 1},
	{"mmap-file", 9, 0, 4096, 1}, /* of descriptor 0, which r8 holds */
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
			call(calls[i].number, calls[i].a, calls[i].b, calls[i].c));
	return 0;
}
module_init(hostcalls_init);

static void __exit hostcalls_exit(void)
{
}
module_exit(hostcalls_exit);
