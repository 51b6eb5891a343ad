/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The decoders of packed files, each made at its first use and then used again: their tables and
 * windows take longer to set up than a small module to unpack. One thread at a time. For the files
 * of src/ko only.
 */
#ifndef LKM_KO_UNPACKER_H
#define LKM_KO_UNPACKER_H

#include <lzma.h>

#include "base/buf.h"
#include "base/err.h"

struct ko_unpacker {
	struct libdeflate_decompressor *gzip;
	lzma_stream xz;
	struct ZSTD_DCtx_s *zstd;
};
#define KO_UNPACKER_NONE ((struct ko_unpacker){NULL, LZMA_STREAM_INIT, NULL})

void ko_unpacker_free(struct ko_unpacker *unpacker); /* serves as DEFER destructor */

/* As ko_container_unpack(). */
int ko_unpacker_run(struct ko_unpacker *unpacker, struct span file, const char *name, size_t limit,
		    struct buf *out, struct err *err);

#endif
