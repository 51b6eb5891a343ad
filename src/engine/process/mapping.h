/* SPDX-License-Identifier: GPL-2.0-only */
/* A file in the worker's memory, as a program maps it. */
#ifndef LKM_ENGINE_PROCESS_MAPPING_H
#define LKM_ENGINE_PROCESS_MAPPING_H

#include <stddef.h>
#include <stdint.h>

/* Maps length bytes of fd from offset on, shared, writable when something is stored; closes fd.
 * Stores the bytes, then sends all that the mapping holds to the supervisor, and unmaps. Returns
 * length or a negative errno: -EFAULT when a page is not to be had (a program would get a SIGBUS).
 */
long mapping_use(int fd, uint64_t offset, uint64_t length, const void *stored,
		 size_t stored_length);

#endif
