/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes inside functions, where a hook would take away too much. */
#ifndef LKM_ENGINE_PROCESS_PATCH_H
#define LKM_ENGINE_PROCESS_PATCH_H

#include <stdbool.h>

struct image;

/* Makes all changes, and tells of each (part.h): one that hits nowhere may be a part that is
 * missing. The image's variables must be resolved (guest.h). */
void patch_install(const struct image *image);

/* True when function calls callee directly. Works on the relocated image. */
bool patch_calls(const struct image *image, const char *function, const char *callee);

#endif
