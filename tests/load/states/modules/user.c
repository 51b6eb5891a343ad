// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

int slow_value(void);

static int __init user_init(void)
{
	return slow_value() - 1;
}

static void __exit user_exit(void)
{
}

module_init(user_init);
module_exit(user_exit);
MODULE_DESCRIPTION("uses what takes its time");
MODULE_LICENSE("GPL");
