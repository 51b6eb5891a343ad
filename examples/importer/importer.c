// SPDX-License-Identifier: GPL-2.0-only
/*
 * importer - a module that calls a function of another one, exporter.
 *
 * The kernel resolves exporter_visit() when it loads this module; without exporter there is no
 * such symbol, and the load fails. importer_proprietary.c builds the same code under a licence
 * that the symbol is not meant for.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "exporter.h"

#ifndef IMPORTER_LICENSE
#define IMPORTER_LICENSE "GPL"
#endif

static int __init importer_init(void)
{
	pr_info("my number is %d\n", exporter_visit(KBUILD_MODNAME));
	return 0;
}

static void __exit importer_exit(void)
{
	pr_info("leaving\n");
}

module_init(importer_init);
module_exit(importer_exit);

MODULE_LICENSE(IMPORTER_LICENSE);
MODULE_DESCRIPTION("A module that uses a function of another module");
