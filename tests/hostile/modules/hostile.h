/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attacks on the program that a kernel runs in: they know that there is one, where its addresses
 * are kept, and how it talks to its supervisor. Elsewhere all of this is an oops.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <linux/printk.h>
#include <linux/string.h>
#include <linux/types.h>

/* What the program's headers say (layout.h, stub.h). */
enum {
	WINDOW = 0x06000000,
	WINDOW_SIZE = 0x07f00000,
	STUB = 0x0e000000,
	STUB_SIZE = 0x00100000,
	STUB_WORDS = 0x0e00c000,
	STUB_SLOTS = 0x0e00e000,
	WORD_SERVE_STACK = 4,
};

struct act {
	const char *name;
	void (*perform)(void);
};

/* Each ends with an empty one. */
extern const struct act memory_acts[], call_acts[], processor_acts[], talk_acts[];

/* The host's system calls, by the processor's instruction. */
static inline long call6(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	long result;

	asm volatile("syscall"
		     : "=a"(result)
		     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return result;
}

static inline long call(long number, long a, long b, long c)
{
	return call6(number, a, b, c, 0, 0, 0);
}

static inline void report(const char *name, long result)
{
	pr_info("%s %ld\n", name, result);
}

/* In the stack of the program. */
static inline unsigned long host_stack(void)
{
	return ((unsigned long *)STUB_WORDS)[WORD_SERVE_STACK];
}

/* In its text. */
static inline unsigned long host_text(void)
{
	unsigned long *slot = (unsigned long *)STUB_SLOTS;

	while (*slot < 0x500000000000)
		slot++;
	return *slot;
}

/* The one socket; -1 when there is none. */
int find_socket(void);

#endif
