/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system calls that the process needs once its kernel is up. Memory calls are allowed where
 * layout.h has the kernel's memory, and not where our own program is. What a library call of ours
 * needs beside them is kept away: malloc() takes its memory from the heap's end (brk) only.
 */
#include <errno.h>
#include <malloc.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/process/layout.h"
#include "engine/process/sandbox.h"

/* Addresses of layout.h: below 2 GiB, and from VMEMMAP_BASE up to HOST_BASE. A call may reach
 * LONGEST bytes further. */
static const struct {
	uint64_t mask, value;
} ranges[] = {
	{0xffffffff80000000, 0},
	{0xffffe00000000000, VMEMMAP_BASE},
	{0xfffff00000000000, 0x400000000000},
};

enum { RANGES = sizeof(ranges) / sizeof(*ranges) };

static const uint64_t LONGEST = 1ull << 32;

_Static_assert(VMALLOC_END <= HOST_BASE && HOST_BASE == 0x500000000000, "the ranges above");

#define IN_RANGE(i) SCMP_A0(SCMP_CMP_MASKED_EQ, ranges[i].mask, ranges[i].value)
#define NOT_LONG SCMP_A1(SCMP_CMP_LE, LONGEST)
#define FLAGS(mask, value) SCMP_A3(SCMP_CMP_MASKED_EQ, (mask), (value))
#define DESCRIPTOR(fd) SCMP_A4(SCMP_CMP_MASKED_EQ, 0xffffffff, (uint32_t)(fd))
#define ALLOW(filter, name, ...)                                                                   \
	seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(name), __VA_ARGS__)

#ifdef __SANITIZE_ADDRESS__
/* Its runtime maps what it likes. */
static int allow_more(scmp_filter_ctx filter)
{
	return ALLOW(filter, mmap, 0) | ALLOW(filter, munmap, 0) | ALLOW(filter, mprotect, 0) |
	       ALLOW(filter, madvise, 0) | ALLOW(filter, mremap, 0) | ALLOW(filter, sigaltstack, 0);
}
#else
static int allow_more(scmp_filter_ctx filter)
{
	return 0;
}
#endif

/* One socket, to talk. */
static int allow_talk(scmp_filter_ctx filter, int socket)
{
	int code = ALLOW(filter, read, 1, SCMP_A0(SCMP_CMP_EQ, (uint32_t)socket));

	if (code == 0)
		code = ALLOW(filter, sendmsg, 1, SCMP_A0(SCMP_CMP_EQ, (uint32_t)socket));
	return code;
}

/* Signals return, the tick is started, and an end. */
static int allow_life(scmp_filter_ctx filter)
{
	int code = ALLOW(filter, rt_sigreturn, 0);

	if (code == 0)
		code = ALLOW(filter, setitimer, 0);
	if (code == 0)
		code = ALLOW(filter, restart_syscall, 0);
	return code ? code : ALLOW(filter, exit_group, 0);
}

static int allow_range(scmp_filter_ctx filter, int range, int memory)
{
	int code = ALLOW(filter, munmap, 2, IN_RANGE(range), NOT_LONG);

	if (code == 0)
		code = ALLOW(filter, mprotect, 2, IN_RANGE(range), NOT_LONG);
	if (code == 0)
		code = ALLOW(filter, mmap, 4, IN_RANGE(range), NOT_LONG,
			     FLAGS(MAP_TYPE, MAP_SHARED), DESCRIPTOR(memory));
	if (code == 0)
		code = ALLOW(filter, mmap, 4, IN_RANGE(range), NOT_LONG,
			     FLAGS(MAP_TYPE, MAP_PRIVATE), DESCRIPTOR(-1));
	return code;
}

/* Frames move into the memfd; the heap grows. */
static int allow_memory(scmp_filter_ctx filter, int memory)
{
	int code = ALLOW(filter, pwrite64, 1, SCMP_A0(SCMP_CMP_EQ, (uint32_t)memory));

	if (code == 0)
		code = ALLOW(filter, brk, 0);
	for (int i = 0; i < RANGES && code == 0; i++)
		code = allow_range(filter, i, memory);
	return code;
}

static int add_rules(scmp_filter_ctx filter, int socket, int memory)
{
	int code = allow_talk(filter, socket);

	if (code == 0)
		code = allow_life(filter);
	if (code == 0)
		code = allow_memory(filter, memory);
	return code ? code : allow_more(filter);
}

int sandbox_filter(int socket, int memory, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int code;

	if (!filter)
		return err_no_memory(err);
	mallopt(M_MMAP_MAX, 0);
	code = add_rules(filter, socket, memory);
	if (code == 0)
		code = seccomp_load(filter);
	seccomp_release(filter);
	return code < 0 ? err_set(err, code, "cannot lock the kernel's process in (seccomp): %s",
				  strerror(-code))
			: 0;
}
