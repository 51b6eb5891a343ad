// SPDX-License-Identifier: GPL-2.0-only
/* Performs one attack in its init. */
#include <linux/module.h>

#include "hostile.h"

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("attacks what it runs in");

static char *what = "nothing";
module_param(what, charp, 0);

static int __init hostile_init(void)
{
	static const struct act *const lists[] = {memory_acts, call_acts, processor_acts,
						  talk_acts};

	for (int i = 0; i < ARRAY_SIZE(lists); i++)
		for (const struct act *act = lists[i]; act->name; act++)
			if (!strcmp(act->name, what))
				act->perform();
	return 0;
}
module_init(hostile_init);

static void __exit hostile_exit(void)
{
}
module_exit(hostile_exit);
