// SPDX-License-Identifier: GPL-2.0-only
/* Sets probes on a function of its own and on one of the kernel's, calls both and counts; asks for
 * a function trace. */
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static int hits, returned, sleeps;

static int count_hit(struct kprobe *probe, struct pt_regs *regs)
{
	hits++;
	return 0;
}

static int count_sleep(struct kprobe *probe, struct pt_regs *regs)
{
	sleeps++;
	return 0;
}

static int keep_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	returned = regs_return_value(regs);
	return 0;
}

static void traced(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
		   struct ftrace_regs *regs)
{
}

int tracing_triple(int value);

noinline int tracing_triple(int value)
{
	barrier();
	return value * 3;
}

static struct kprobe probe = {.symbol_name = "tracing_triple", .pre_handler = count_hit};
static struct kprobe sleep_probe = {.symbol_name = "msleep", .pre_handler = count_sleep};
static struct kretprobe return_probe = {.kp.symbol_name = "tracing_triple", .handler = keep_return};
static struct ftrace_ops trace = {.func = traced};

/* While it sleeps, the kernel may put a jump in place of the breakpoint. */
static void try_kprobe(void)
{
	pr_info("kprobe: %d\n", register_kprobe(&probe));
	pr_info("sleep kprobe: %d\n", register_kprobe(&sleep_probe));
	pr_info("triple: %d\n", tracing_triple(4));
	msleep(1000);
	pr_info("triple later: %d\n", tracing_triple(5));
	unregister_kprobe(&sleep_probe);
	unregister_kprobe(&probe);
	msleep(1);
	pr_info("triple without: %d\n", tracing_triple(6));
	pr_info("hits: %d\n", hits);
	pr_info("sleeps: %d\n", sleeps);
}

static void try_kretprobe(void)
{
	pr_info("kretprobe: %d\n", register_kretprobe(&return_probe));
	pr_info("triple: %d\n", tracing_triple(7));
	unregister_kretprobe(&return_probe);
	pr_info("returned: %d\n", returned);
}

static int __init tracing_init(void)
{
	int ftrace = register_ftrace_function(&trace);

	pr_info("ftrace: %d\n", ftrace);
	if (ftrace == 0)
		unregister_ftrace_function(&trace);
	try_kprobe();
	try_kretprobe();
	return 0;
}
module_init(tracing_init);

static void __exit tracing_exit(void)
{
}
module_exit(tracing_exit);

MODULE_DESCRIPTION("Asks for kprobes and ftrace");
MODULE_LICENSE("GPL");
