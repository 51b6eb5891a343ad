// SPDX-License-Identifier: GPL-2.0-only
/* An init, but no exit; its answer is the parameter's. */
#include <linux/module.h>

static int answer;
module_param(answer, int, 0);

static int __init cnoexit_init(void)
{
	return answer;
}
module_init(cnoexit_init);

MODULE_LICENSE("GPL");
