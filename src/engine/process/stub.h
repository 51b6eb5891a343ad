/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stub area: code that runs in the kernel's world, and the words it shares with C.
 * layout.h says where everything is; stub.S is the code.
 */
#ifndef LKM_ENGINE_PROCESS_STUB_H
#define LKM_ENGINE_PROCESS_STUB_H

#include <stdint.h>

#include "engine/process/layout.h"

/* At STUB_WORDS; stub.S knows the same by WORD_*. Addresses are those of kernel functions, or
 * offsets of per-CPU variables, unless said otherwise. */
struct stub_words {
	uint64_t interrupt_flag;	      /* 0 or EFLAGS_IF */
	uint64_t fault_address;		      /* what cr2 would hold */
	uint64_t kernel_stack;		      /* of the worker, where a call begins */
	uint64_t host_stack;		      /* of the serve loop during a call */
	uint64_t serve_stack;		      /* host: where a serve loop starts */
	uint64_t fpu_depth;		      /* next free area of STUB_FPU_AREAS */
	uint64_t fpu_mask;		      /* XSAVE components to keep */
	uint64_t in_kernel_fpu;		      /* per-CPU */
	uint64_t irq_stack, irq_stack_in_use; /* per-CPU */
	uint64_t reserved1[6];
	uint64_t irqentry_enter, irqentry_exit, irq_enter_rcu, irq_exit_rcu;
	uint64_t schedule_idle, user_mode_thread, kernel_wait, schedule_tail;
	uint64_t tick, serve, enter_user; /* host functions */
};

#define stub_word ((struct stub_words *)STUB_WORDS)
#define stub_slots ((uint64_t *)STUB_SLOTS)

enum { STUB_SLOT_COUNT = (STUB_FPU_AREAS - STUB_SLOTS) / 8 };

/* Entries of stub.S as they are in our program; stub_address() tells where their copy is. */
extern const char stub_begin[], stub_end[];
extern const char stub_save_fl[], stub_irq_disable[], stub_irq_enable[], stub_limit_rcx[],
	stub_cmpxchg16b[], stub_cmpxchg16b_end[], stub_exception[], stub_interrupt[], stub_idle[],
	stub_user_mode[], stub_ret_from_fork[], stub_call[];

static inline uint64_t stub_address(const char *entry)
{
	return STUB_BASE + (uint64_t)(entry - stub_begin);
}

/* Copies the code and writes the thunks; the area must be mapped, readable, writable and
 * executable. */
void stub_install(void);

/* From now on its code cannot be written, and nothing else of it executed. */
void stub_protect(void);

/* The thunk that jumps through a slot. */
static inline uint64_t stub_thunk(unsigned int slot)
{
	return STUB_THUNKS + 16 * (uint64_t)slot;
}

/* Calls a kernel function from the serve loop, on the worker's kernel stack. It may sleep. */
long stub_enter_kernel(uint64_t function, const long args[6]);

#endif
