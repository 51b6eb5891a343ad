// SPDX-License-Identifier: GPL-2.0-only
/* Ends its log in the middle of a line. */
#include <linux/init.h>
#include <linux/module.h>

static int __init unended_init(void)
{
	pr_info("unended: whole\n");
	pr_info("unended: half");
	return 0;
}
module_init(unended_init);

static void __exit unended_exit(void)
{
}
module_exit(unended_exit);

MODULE_DESCRIPTION("Ends its log in the middle of a line");
MODULE_LICENSE("GPL");
