// SPDX-License-Identifier: GPL-2.0-only
/* Does, in its init, the harm that its parameter names. */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/objtool.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("does harm");

static char *what = "nothing";
module_param(what, charp, 0);

static ulong address;
module_param(address, ulong, 0);

static volatile int sink;

static noinline int wild_recurse(int depth)
{
	volatile char frame[200];

	frame[depth % 200] = (char)depth;
	return depth < 0 ? 0 : wild_recurse(depth + 1) + frame[depth % 200];
}

static void recurse(void)
{
	sink = wild_recurse(0);
}

static noinline void wild_spin(void)
{
	for (;;)
		sink++;
}

static void spin_without_interrupts(void)
{
	local_irq_disable();
	wild_spin();
}

static void spin_and_log(void)
{
	for (;;)
		pr_info("still here\n");
}

static void wait_for_ever(void)
{
	DECLARE_COMPLETION_ONSTACK(never);

	wait_for_completion(&never);
}

static void jump(void)
{
	((void (*)(void))address)();
}

static void read_below_stack(void)
{
	sink = *((volatile char *)task_stack_page(current) - 1);
}

static void read_address(void)
{
	sink = *(volatile char *)address;
}

static void write_address(void)
{
	memset((void *)address, 0xcc, 0x10000);
}

static const char constant[4096] __aligned(4096) = "constant";

/* The compiler must not know what it writes to. */
static noinline void write_byte(const void *to)
{
	*(volatile char *)to = 1;
}

static void write_constant(void)
{
	write_byte(constant);
}

static void write_own_text(void)
{
	write_byte(write_constant);
}

static void write_kernel_constant(void)
{
	write_byte(&simple_dir_operations);
}

static void write_kernel_text(void)
{
	write_byte(printk_timed_ratelimit);
}

static char data[4096] __aligned(4096) = {0xc3};

static void execute_data(void)
{
	((void (*)(void))data)();
}

static void execute_slab(void)
{
	char *block = kmalloc(64, GFP_KERNEL);

	*block = 0xc3;
	((void (*)(void))block)();
}

static void execute_vmalloc(void)
{
	char *page = vmalloc(4096);

	*page = 0xc3;
	((void (*)(void))page)();
}

static void leak(void)
{
	sink = kmalloc(100, GFP_KERNEL) != NULL;
}

/* The task that runs when no other does. */
static void overwrite_task(void)
{
	memset(&init_task, 0xcc, sizeof(init_task));
	msleep(50);
}

static void take_kmalloc(void)
{
	while (kmalloc(1 << 16, GFP_KERNEL))
		;
	pr_info("no more memory\n");
}

static void take_vmalloc(void)
{
	while (vmalloc(1 << 20))
		;
	pr_info("no more memory\n");
}

static void take_small(void)
{
	while (vmalloc(4096))
		;
	pr_info("no more memory\n");
}

static void be_privileged(void)
{
	unsigned long value;
	char table[16] = {0};

	asm volatile("cli; sti");
	asm volatile("mov %%cr0, %0; mov %0, %%cr0" : "=r"(value));
	pr_info("cr0 %d\n", (int)(value & 1));
	asm volatile("mov %%cr4, %%r12; mov %%r12, %0" : "=r"(value) : : "r12");
	pr_info("cr4 %d\n", (int)(value >> 5 & 1));
	asm volatile("lgdt %0; lidt %0" : : "m"(table));
	asm volatile("invlpg %0; wbinvd; clts" : : "m"(table));
	asm volatile("outb %%al, $0x80; inb $0x80, %%al" : : : "eax");
	pr_info("privileged\n");
}

static void smash_stack(void)
{
	char buffer[8];

	/* Hidden from the compiler, which would see it. */
	memset((char *)((unsigned long)buffer | sink), 0x41, 64 + sink);
}

static void lose_stack(void)
{
	asm volatile("mov %0, %%rsp; push %%rax" : : "r"(address));
}
STACK_FRAME_NON_STANDARD(lose_stack);

static void trap(void)
{
	asm volatile("int3");
	pr_info("after int3\n");
}

static void divide(void)
{
	sink = 1000 / sink;
}

static void bug(void)
{
	BUG();
}

static void warn(void)
{
	WARN(1, "a warning of %s", KBUILD_MODNAME);
	pr_info("after the warning\n");
}

static void die(void)
{
	panic("enough");
}

static int other_thread(void *data)
{
	sink = *(volatile char *)8;
	return 0;
}

static void oops_elsewhere(void)
{
	kthread_run(other_thread, NULL, "wild-thread");
	msleep(50);
	pr_info("still here\n");
}

static void sleep_in_atomic(void)
{
	preempt_disable();
	msleep(10);
	preempt_enable();
}

static const struct {
	const char *name;
	void (*act)(void);
} acts[] = {
	{"recurse", recurse},
	{"spin", wild_spin},
	{"spin-irq", spin_without_interrupts},
	{"spin-log", spin_and_log},
	{"wait", wait_for_ever},
	{"jump", jump},
	{"read", read_address},
	{"below-stack", read_below_stack},
	{"write", write_address},
	{"constant", write_constant},
	{"own-text", write_own_text},
	{"kernel-constant", write_kernel_constant},
	{"kernel-text", write_kernel_text},
	{"executes-data", execute_data},
	{"executes-slab", execute_slab},
	{"executes-vmalloc", execute_vmalloc},
	{"leak", leak},
	{"overwrite", overwrite_task},
	{"kmalloc", take_kmalloc},
	{"vmalloc", take_vmalloc},
	{"small", take_small},
	{"privileged", be_privileged},
	{"smash", smash_stack},
	{"rsp", lose_stack},
	{"int3", trap},
	{"divide", divide},
	{"bug", bug},
	{"warn", warn},
	{"panic", die},
	{"thread", oops_elsewhere},
	{"atomic", sleep_in_atomic},
};

static int __init wild_init(void)
{
	for (int i = 0; i < ARRAY_SIZE(acts); i++)
		if (!strcmp(acts[i].name, what))
			acts[i].act();
	return 0;
}
module_init(wild_init);

static void __exit wild_exit(void)
{
}
module_exit(wild_exit);
