/* SPDX-License-Identifier: GPL-2.0-only */
/* What depmod would write, for a program. */
#ifndef LKM_CLI_DEPMOD_H
#define LKM_CLI_DEPMOD_H

#include "db/build.h"

/* depmod -n --json: prints {"version": 1, "release", "modules": [...]}, a module as in struct
 * db_build_module. */
int depmod_print_json(struct db_build *build, const char *release, struct err *err);

#endif
