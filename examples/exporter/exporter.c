// SPDX-License-Identifier: GPL-2.0-only
/*
 * exporter - a module that other modules can call. See importer.
 *
 * EXPORT_SYMBOL_GPL: only for modules with a licence compatible to the GPL. The build writes
 * the name with a checksum of the function's type (CRC) into Module.symvers, where the build of
 * an importer finds it; the kernel compares the two at load.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/module.h>

#include "exporter.h"

static atomic_t visitors = ATOMIC_INIT(0);

int exporter_visit(const char *visitor)
{
	int count = atomic_inc_return(&visitors);

	pr_info("%s is visitor number %d\n", visitor, count);
	return count;
}
EXPORT_SYMBOL_GPL(exporter_visit);

static int __init exporter_init(void)
{
	pr_info("open for visitors\n");
	return 0;
}

/* Never called while a module that uses our symbol is loaded: the kernel counts them. */
static void __exit exporter_exit(void)
{
	pr_info("closed after %d visitors\n", atomic_read(&visitors));
}

module_init(exporter_init);
module_exit(exporter_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module that offers a function to other modules");
