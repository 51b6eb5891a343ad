/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LKM_CLI_COMPLETE_H
#define LKM_CLI_COMPLETE_H

/* The words of a command line behind "lkm"; the last is the one to complete. */
int cli_complete(int count, char *const *words);

#endif
