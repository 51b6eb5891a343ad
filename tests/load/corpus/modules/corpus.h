/* SPDX-License-Identifier: GPL-2.0-only */
/* What the modules of the corpus export to one another. */
#include <linux/version.h>

/* The name of a namespace is a string from 6.13 on. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define NAMESPACE CORPUS
#else
#define NAMESPACE "CORPUS"
#endif

int cbase_plain(int x);
int cbase_gpl(int x);
int cbase_spaced(int x);
long cbase_user(int __user *to, int value);
int cplain_value(void);
