/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code that runs in the kernel's world: on kernel stacks, at a fixed address, and part of every
 * snapshot. It is assembled into our program and copied to STUB_BASE (stub.c), so it refers to
 * nothing but absolute addresses of the stub area and itself.
 *
 * Only stub code may stay on a kernel stack while tasks are switched. A C function of ours that did
 * would leave a return address there that means nothing in a process restored from a snapshot.
 */
#include "layout.h"

	.section .rodata.stub, "a", @progbits
	.balign 16
	.globl stub_begin
	.hidden stub_begin
stub_begin:

	.macro entry name
	.balign 16
	.globl \name
	.hidden \name
\name:
	.endm

/*
 * The interrupt flag. pv_ops calls these with a convention of its own: all registers but rax
 * (and for the two setters even rax) are kept.
 */
entry stub_save_fl
	movq	WORD_INTERRUPT_FLAG, %rax
	ret

entry stub_irq_disable
	movq	$0, WORD_INTERRUPT_FLAG
	ret

entry stub_irq_enable
	movq	$EFLAGS_IF, WORD_INTERRUPT_FLAG
	ret

/* What is no user's address becomes one that faults (user_limit.c). The caller expects rbx to be lost. */
entry stub_limit_rcx
	cmpq	$USER_END, %rcx
	jb	1f
	orq	$-1, %rcx
1:	ret

/* SLUB's double-word compare and exchange, for both ways of reading the answer: al, and ZF with the
 * old value in rdx:rax. */
entry stub_cmpxchg16b
	cmpxchg16b %gs:(%rsi)
	sete	%al
	ret
entry stub_cmpxchg16b_end

/*
 * Exceptions. The signal handler has put a pt_regs on the interrupted stack, rsp points to it,
 * rdi too, rsi is the error code and rax the kernel's handler.
 */
entry stub_exception
	cld
	call	*%rax
stub_return:
	/* The frame becomes one that iretq accepts at this privilege level. */
	movq	144(%rsp), %rax
	movq	%rax, %rcx
	andl	$EFLAGS_IF, %ecx
	movq	%rcx, WORD_INTERRUPT_FLAG
	andq	$~EFLAGS_AC, %rax
	orq	$EFLAGS_IF, %rax
	movq	%rax, 144(%rsp)
	movq	$HOST_CS, 136(%rsp)
	movq	$HOST_SS, 160(%rsp)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	addq	$8, %rsp	/* orig_ax */
	iretq

/*
 * The timer interrupt: the same frame. Our tick runs between the kernel's own irq entry and exit;
 * irqentry_exit() may switch tasks. Kernel code that was interrupted in the middle of a SIMD
 * section has live vector registers, which our tick and softirqs would spoil; such a section
 * cannot be preempted, so a static area, one for each depth, is enough.
 */
entry stub_interrupt
	cld
	movq	%rsp, %rbx
	movq	%rsp, %rdi
	call	*WORD_IRQENTRY_ENTER
	movl	%eax, %r12d
	xorl	%r13d, %r13d
	movq	WORD_IN_KERNEL_FPU, %rax
	testq	%rax, %rax
	jz	3f		/* this kernel does not tell: always save */
	cmpb	$0, %gs:(%rax)
	je	1f
3:
	movq	WORD_FPU_DEPTH, %r13
	addq	$0x4000, WORD_FPU_DEPTH
	movl	WORD_FPU_MASK, %eax
	xorl	%edx, %edx
	xsave	(%r13)
1:	call	tick_on_irq_stack
	testq	%r13, %r13
	jz	2f
	movl	WORD_FPU_MASK, %eax
	xorl	%edx, %edx
	xrstor	(%r13)
	subq	$0x4000, WORD_FPU_DEPTH
2:	movq	%rbx, %rdi
	movl	%r12d, %esi
	call	*WORD_IRQENTRY_EXIT
	jmp	stub_return

/* Idle (the boot task's cpu_startup_entry): time passes when nothing else can run. */
entry stub_idle
	movq	$EFLAGS_IF, WORD_INTERRUPT_FLAG
	call	*WORD_SCHEDULE_IDLE
	movq	$0, WORD_INTERRUPT_FLAG
	call	tick_on_irq_stack
	jmp	stub_idle

/* As the kernel's own vectors do: on the interrupt stack unless we are there already, with the
 * old rsp at its top for the unwinder. Softirqs need the room. */
tick_on_irq_stack:
	pushq	%rbp
	movq	%rsp, %rbp
	movq	WORD_IRQ_STACK_IN_USE, %rax
	movq	WORD_IRQ_STACK, %rcx
	movq	%gs:(%rcx), %rcx
	testq	%rcx, %rcx
	jz	1f
	cmpb	$0, %gs:(%rax)
	jne	1f
	movb	$1, %gs:(%rax)
	movq	%rsp, (%rcx)
	movq	%rcx, %rsp
	call	tick
	movq	WORD_IRQ_STACK_IN_USE, %rax
	movb	$0, %gs:(%rax)
	movq	%rbp, %rsp
	popq	%rbp
	ret
1:	andq	$-16, %rsp
	call	tick
	movq	%rbp, %rsp
	popq	%rbp
	ret
tick:
	subq	$8, %rsp
	call	*WORD_IRQ_ENTER_RCU
	call	*WORD_TICK
	call	*WORD_IRQ_EXIT_RCU
	addq	$8, %rsp
	ret

/*
 * ret_from_fork(previous, regs, function, argument), the first of a new task: what the kernel's does
 * up to the moment when the task leaves for user mode.
 */
entry stub_ret_from_fork
	andq	$-16, %rsp
	movq	%rdx, %rbx
	movq	%rcx, %r12
	call	*WORD_SCHEDULE_TAIL
	testq	%rbx, %rbx
	jz	stub_user_mode
	movq	%r12, %rdi
	call	*%rbx
	jmp	stub_user_mode

/*
 * syscall_exit_to_user_mode(): a task leaves for user mode. What it does there is a program of ours:
 * init below, or the serve loop on the stack of the host. modprobe does not come back from the call.
 */
entry stub_user_mode
	andq	$-16, %rsp
	call	*WORD_ENTER_USER
	cmpl	$PROGRAM_INIT, %eax
	jne	stub_worker

	/* Process 1: keeps one worker alive, as an init would keep a shell. */
	subq	$16, %rsp
1:	leaq	stub_thread - stub_begin + STUB_BASE, %rdi
	xorl	%esi, %esi
	movl	$17, %edx	/* SIGCHLD */
	call	*WORD_USER_MODE_THREAD
	movl	%eax, %edi
	movq	%rsp, %rsi
	call	*WORD_KERNEL_WAIT
	jmp	1b

	/* A worker that the kernel killed never comes back to its frames on the host's stack; the
	 * next one starts over them. */
stub_worker:
	movq	%rsp, WORD_KERNEL_STACK
	movq	WORD_SERVE_STACK, %rsp
	call	*WORD_SERVE
	ud2

	/* What a new thread does before it leaves for user mode: nothing. */
stub_thread:
	xorl	%eax, %eax
	ret

/* long stub_call(function, const long args[6]): from the serve loop into the kernel, on the
 * worker's kernel stack. */
entry stub_call
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, WORD_HOST_STACK
	movq	WORD_KERNEL_STACK, %rsp
	movq	%rdi, %rax
	movq	%rsi, %r10
	movq	(%r10), %rdi
	movq	8(%r10), %rsi
	movq	16(%r10), %rdx
	movq	24(%r10), %rcx
	movq	32(%r10), %r8
	movq	40(%r10), %r9
	call	*%rax
	movq	WORD_HOST_STACK, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

	.globl stub_end
	.hidden stub_end
stub_end:
	.section .note.GNU-stack, "", @progbits
