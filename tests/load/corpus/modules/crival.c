// SPDX-License-Identifier: GPL-2.0-only
/* Its export is renamed to cbase's: Kbuild would not have two of a name. */
#include <linux/module.h>

int crival_same(int x);

int crival_same(int x)
{
	return x;
}
EXPORT_SYMBOL(crival_same);

static int __init crival_init(void)
{
	return 0;
}
module_init(crival_init);

static void __exit crival_exit(void)
{
}
module_exit(crival_exit);

MODULE_LICENSE("GPL");
