/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument. */
#include "seeds.h"

/* The files of each in one, as the target takes them. */
static const struct span seeds[] = {
	SPAN_LITERAL(
		"6.1.0-1-sample\n\0"
		"ffffffff81000000 T _printk\nffffffff82000000 r __ksymtab__printk\n"
		"ffffffff82000010 r __ksymtab_secret\nffffffff82000008 R __start___ksymtab_gpl\n"
		"ffffffffc0000000 t init\t[mine]\n\0"
		"CONFIG_MODULES=y\nCONFIG_SMP=y\n# CONFIG_KUNIT is not set\n"),
	SPAN_LITERAL("6.1\n\0"
		     "0000000000000000 T _printk\n0000000000000000 r __ksymtab__printk\n\0"
		     "CONFIG_MODULES=y\nCONFIG_LOCALVERSION=\"text\"\n"),
	SPAN_LITERAL("\0short\nzz T none\n1 T\n\0CONFIG_"),
};

int main(int argc, char **argv)
{
	return seeds_main(argc, argv, seeds, sizeof(seeds) / sizeof(seeds[0]));
}
