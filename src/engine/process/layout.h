/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things are in the process that holds a kernel. Included by C and assembly.
 *
 *	0x00000000  USER   223 MiB  what the kernel takes for user addresses (user.h)
 *	0x06000000    WINDOW        of them: our own memory, to be handed to system calls (window.h)
 *	0x0e000000  STUB     1 MiB  code that runs in the kernel's world, thunks, shared words
 *	0x10000000  RAM    512 MiB  the kernel's memory; physical address == virtual address
 *	0x11000000    IMAGE         the kernel itself, inside RAM
 *	0x58000000  MODULES 512 MiB module text and data (the kernel's vmalloc, confined here)
 *	0x200000000000 VMEMMAP      struct page of all RAM
 *	0x300000000000 VMALLOC 32 TiB  window of vmalloc; per-CPU chunks come from its top
 *
 * Kernel code refers to itself by 32-bit sign-extended addresses, so everything it names must lie
 * below 2 GiB. Our own program and its libraries are position independent and live far above
 * (0x5500... and 0x7f...), outside of all of these.
 */
#ifndef LKM_ENGINE_PROCESS_LAYOUT_H
#define LKM_ENGINE_PROCESS_LAYOUT_H

/* What is above USER_END faults up to the stub area: a kernel may put a pointer that is no user's
 * there. */
#define WINDOW_BASE 0x06000000
#define WINDOW_END 0x0df00000
#define USER_END WINDOW_END

#define STUB_BASE 0x0e000000
#define STUB_SIZE 0x00100000

#define RAM_BASE 0x10000000
#define RAM_SIZE 0x20000000
#define RAM_END (RAM_BASE + RAM_SIZE)
#define IMAGE_BASE 0x11000000

#define MODULES_BASE 0x58000000
#define MODULES_END 0x78000000

#define VMEMMAP_BASE 0x200000000000
#define VMALLOC_BASE 0x300000000000
#define VMALLOC_SIZE 0x200000000000
#define VMALLOC_END (VMALLOC_BASE + VMALLOC_SIZE)

/* Our own program and libraries are at or above this address. */
#define HOST_BASE 0x500000000000

/* The link address of an x86-64 kernel, and the physical one that belongs to it. */
#define LINK_BASE 0xffffffff81000000
#define LINK_PHYSICAL 0x1000000

#define PAGE_SHIFT 12
#define PAGE_BYTES 4096

/*
 * Inside the stub area: the code of stub.S and one thunk for each hook, neither of which changes;
 * then words that it and C share, and one slot for each hook. A thunk is "jmp *slot": the kernel's
 * text refers to thunks, which never move, and the slots are filled anew in each process, because
 * our own code does move.
 */
#define STUB_THUNKS (STUB_BASE + 0x4000)
#define STUB_TEXT_END (STUB_BASE + 0xc000)
#define STUB_WORDS (STUB_BASE + 0xc000)
#define STUB_SLOTS (STUB_BASE + 0xe000)
#define STUB_FPU_AREAS (STUB_BASE + 0x10000)	   /* 0x4000 bytes each */
#define STUB_EMERGENCY_STACK (STUB_BASE + 0x60000) /* top; 128 KiB below it */

/* Offsets of struct stub_words (stub.h) for stub.S. */
#define WORD(n) (STUB_WORDS + 8 * (n))
#define WORD_INTERRUPT_FLAG WORD(0)
#define WORD_FAULT_ADDRESS WORD(1)
#define WORD_KERNEL_STACK WORD(2)
#define WORD_HOST_STACK WORD(3)
#define WORD_SERVE_STACK WORD(4)
#define WORD_FPU_DEPTH WORD(5)
#define WORD_FPU_MASK WORD(6)
#define WORD_IN_KERNEL_FPU WORD(7)
#define WORD_IRQ_STACK WORD(8)
#define WORD_IRQ_STACK_IN_USE WORD(9)
#define WORD_IRQENTRY_ENTER WORD(16)
#define WORD_IRQENTRY_EXIT WORD(17)
#define WORD_IRQ_ENTER_RCU WORD(18)
#define WORD_IRQ_EXIT_RCU WORD(19)
#define WORD_SCHEDULE_IDLE WORD(20)
#define WORD_USER_MODE_THREAD WORD(21)
#define WORD_KERNEL_WAIT WORD(22)
#define WORD_SCHEDULE_TAIL WORD(23)
#define WORD_TICK WORD(24)
#define WORD_SERVE WORD(25)
#define WORD_ENTER_USER WORD(26)

/* What program_enter() answers. */
#define PROGRAM_INIT 1
#define PROGRAM_WORKER 2

#define EFLAGS_IF 0x200
#define EFLAGS_AC 0x40000

/* struct pt_regs, as the kernel and stub.S lay it out: 21 words. */
#define PT_REGS_SIZE 168

/* Selectors: what the kernel shall see in pt_regs, and what this process really has. */
#define KERNEL_CS 0x10
#define KERNEL_SS 0x18
#define HOST_CS 0x33
#define HOST_SS 0x2b

#endif
