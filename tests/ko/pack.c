/* SPDX-License-Identifier: GPL-2.0-only */
#include "pack.h"

#include <assert.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

void pack_gzip(struct span in, struct buf *out)
{
	z_stream z = {0};
	int code = deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, 0);
	bool room = code == Z_OK && buf_reserve(out, deflateBound(&z, in.n));

	assert(room);
	z.next_in = (unsigned char *)in.p;
	z.avail_in = (unsigned int)in.n;
	z.next_out = (unsigned char *)out->p + out->n;
	z.avail_out = (unsigned int)(out->size - out->n);
	code = deflate(&z, Z_FINISH);
	assert(code == Z_STREAM_END);
	out->n += z.total_out;
	deflateEnd(&z);
}

void pack_xz(struct span in, struct buf *out)
{
	size_t size = lzma_stream_buffer_bound(in.n), used = 0;
	lzma_ret code = LZMA_MEM_ERROR;

	if (buf_reserve(out, size))
		code = lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, in.p, in.n,
					       (unsigned char *)out->p + out->n, &used, size);
	assert(code == LZMA_OK);
	out->n += used;
}

/* With a checksum, as the zstd program does it; ZSTD_compress() leaves it out. */
void pack_zstd(struct span in, struct buf *out)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t size = ZSTD_compressBound(in.n);
	bool room = context && buf_reserve(out, size);

	assert(room);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	out->n += ZSTD_compress2(context, out->p + out->n, size, in.p, in.n);
	ZSTD_freeCCtx(context);
}
