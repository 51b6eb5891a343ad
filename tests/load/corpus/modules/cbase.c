// SPDX-License-Identifier: GPL-2.0-only
/* What most cases are made from: a bit of everything that the loader looks at. */
#include <linux/bug.h>
#include <linux/jump_label.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "corpus.h"

static int number = 7;
module_param(number, int, 0644);

static DEFINE_PER_CPU(int, counter);
static DEFINE_STATIC_KEY_FALSE(unlikely_key);
static int limit __ro_after_init = 3;
static char table[64] = "writable data";
static void *memory;

int cbase_plain(int x)
{
	this_cpu_inc(counter);
	return x + number;
}
EXPORT_SYMBOL(cbase_plain);

int cbase_gpl(int x)
{
	return x - limit;
}
EXPORT_SYMBOL_GPL(cbase_gpl);

int cbase_spaced(int x)
{
	pr_debug("spaced %d\n", x);
	return static_branch_unlikely(&unlikely_key) ? x : 2 * x;
}
EXPORT_SYMBOL_NS_GPL(cbase_spaced, NAMESPACE);

long cbase_user(int __user *to, int value)
{
	BUG_ON(value < 0);
	return put_user(value, to);
}
EXPORT_SYMBOL_GPL(cbase_user);

static int __init cbase_init(void)
{
	limit = number;
	memory = kmalloc(100, GFP_KERNEL);
	pr_info("cbase: %s, %d\n", table, kernel_kobj != NULL);
	return 0;
}
module_init(cbase_init);

static void __exit cbase_exit(void)
{
	kfree(memory);
}
module_exit(cbase_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION("1.2");
