// SPDX-License-Identifier: GPL-2.0-only
/* Takes its time to start and to go. */
#include <linux/delay.h>
#include <linux/module.h>

static unsigned int init_ms, exit_ms;
static int result;
module_param(init_ms, uint, 0);
module_param(exit_ms, uint, 0);
module_param(result, int, 0);

int slow_value(void)
{
	return 1;
}
EXPORT_SYMBOL(slow_value);

static int __init slow_init(void)
{
	msleep(init_ms);
	return result;
}

static void __exit slow_exit(void)
{
	msleep(exit_ms);
}

module_init(slow_init);
module_exit(slow_exit);
MODULE_DESCRIPTION("takes its time");
MODULE_LICENSE("GPL");
