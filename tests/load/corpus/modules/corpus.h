/* SPDX-License-Identifier: GPL-2.0-only */
/* What the modules of the corpus export to one another. */
int cbase_plain(int x);
int cbase_gpl(int x);
int cbase_spaced(int x);
long cbase_user(int __user *to, int value);
int cplain_value(void);
