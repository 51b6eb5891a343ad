/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/syscall.h"

#include "engine/process/stub.h"

enum { TIF_SIGPENDING = 2 };

/* __x64_sys_* take a pt_regs; these are the words that hold arguments. */
enum { REG_R9 = 8, REG_R8 = 9, REG_R10 = 7, REG_DX = 12, REG_SI = 13, REG_DI = 14, REGS = 21 };
enum { GUEST_ENOSYS = -38 };

static void fill(long regs[REGS], const long args[6])
{
	regs[REG_DI] = args[0];
	regs[REG_SI] = args[1];
	regs[REG_DX] = args[2];
	regs[REG_R10] = args[3];
	regs[REG_R8] = args[4];
	regs[REG_R9] = args[5];
}

long syscall_direct(enum guest_syscall which, const long args[6])
{
	long (*call)(const long *) = (void *)guest.syscalls[which];
	long regs[REGS] = {0};

	fill(regs, args);
	return call(regs);
}

/* The worker handles no signals: one that does not end it is gone afterwards. */
static void take_signals(void)
{
	const uint64_t *flags = (uint64_t *)(guest_current() + guest.task_thread_flags);
	char signal[256]; /* struct ksignal is smaller */

	if (*flags & 1 << TIF_SIGPENDING)
		stub_enter_kernel((uint64_t)guest.get_signal, (long[6]){(long)signal});
}

long syscall_function(uint64_t function, const long args[6])
{
	long result = stub_enter_kernel(function, args);

	stub_enter_kernel((uint64_t)guest.task_work_run, (long[6]){0});
	stub_enter_kernel((uint64_t)guest.flush_delayed_fput, (long[6]){0});
	take_signals();
	return result;
}

long syscall_worker(enum guest_syscall which, const long args[6])
{
	long regs[REGS] = {0};

	fill(regs, args);
	return syscall_function(guest.syscalls[which], (long[6]){(long)regs});
}

long syscall_number(unsigned int number, const long args[6])
{
	long regs[REGS] = {0};

	if (!guest.x64_sys_call)
		return GUEST_ENOSYS;
	fill(regs, args);
	return syscall_function((uint64_t)guest.x64_sys_call, (long[6]){(long)regs, number});
}
