// SPDX-License-Identifier: GPL-2.0-only
/*
 * failinit - an init function that fails, and leaves nothing behind.
 *
 * Whatever init returns is what insmod's user gets to see. By default this one asks for more
 * memory than there is and returns -ENOMEM; with "size=4096" it succeeds.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

static unsigned long size = 1UL << 40;
module_param(size, ulong, 0444);
MODULE_PARM_DESC(size, "bytes of the second buffer");

static void *first, *second;

/* Each step that fails undoes those before it, in reverse order: exit will not be called. */
static int __init failinit_init(void)
{
	first = kmalloc(64, GFP_KERNEL);
	if (!first)
		return -ENOMEM;
	pr_info("first step done\n");

	/* __GFP_NOWARN: we cope with the failure, the log need not cry for help. */
	second = kmalloc(size, GFP_KERNEL | __GFP_NOWARN);
	if (!second)
		goto undo_first;
	pr_info("second step done\n");
	return 0;

undo_first:
	pr_err("no memory for %lu bytes, undoing the first step\n", size);
	kfree(first);
	return -ENOMEM;
}

static void __exit failinit_exit(void)
{
	kfree(second);
	kfree(first);
}

module_init(failinit_init);
module_exit(failinit_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("An init function that fails with -ENOMEM");
