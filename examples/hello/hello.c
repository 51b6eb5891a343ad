// SPDX-License-Identifier: GPL-2.0-only
/*
 * hello - the smallest module that says something.
 *
 * A module is two functions. The first is called when the module is loaded; what it returns
 * decides whether the module stays. The second is called before the module goes away.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/utsname.h>

/* __init: the kernel throws this code away as soon as it has run. */
static int __init hello_init(void)
{
	pr_info("hello, this is Linux %s\n", init_utsname()->release);
	return 0;
}

/* __exit: not even kept where a module can never be unloaded. */
static void __exit hello_exit(void)
{
	pr_info("goodbye\n");
}

module_init(hello_init);
module_exit(hello_exit);

/* Without a licence that the kernel takes for a free one the module taints it. */
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Says hello when it comes and goodbye when it goes");
