// SPDX-License-Identifier: GPL-2.0-only
/* Uses a symbol of cplain and one that is for GPL modules only. */
#include <linux/kobject.h>
#include <linux/module.h>

#include "corpus.h"

static int __init cheir_init(void)
{
	return cplain_value() != 42 || !kernel_kobj;
}
module_init(cheir_init);

static void __exit cheir_exit(void)
{
}
module_exit(cheir_exit);

MODULE_LICENSE("GPL");
