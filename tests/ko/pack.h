/* SPDX-License-Identifier: GPL-2.0-only */
/* Packs bytes for tests, one stream behind what out holds. */
#ifndef LKM_TESTS_KO_PACK_H
#define LKM_TESTS_KO_PACK_H

#include "base/buf.h"

void pack_gzip(struct span in, struct buf *out);
void pack_xz(struct span in, struct buf *out);
void pack_zstd(struct span in, struct buf *out);

#endif
