// SPDX-License-Identifier: GPL-2.0-only
/* The memory around the kernel: the program's text, stack and data, and what it shares with us. */
#include <asm/asm.h>
#include <linux/delay.h>
#include <linux/sched.h>

#include "hostile.h"

/* A return address into the C library, or what looks like one. */
static unsigned long host_library(void)
{
	unsigned long *word = (unsigned long *)host_stack();

	while (*word < 0x700000000000 ||
	       (*word > host_stack() - (1 << 23) && *word < host_stack() + (1 << 23)))
		word++;
	return *word;
}

static void write_host_text(void)
{
	memset((void *)host_text(), 0xcc, 64);
}

static void write_host_stack(void)
{
	memset((void *)(host_stack() - 65536), 0xcc, 65536 + 1024);
}

/* A fault is passed over. */
static void try_to_write(char *to)
{
	asm volatile("1: movb $0xcc, (%0)\n2:\n" _ASM_EXTABLE(1b, 2b) : : "r"(to) : "memory");
}

/* All of it that can be written: data, tables of functions. */
static void write_around(unsigned long text)
{
	for (unsigned long at = (text & ~4095ul) - (4 << 20); at < text + (4 << 20); at += 8)
		try_to_write((char *)at);
}

static void write_host_data(void)
{
	write_around(host_text());
}

static void write_library_data(void)
{
	write_around(host_library());
}

static void write_stub_words(void)
{
	memset((void *)STUB_WORDS, 0xcc, 4096);
}

static void write_slots(void)
{
	memset((void *)STUB_SLOTS, 0xcc, 4096);
	msleep(10);
}

static void jump_into_library(void)
{
	((void (*)(void))(host_library() & ~0xffful))();
}

static void unmap_all(void)
{
	report("all", call(11, 0, 0x7fffffff0000, 0));
	report("libraries", call(11, 0x7f0000000000, 0xff0000000, 0));
	report("protect", call(10, host_text() & ~4095ul, 4096, 7));
	report("over", call6(9, host_text() & ~4095ul, 4096, 7, 0x32, -1, 0));
	report("shared", call6(9, 0x310000000000, 4096, 3, 0x31, -1, 0));
}

static void unmap_kernel(void)
{
	call(11, 0x10000000, 0x20000000, 0);
}

static void unmap_stub(void)
{
	call(11, STUB, STUB_SIZE, 0);
}

/* Where the supervisor's questions are put. */
static void unmap_window(void)
{
	call(11, WINDOW, WINDOW_SIZE, 0);
}

/* Text of the kernel that is executed all the time. */
static void rewrite_kernel(void)
{
	unsigned long text = (unsigned long)schedule & ~4095ul;

	if (call(10, text, 8192, 7) == 0)
		memset((void *)schedule, 0xcc, 64);
	msleep(10);
}

/* A pointer that is NULL would not be noticed any more. */
static void map_null(void)
{
	report("null", call6(9, 0, 4096, 3, 0x32, -1, 0));
}

const struct act memory_acts[] = {
	{"write-text", write_host_text},
	{"write-stack", write_host_stack},
	{"write-data", write_host_data},
	{"write-library", write_library_data},
	{"write-words", write_stub_words},
	{"write-slots", write_slots},
	{"library", jump_into_library},
	{"unmap", unmap_all},
	{"unmap-kernel", unmap_kernel},
	{"unmap-stub", unmap_stub},
	{"unmap-window", unmap_window},
	{"rewrite-kernel", rewrite_kernel},
	{"map-null", map_null},
	{},
};
