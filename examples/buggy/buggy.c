// SPDX-License-Identifier: GPL-2.0-only
/*
 * buggy - one of eight mistakes, chosen by the parameter "bug", made when the module is loaded.
 *
 * To see what the kernel says to each, and what it does not notice. Some stop the machine: run it
 * where that does not matter.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static char *bug = "none";
module_param(bug, charp, 0444);
MODULE_PARM_DESC(bug, "none, null, bug, warn, overflow, uaf, leak, loop or atomic");

/* Compilers know these mistakes and warn, or make use of them. This hides what we are up to. */
#define hidden(pointer)                                                                            \
	({                                                                                         \
		OPTIMIZER_HIDE_VAR(pointer);                                                       \
		pointer;                                                                           \
	})

struct number {
	long unused;
	int value;
};

/* Writes to a member of a structure that is not there: address 8, not 0. */
static noinline void buggy_null(void)
{
	struct number *number = NULL;

	hidden(number)->value = 42;
}

/* "This cannot happen", said where it does. The process that ran into it is killed. */
static noinline void buggy_bug(void)
{
	BUG();
}

/* The kernel reports, with the same details, and goes on. */
static noinline void buggy_warn(void)
{
	WARN(true, "something is odd\n");
}

#define SIZE 128
#define COUNT 64

/* The one of our buffers that begins where another one ends; the slab has many side by side. */
static char *next_to(char *buffer, char **buffers)
{
	int i;

	for (i = 0; i < COUNT; i++)
		if (buffers[i] == buffer + SIZE)
			return buffers[i];
	return NULL;
}

/* Writes one byte too many, into the next buffer. */
static noinline void buggy_overflow(void)
{
	static char *buffers[COUNT];
	char *buffer = NULL, *next = NULL;
	int i;

	for (i = 0; i < COUNT; i++)
		buffers[i] = kzalloc(SIZE, GFP_KERNEL);
	/* None has such a neighbour when the slab's checks keep some room between them. */
	for (i = 0; i < COUNT && !next; i++) {
		buffer = buffers[i];
		next = next_to(buffer, buffers);
	}
	if (buffer)
		hidden(buffer)[SIZE] = '!';
	pr_info("the next buffer %s\n", next && *next ? "has changed" : "is as it was");
	for (i = 0; i < COUNT; i++)
		kfree(buffers[i]);
}

/* Writes to a buffer that is no longer ours. */
static noinline void buggy_uaf(void)
{
	char *buffer = kzalloc(SIZE, GFP_KERNEL);

	if (!buffer)
		return;
	kfree(buffer);
	hidden(buffer)[0] = '!';
	pr_info("wrote to a buffer after it was freed\n");
}

/* Forgets where the buffer is. */
static noinline void buggy_leak(void)
{
	char *buffer = kzalloc(SIZE, GFP_KERNEL);

	pr_info("forgetting a buffer of %d bytes\n", hidden(buffer) ? SIZE : 0);
}

static noinline void buggy_loop(void)
{
	for (;;)
		cpu_relax();
}

/* Sleeps while it holds a spinlock: whoever wants the lock spins until we are back. */
static noinline void buggy_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	msleep(10);
	spin_unlock(&lock);
}

static const struct {
	const char *name;
	void (*make)(void);
} bugs[] = {
	{"null", buggy_null},	      {"bug", buggy_bug},	{"warn", buggy_warn},
	{"overflow", buggy_overflow}, {"uaf", buggy_uaf},	{"leak", buggy_leak},
	{"loop", buggy_loop},	      {"atomic", buggy_atomic},
};

static int __init buggy_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (!strcmp(bug, bugs[i].name)) {
			pr_info("making this mistake: %s\n", bug);
			bugs[i].make();
			pr_info("still here\n");
			return 0;
		}
	}
	if (!strcmp(bug, "none"))
		return 0;
	pr_err("there is no bug \"%s\"; see modinfo\n", bug);
	return -EINVAL;
}

static void __exit buggy_exit(void)
{
	pr_info("unloaded\n");
}

module_init(buggy_init);
module_exit(buggy_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Makes a mistake on purpose");
