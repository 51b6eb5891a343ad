// SPDX-License-Identifier: GPL-2.0-only
/* What a program may set of its processor without asking anybody. */
#include "hostile.h"

static void lose_thread_pointer(void)
{
	asm volatile("xor %%eax, %%eax; mov %%eax, %%fs; mov %%eax, %%gs" : : : "eax");
	*(volatile char *)8;
}

static void lose_fs_base(void)
{
	asm volatile("wrfsbase %0" : : "r"(0x1000ul));
}

static void lose_gs_base(void)
{
	asm volatile("wrgsbase %0" : : "r"(0x1000ul));
}

/* Code of 32 bits, where the calls have other numbers. */
static void enter_32_bits(void)
{
	asm volatile("pushq $0x23; lea 1f(%%rip), %%rax; push %%rax; lretq\n"
		     ".code32\n"
		     "1: mov $20, %%eax; int $0x80; ud2\n"
		     ".code64"
		     :
		     :
		     : "rax", "memory");
}

static void fault_in_32_bits(void)
{
	asm volatile("pushq $0x23; lea 1f(%%rip), %%rax; push %%rax; lretq\n"
		     ".code32\n"
		     "1: ud2\n"
		     ".code64"
		     :
		     :
		     : "rax", "memory");
}

static void set_flags(unsigned long flags)
{
	asm volatile("pushf; or %0, (%%rsp); popf" : : "r"(flags) : "memory", "cc");
}

static void run_backwards(void)
{
	set_flags(0x400);
}

static void check_alignment(void)
{
	set_flags(0x40000);
}

static void single_step(void)
{
	set_flags(0x100);
	for (volatile int i = 0; i < 1000; i++)
		;
}

static void unmask_floats(void)
{
	unsigned int control = 0;

	asm volatile("ldmxcsr %0" : : "m"(control));
}

static void push_onto(unsigned long stack)
{
	asm volatile("mov %0, %%rsp; push %%rax; ud2" : : "r"(stack) : "memory");
}

static void pivot_to_nothing(void)
{
	push_onto(0x1000);
}

static void pivot_to_host(void)
{
	push_onto(host_stack() - 4096);
}

static void pivot_to_text(void)
{
	push_onto(host_text());
}

static void halt(void)
{
	asm volatile("cli");
	for (;;)
		asm volatile("hlt");
}

static void measure_time(void)
{
	for (;;)
		asm volatile("rdtsc" : : : "eax", "edx");
}

const struct act processor_acts[] = {
	{"thread-pointer", lose_thread_pointer},
	{"fs-base", lose_fs_base},
	{"gs-base", lose_gs_base},
	{"32-bits", enter_32_bits},
	{"32-bits-fault", fault_in_32_bits},
	{"backwards", run_backwards},
	{"alignment", check_alignment},
	{"single-step", single_step},
	{"floats", unmask_floats},
	{"pivot-nothing", pivot_to_nothing},
	{"pivot-host", pivot_to_host},
	{"pivot-text", pivot_to_text},
	{"halt", halt},
	{"time", measure_time},
	{},
};
