/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/stub.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#define SAME_PLACE(member, word)                                                                   \
	static_assert(STUB_WORDS + offsetof(struct stub_words, member) == (word),                  \
		      "stub.S and struct stub_words disagree about " #member)

SAME_PLACE(interrupt_flag, WORD_INTERRUPT_FLAG);
SAME_PLACE(fault_address, WORD_FAULT_ADDRESS);
SAME_PLACE(kernel_stack, WORD_KERNEL_STACK);
SAME_PLACE(host_stack, WORD_HOST_STACK);
SAME_PLACE(serve_stack, WORD_SERVE_STACK);
SAME_PLACE(fpu_depth, WORD_FPU_DEPTH);
SAME_PLACE(fpu_mask, WORD_FPU_MASK);
SAME_PLACE(in_kernel_fpu, WORD_IN_KERNEL_FPU);
SAME_PLACE(irq_stack, WORD_IRQ_STACK);
SAME_PLACE(irq_stack_in_use, WORD_IRQ_STACK_IN_USE);
SAME_PLACE(irqentry_enter, WORD_IRQENTRY_ENTER);
SAME_PLACE(irqentry_exit, WORD_IRQENTRY_EXIT);
SAME_PLACE(irq_enter_rcu, WORD_IRQ_ENTER_RCU);
SAME_PLACE(irq_exit_rcu, WORD_IRQ_EXIT_RCU);
SAME_PLACE(schedule_idle, WORD_SCHEDULE_IDLE);
SAME_PLACE(user_mode_thread, WORD_USER_MODE_THREAD);
SAME_PLACE(kernel_wait, WORD_KERNEL_WAIT);
SAME_PLACE(schedule_tail, WORD_SCHEDULE_TAIL);
SAME_PLACE(tick, WORD_TICK);
SAME_PLACE(serve, WORD_SERVE);
SAME_PLACE(enter_user, WORD_ENTER_USER);

/* jmp *slot, with the slot's absolute address: ff 24 25 imm32. */
static void write_thunk(unsigned int slot)
{
	unsigned char *thunk = (unsigned char *)stub_thunk(slot);
	uint32_t address = (uint32_t)(STUB_SLOTS + 8 * slot);

	memcpy(thunk, "\xff\x24\x25", 3);
	memcpy(thunk + 3, &address, sizeof(address));
}

void stub_install(void)
{
	memcpy((void *)STUB_BASE, stub_begin, (size_t)(stub_end - stub_begin));
	for (unsigned int slot = 0; slot < STUB_SLOT_COUNT; slot++)
		write_thunk(slot);
	stub_word->fpu_depth = STUB_FPU_AREAS;
}

void stub_protect(void)
{
	mprotect((void *)STUB_BASE, STUB_TEXT_END - STUB_BASE, PROT_READ | PROT_EXEC);
	mprotect((void *)STUB_TEXT_END, STUB_BASE + STUB_SIZE - STUB_TEXT_END,
		 PROT_READ | PROT_WRITE);
}

long stub_enter_kernel(uint64_t function, const long args[6])
{
	long (*call)(uint64_t, const long *) = (void *)stub_address(stub_call);

	return call(function, args);
}
