// SPDX-License-Identifier: GPL-2.0-only
/* Asks for modules, in each way in which a kernel can. */
#include <linux/delay.h>
#include <linux/kmod.h>
#include <linux/kthread.h>
#include <linux/module.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("asks for modules");

static char *name = "";
module_param(name, charp, 0);
static bool nowait;
module_param(nowait, bool, 0);
static int threads;
module_param(threads, int, 0);

static int ask(void *data)
{
	pr_info("asked: %d\n", request_module("%s", name));
	return 0;
}

static int __init asker_init(void)
{
	if (nowait)
		pr_info("asked without waiting: %d\n", request_module_nowait("%s", name));
	for (int i = 0; i < threads; i++)
		kthread_run(ask, NULL, "asker/%d", i);
	if (!nowait && !threads)
		ask(NULL);
	if (threads)
		msleep(1000);
	return 0;
}
module_init(asker_init);

static void __exit asker_exit(void)
{
}
module_exit(asker_exit);
