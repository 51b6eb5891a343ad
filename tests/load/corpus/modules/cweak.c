// SPDX-License-Identifier: GPL-2.0-only
/* Weak references: one that nothing exports, and one to a symbol of cbase in a namespace. */
#include <linux/module.h>

#include "corpus.h"

int no_such_symbol(void) __attribute__((weak));
int cbase_spaced(int x) __attribute__((weak));

static int __init cweak_init(void)
{
	pr_info("cweak: %d %d\n", no_such_symbol != NULL, cbase_spaced != NULL);
	return 0;
}
module_init(cweak_init);

static void __exit cweak_exit(void)
{
}
module_exit(cweak_exit);

MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(NAMESPACE);
