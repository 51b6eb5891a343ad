/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fast 64-bit hash of bytes, for tables and for telling files apart. It is kept in files of the
 * cache, hence its value may only change together with their format versions. Not for
 * cryptography: whoever wants to can make two inputs collide.
 */
#ifndef LKM_BASE_HASH_H
#define LKM_BASE_HASH_H

#include "base/span.h"

uint64_t hash_bytes(struct span bytes);

/* One that is faster for names, of some ten bytes. */
uint64_t hash_short(struct span bytes);

#endif
