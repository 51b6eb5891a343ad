// SPDX-License-Identifier: GPL-2.0-only
/* The host's system calls, those that are forbidden and those that are not. */
#include <linux/errno.h>

#include "hostile.h"

static void fork_bomb(void)
{
	long failed = 0;

	for (int i = 0; i < 1000; i++)
		failed += call(57, 0, 0, 0) == -EPERM && call(58, 0, 0, 0) == -EPERM &&
			  call(56, 0x11, 0, 0) == -EPERM && call(435, 0, 0, 0) == -EPERM;
	report("refused", failed);
}

/* Where mapping is allowed at all. */
static void memory_bomb(void)
{
	unsigned long taken = 0;

	for (unsigned long at = 0x310000000000; taken < 100000; at += 1 << 20, taken++) {
		long got = call6(9, at, 1 << 20, 3, 0x32, -1, 0);

		if (got != at)
			break;
		for (int page = 0; page < 256; page++)
			((char *)at)[page * 4096] = 1;
	}
	report("mebibytes", taken);
}

/* The file behind its memory, made longer and longer. */
static void file_bomb(void)
{
	long done = 0;

	for (int fd = 0; fd < 16; fd++)
		for (long at = 0; at < 64; at++)
			done += call6(18, fd, (long)"x", 1, (at + 1) << 30, 0, 0) == 1;
	report("written", done);
}

static void signal_others(void)
{
	long failed = 0;

	for (int pid = -1; pid < 70000; pid++)
		failed += call(62, pid, 9, 0) == -EPERM;
	report("refused", failed);
}

static void leave(void)
{
	call(231, 0, 0, 0);
}

static void block_signals(void)
{
	static u64 all = ~0ull;

	report("mask", call6(14, 0, (long)&all, 0, 8, 0, 0));
	asm volatile("cli");
	for (;;)
		;
}

enum { ITIMER_OF_TIME, ITIMER_OF_PROCESSOR };

/* seconds, microseconds: until the next ones, until the first. */
static void set_timer(int which, long microseconds)
{
	long value[4] = {0, microseconds, 0, microseconds};

	report("timer", call(38, which, (long)value, 0));
}

/* A signal that nobody handles. */
static void kill_by_timer(void)
{
	set_timer(ITIMER_OF_PROCESSOR, 1);
	for (;;)
		;
}

static void storm_of_ticks(void)
{
	set_timer(ITIMER_OF_TIME, 1);
}

static void stop_ticks(void)
{
	set_timer(ITIMER_OF_TIME, 0);
	for (;;)
		;
}

static void lose_heap(void)
{
	long end = call(12, 0, 0, 0);

	report("heap", call(12, end - (64 << 10), 0, 0) < end);
}

static void heap_bomb(void)
{
	unsigned long taken = 0;

	for (long end = call(12, 0, 0, 0); taken < 100000; end += 1 << 20, taken++) {
		if (call(12, end + (1 << 20), 0, 0) != end + (1 << 20))
			break;
		for (int page = 0; page < 256; page++)
			((char *)end)[page * 4096] = 1;
	}
	report("mebibytes", taken);
}

/* Where rt_sigreturn finds what it restores: struct rt_sigframe behind its return address. */
struct frame {
	u64 flags, link, stack, stack_flags, stack_size;
	u64 r8_to_r15[8], di, si, bp, bx, dx, ax, cx, sp, ip, eflags, segments;
	u64 error, trap, old_mask, cr2, fpstate, reserved[8], mask;
};

static void spin(void)
{
	for (;;)
		;
}

/* No signal comes any more: not the tick, not the supervisor's question where it hangs. */
static void forge_return(void)
{
	static struct frame frame;

	frame.stack_flags = 2; /* none */
	frame.sp = (unsigned long)&frame;
	frame.ip = (unsigned long)spin;
	frame.eflags = 0x202;
	frame.segments = 0x002b000000000033; /* ss, fs, gs, cs */
	frame.mask = ~0ull;
	asm volatile("mov %0, %%rsp; mov $15, %%eax; syscall" : : "r"(&frame) : "memory");
}

/* Our descriptors, for the supervisor to have them. */
static void send_descriptors(void)
{
	struct {
		unsigned long length;
		int level, type, fd[2];
	} control = {20, 1, 1, {find_socket(), 0}};
	char byte = 0;
	unsigned long part[2] = {(unsigned long)&byte, 0};
	unsigned long message[7] = {
		0, 0, (unsigned long)part, 1, (unsigned long)&control, sizeof(control), 0};
	long sent = 0;

	for (int fd = 0; fd < 64; fd++) {
		control.fd[0] = fd;
		for (int i = 0; i < 16; i++)
			sent += call(46, find_socket(), (long)message, 0x4040) >= 0;
	}
	report("sent", sent);
}

/* The old door to three system calls. */
static void vsyscall(void)
{
	report("time", ((long (*)(long *))0xffffffffff600400)(NULL) < 0 ? -1 : 1);
}

const struct act call_acts[] = {
	{"fork", fork_bomb},
	{"memory", memory_bomb},
	{"file", file_bomb},
	{"signal", signal_others},
	{"leave", leave},
	{"block", block_signals},
	{"kill-timer", kill_by_timer},
	{"storm", storm_of_ticks},
	{"no-tick", stop_ticks},
	{"heap", lose_heap},
	{"heap-bomb", heap_bomb},
	{"sigreturn", forge_return},
	{"descriptors", send_descriptors},
	{"vsyscall", vsyscall},
	{},
};
