/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packing a module, as the kernel's own "make modules_install" does: what a kernel that unpacks
 * modules itself can read. That is a CRC-32 for xz and a window of 1 MiB; no name and no time in
 * gzip.
 */
#include <libdeflate.h>
#include <lzma.h>
#include <zstd.h>

#include "ko/object.h"

enum { GZIP_LEVEL = 6, XZ_PRESET = 6, XZ_WINDOW = 1 << 20, ZSTD_LEVEL = 3 };

static bool pack_gzip(struct span in, struct buf *out)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(GZIP_LEVEL);
	size_t bound = libdeflate_gzip_compress_bound(compressor, in.n), used = 0;

	if (compressor && buf_reserve(out, bound))
		used = libdeflate_gzip_compress(compressor, in.p, in.n, out->p + out->n, bound);
	libdeflate_free_compressor(compressor);
	out->n += used;
	return used > 0;
}

static bool pack_xz(struct span in, struct buf *out)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
	size_t bound = lzma_stream_buffer_bound(in.n), used = 0;

	if (lzma_lzma_preset(&options, XZ_PRESET))
		return false;
	options.dict_size = XZ_WINDOW;
	if (bound == 0 || !buf_reserve(out, bound) ||
	    lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, in.p, in.n,
				      (unsigned char *)out->p + out->n, &used, bound) != LZMA_OK)
		return false;
	out->n += used;
	return true;
}

static bool pack_zstd(struct span in, struct buf *out)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(in.n), used;

	if (!context || !buf_reserve(out, bound)) {
		ZSTD_freeCCtx(context);
		return false;
	}
	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	used = ZSTD_compress2(context, out->p + out->n, bound, in.p, in.n);
	ZSTD_freeCCtx(context);
	if (ZSTD_isError(used))
		return false;
	out->n += used;
	return true;
}

static bool pack_plain(struct span in, struct buf *out)
{
	buf_add(out, in.p, in.n);
	return !buf_failed(out);
}

int ko_container_pack(enum ko_container container, struct span bytes, struct buf *out,
		      struct err *err)
{
	static bool (*const pack[])(struct span in, struct buf * out) = {
		[KO_PLAIN] = pack_plain,
		[KO_GZIP] = pack_gzip,
		[KO_XZ] = pack_xz,
		[KO_ZSTD] = pack_zstd,
	};

	return pack[container](bytes, out) ? 0 : err_no_memory(err);
}
