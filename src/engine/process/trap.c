/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/trap.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/process/clock.h"
#include "engine/process/emulate.h"
#include "engine/process/guest.h"
#include "engine/process/program.h"
#include "engine/process/protect.h"
#include "engine/process/smap.h"
#include "engine/process/stub.h"
#include "engine/process/user.h"

_Static_assert(TRAP_SIGNAL_REPORT == SIGUSR2, "the report signal");

/* The processor's exception numbers, as the host reports them in REG_TRAPNO. */
enum trap_number {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_INT3 = 3,
	TRAP_OVERFLOW = 4,
	TRAP_BOUNDS = 5,
	TRAP_INVALID_OPCODE = 6,
	TRAP_STACK_SEGMENT = 12,
	TRAP_PROTECTION = 13,
	TRAP_PAGE = 14,
	TRAP_FLOAT = 16,
	TRAP_ALIGNMENT = 17,
	TRAP_SIMD = 19,
};

enum { FAULT_PRESENT = 1, FAULT_WRITE = 2, FAULT_USER = 4, FAULT_FETCH = 16 };

enum { SIGNAL_STACK_SIZE = 256 * 1024 };

/* struct pt_regs of x86-64. */
struct pt_regs {
	uint64_t r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs,
		flags, sp, ss;
};

_Static_assert(sizeof(struct pt_regs) == PT_REGS_SIZE, "stub.S pops these");

static bool processor_has_smap;

static bool in_range(uint64_t address, uint64_t start, uint64_t end)
{
	return address >= start && address < end;
}

/* Not our own program or its libraries: the kernel, a module, or wherever a wild jump led. */
static bool is_guest_code(uint64_t ip)
{
	return ip < HOST_BASE || ip > 0x7fffffffffff;
}

static bool is_guest_stack(uint64_t sp)
{
	return in_range(sp, RAM_BASE, RAM_END) || in_range(sp, VMALLOC_BASE, VMALLOC_END) ||
	       in_range(sp, STUB_BASE, STUB_BASE + STUB_SIZE);
}

static void save_registers(const gregset_t g, struct pt_regs *regs)
{
	*regs = (struct pt_regs){
		.r15 = (uint64_t)g[REG_R15],
		.r14 = (uint64_t)g[REG_R14],
		.r13 = (uint64_t)g[REG_R13],
		.r12 = (uint64_t)g[REG_R12],
		.bp = (uint64_t)g[REG_RBP],
		.bx = (uint64_t)g[REG_RBX],
		.r11 = (uint64_t)g[REG_R11],
		.r10 = (uint64_t)g[REG_R10],
		.r9 = (uint64_t)g[REG_R9],
		.r8 = (uint64_t)g[REG_R8],
		.ax = (uint64_t)g[REG_RAX],
		.cx = (uint64_t)g[REG_RCX],
		.dx = (uint64_t)g[REG_RDX],
		.si = (uint64_t)g[REG_RSI],
		.di = (uint64_t)g[REG_RDI],
		.orig_ax = UINT64_MAX,
		.ip = (uint64_t)g[REG_RIP],
		.cs = KERNEL_CS,
		.flags = ((uint64_t)g[REG_EFL] & ~(uint64_t)EFLAGS_IF) | stub_word->interrupt_flag,
		.sp = (uint64_t)g[REG_RSP],
		.ss = KERNEL_SS,
	};
}

/* Makes the interrupted code call entry with the frame, as a processor would deliver an exception:
 * interrupts off, stack aligned. */
static void deliver(gregset_t g, uint64_t entry, uint64_t handler, uint64_t error, uint64_t stack,
		    uint64_t more_flags)
{
	struct pt_regs *frame = (struct pt_regs *)((stack & ~15ull) - PT_REGS_SIZE - 8);

	save_registers(g, frame);
	frame->flags |= more_flags;
	stub_word->interrupt_flag = 0;
	g[REG_RSP] = (greg_t)frame;
	g[REG_RDI] = (greg_t)frame;
	g[REG_RSI] = (greg_t)error;
	g[REG_RAX] = (greg_t)handler;
	g[REG_RIP] = (greg_t)entry;
}

static uint64_t handler_of(long trap)
{
	switch (trap) {
	case TRAP_DIVIDE:
		return (uint64_t)guest.exc_divide_error;
	case TRAP_DEBUG:
		return (uint64_t)guest.exc_debug;
	case TRAP_INT3:
		return (uint64_t)guest.exc_int3;
	case TRAP_OVERFLOW:
		return (uint64_t)guest.exc_overflow;
	case TRAP_BOUNDS:
		return (uint64_t)guest.exc_bounds;
	case TRAP_INVALID_OPCODE:
		return (uint64_t)guest.exc_invalid_op;
	case TRAP_STACK_SEGMENT:
		return (uint64_t)guest.exc_stack_segment;
	case TRAP_PROTECTION:
		return (uint64_t)guest.exc_general_protection;
	case TRAP_PAGE:
		return (uint64_t)guest.exc_page_fault;
	case TRAP_FLOAT:
		return (uint64_t)guest.exc_coprocessor_error;
	case TRAP_ALIGNMENT:
		return (uint64_t)guest.exc_alignment_check;
	case TRAP_SIMD:
		return (uint64_t)guest.exc_simd_coprocessor_error;
	default:
		return 0;
	}
}

/* The host calls every fault one of user mode; and whether a page is present it says of its own
 * page tables, which it fills late. */
static uint64_t kernel_fault_error(uint64_t error, uint64_t address)
{
	error &= ~(uint64_t)(FAULT_USER | FAULT_PRESENT);
	return protect_is_mapped(address) || user_is_mapped(address) ? error | FAULT_PRESENT
								     : error;
}

/* The exception would hit the stack again: it ran over, into the guard page below it or nearly so,
 * or its pointer is wild. */
static bool stack_is_gone(uint64_t sp)
{
	uint64_t stack = guest_current_stack();

	return in_range(sp, stack - PAGE_BYTES, stack + 1024) || !is_guest_stack(sp);
}

/* Only code with an exception table entry has allowed itself to touch user memory (stac); the
 * kernel looks at this flag before it looks at the table. */
static uint64_t user_access_flag(uint64_t ip)
{
	return guest.search_exception_tables(ip) ? EFLAGS_AC : 0;
}

/* The host's own page was missing, not the kernel's. */
static bool fill(uint64_t ip, uint64_t error, uint64_t address)
{
	if (address >= USER_END || error & FAULT_FETCH || !is_guest_code(ip) || !guest.gs_base)
		return false;
	if (!processor_has_smap)
		return user_fill(address, error & FAULT_WRITE);
	if (!user_access_flag(ip) || !user_fill(address, error & FAULT_WRITE))
		return false;
	smap_arm(ip);
	return true;
}

static _Noreturn void die_in_host(const ucontext_t *context, int signal)
{
	static bool dying;
	char text[200];

	if (dying)
		_exit(70);
	dying = true;
	snprintf(text, sizeof(text), "signal %d at %#llx, address %#llx, stack %#llx", signal,
		 (unsigned long long)context->uc_mcontext.gregs[REG_RIP],
		 (unsigned long long)context->uc_mcontext.gregs[REG_CR2],
		 (unsigned long long)context->uc_mcontext.gregs[REG_RSP]);
	program_end(ENGINE_CRASH, text);
}

static bool is_readable_code(uint64_t ip)
{
	return in_range(ip, guest.text, guest.end) || in_range(ip, MODULES_BASE, MODULES_END);
}

static void on_fault(int signal, siginfo_t *info, void *opaque)
{
	ucontext_t *context = opaque;
	greg_t *g = context->uc_mcontext.gregs;
	uint64_t ip = (uint64_t)g[REG_RIP], sp = (uint64_t)g[REG_RSP];
	uint64_t error = (uint64_t)g[REG_ERR], handler = handler_of(g[REG_TRAPNO]), flag = 0;

	if (g[REG_TRAPNO] == TRAP_PROTECTION && is_readable_code(ip) &&
	    emulate((const unsigned char *)ip, 15, g))
		return;
	if (g[REG_TRAPNO] == TRAP_INVALID_OPCODE && is_readable_code(ip) && smap_end(&ip)) {
		g[REG_RIP] = (greg_t)ip;
		return;
	}
	if (g[REG_TRAPNO] == TRAP_PAGE && fill(ip, error, (uint64_t)g[REG_CR2]))
		return;
	if (!is_guest_code(ip) || !handler || !guest.gs_base)
		die_in_host(context, signal);
	if (stack_is_gone(sp)) {
		stub_word->fault_address = (uint64_t)g[REG_CR2];
		deliver(g, stub_address(stub_exception), (uint64_t)guest.exc_double_fault, 0,
			STUB_EMERGENCY_STACK, 0);
		g[REG_RDX] = g[REG_CR2];
		return;
	}
	if (g[REG_TRAPNO] == TRAP_PAGE) {
		stub_word->fault_address = (uint64_t)g[REG_CR2];
		error = kernel_fault_error(error, (uint64_t)g[REG_CR2]);
		flag = user_access_flag(ip);
	}
	deliver(g, stub_address(stub_exception), handler, error, sp, flag);
}

/* Kernel text that could take an interrupt now. Our own code on a kernel stack cannot: it may be
 * in the middle of anything. */
static bool can_interrupt(const gregset_t g)
{
	return stub_word->interrupt_flag && is_readable_code((uint64_t)g[REG_RIP]) &&
	       is_guest_stack((uint64_t)g[REG_RSP]) && guest.gs_base &&
	       !stack_is_gone((uint64_t)g[REG_RSP]);
}

/* The nearest return address into a module on the interrupted stack; 0 when there is none. A guess:
 * a word may be left over from an earlier call. */
static uint64_t module_caller(const struct pt_regs *regs)
{
	uint64_t end = guest_current_stack() + guest.stack_size;

	if (!in_range(regs->sp, end - guest.stack_size, end) || !guest.is_text)
		return 0;
	for (uint64_t at = regs->sp & ~7ull; at < end; at += 8) {
		uint64_t word = *(const uint64_t *)at;

		if (in_range(word, MODULES_BASE, MODULES_END) && guest.is_text(word))
			return word;
	}
	return 0;
}

/* The supervisor has waited long enough: where are we? Runs on the interrupted stack, like an
 * exception, because the kernel's own report may take faults of its own. */
static void report(struct pt_regs *regs)
{
	char where[256], text[600];
	uint64_t caller = 0;
	int length;

	guest_symbol(where, sizeof(where), regs->ip);
	length = snprintf(text, sizeof(text), "it was at %s", where);
	if (!in_range(regs->ip, MODULES_BASE, MODULES_END))
		caller = module_caller(regs);
	if (caller) {
		guest_symbol(where, sizeof(where), caller);
		snprintf(text + length, sizeof(text) - (size_t)length, ", called from %s", where);
	}
	guest.show_regs(regs);
	program_end(ENGINE_TIMEOUT, text);
}

static bool report_wanted;

/* Our own code cannot be interrupted: it may be sending a frame. The next alarm tries again. */
static void try_report(greg_t *g)
{
	report_wanted =
		!is_readable_code((uint64_t)g[REG_RIP]) || stack_is_gone((uint64_t)g[REG_RSP]);
	if (!report_wanted)
		deliver(g, stub_address(stub_exception), (uint64_t)report, 0, (uint64_t)g[REG_RSP],
			0);
}

static void on_report(int signal, siginfo_t *info, void *opaque)
{
	try_report(((ucontext_t *)opaque)->uc_mcontext.gregs);
}

static void on_alarm(int signal, siginfo_t *info, void *opaque)
{
	greg_t *g = ((ucontext_t *)opaque)->uc_mcontext.gregs;

	if (report_wanted)
		try_report(g);
	else if (clock_is_stalled() && can_interrupt(g))
		deliver(g, stub_address(stub_interrupt), 0, 0, (uint64_t)g[REG_RSP], 0);
}

static int handle(int signal, void (*handler)(int, siginfo_t *, void *), struct err *err)
{
	struct sigaction action = {
		.sa_sigaction = handler,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART,
	};

	sigaddset(&action.sa_mask, SIGALRM);
	if (sigaction(signal, &action, NULL) < 0)
		return err_errno(err, "cannot handle signal %d", signal);
	return 0;
}

int trap_install(struct err *err)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
	stack_t stack = {.ss_size = SIGNAL_STACK_SIZE};
	int code;

	processor_has_smap = smap_in_processor();
	stack.ss_sp = mmap(NULL, SIGNAL_STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) < 0)
		return err_errno(err, "cannot set up the signal stack");
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		code = handle(faults[i], on_fault, err);
		if (code < 0)
			return code;
	}
	code = handle(SIGALRM, on_alarm, err);
	return code < 0 ? code : handle(TRAP_SIGNAL_REPORT, on_report, err);
}
