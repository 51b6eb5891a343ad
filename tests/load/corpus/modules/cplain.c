// SPDX-License-Identifier: GPL-2.0-only
/* Needs nothing that is for GPL modules only: its licence can be any. */
#include <linux/module.h>

#include "corpus.h"

int cplain_value(void)
{
	return 42;
}
EXPORT_SYMBOL(cplain_value);

static int __init cplain_init(void)
{
	return 0;
}
module_init(cplain_init);

static void __exit cplain_exit(void)
{
}
module_exit(cplain_exit);

MODULE_LICENSE("GPL");
