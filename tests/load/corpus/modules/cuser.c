// SPDX-License-Identifier: GPL-2.0-only
/* Uses what cbase exports. */
#include <linux/module.h>

#include "corpus.h"

static int __init cuser_init(void)
{
	return cbase_plain(1) + cbase_gpl(1) + cbase_spaced(1) < 0;
}
module_init(cuser_init);

static void __exit cuser_exit(void)
{
}
module_exit(cuser_exit);

MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(NAMESPACE);
