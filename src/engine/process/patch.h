/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes inside functions, where a hook would take away too much. */
#ifndef LKM_ENGINE_PROCESS_PATCH_H
#define LKM_ENGINE_PROCESS_PATCH_H

#include <stdbool.h>

#include "base/err.h"

struct image;

/* Each patch must hit as often as it has to; -ENOTSUP names the one that did not. */
int patch_install(const struct image *image, struct err *err);

/* True when function calls callee directly. Works on the relocated image. */
bool patch_calls(const struct image *image, const char *function, const char *callee);

#endif
