/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a module file is packed in. The packer is told by its first bytes; several packed streams
 * one after the other are joined, other bytes behind the last one are ignored.
 *
 * Nothing in a packed file decides how much memory is taken: output grows as it comes, up to a
 * limit, and the decoders' own windows are bounded.
 */
#include <errno.h>
#include <limits.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "ko/object.h"

enum {
	STEP = 256 * 1024,		/* output is asked for in pieces of this */
	WINDOW_MAX = 256 * 1024 * 1024, /* memory of the xz decoder: xz -9 needs 65 MiB */
};

/* Why a stream could not be unpacked. */
enum fault { FAULT_NONE, FAULT_MEMORY, FAULT_SHORT, FAULT_DAMAGED, FAULT_LARGE, FAULT_WINDOW };

struct job {
	struct span in; /* what is left of the input */
	struct buf *out;
	size_t limit; /* of out->n */
};

/* Makes room for more output. One byte over the limit is allowed, to see that it is exceeded. */
static enum fault make_room(struct job *job, size_t *room)
{
	size_t left;

	if (job->out->n > job->limit)
		return FAULT_LARGE;
	left = job->limit - job->out->n + 1;
	*room = left < STEP ? left : STEP;
	return buf_reserve(job->out, *room) ? FAULT_NONE : FAULT_MEMORY;
}

static void advance(struct job *job, size_t taken, size_t given)
{
	job->in = span_of(job->in.p + taken, job->in.n - taken);
	job->out->n += given;
	job->out->p[job->out->n] = 0;
}

static void *zlib_alloc(void *unused, unsigned int count, unsigned int size)
{
	return mem_array(count, size);
}

static void zlib_free(void *unused, void *block)
{
	mem_free(block);
}

static enum fault unpack_gzip(struct job *job)
{
	z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free};
	enum fault fault = FAULT_NONE;
	int got = inflateInit2(&z, MAX_WBITS + 16) == Z_OK ? Z_OK : Z_MEM_ERROR;

	while (got == Z_OK) {
		size_t room = 0, some = job->in.n < UINT_MAX ? job->in.n : UINT_MAX;

		fault = make_room(job, &room);
		if (fault != FAULT_NONE)
			break;
		z.next_in = (unsigned char *)job->in.p;
		z.avail_in = (unsigned int)some;
		z.next_out = (unsigned char *)job->out->p + job->out->n;
		z.avail_out = (unsigned int)room;
		got = inflate(&z, Z_NO_FLUSH);
		advance(job, some - z.avail_in, room - z.avail_out);
	}
	inflateEnd(&z);
	if (fault != FAULT_NONE || got == Z_STREAM_END)
		return fault;
	return got == Z_MEM_ERROR ? FAULT_MEMORY : got == Z_BUF_ERROR ? FAULT_SHORT : FAULT_DAMAGED;
}

static void *xz_alloc(void *unused, size_t count, size_t size)
{
	return mem_array(count, size);
}

static void xz_free(void *unused, void *block)
{
	mem_free(block);
}

static enum fault xz_fault(lzma_ret got)
{
	switch (got) {
	case LZMA_STREAM_END:
		return FAULT_NONE;
	case LZMA_MEM_ERROR:
		return FAULT_MEMORY;
	case LZMA_MEMLIMIT_ERROR:
		return FAULT_WINDOW;
	case LZMA_BUF_ERROR:
		return FAULT_SHORT;
	default:
		return FAULT_DAMAGED;
	}
}

static enum fault unpack_xz(struct job *job)
{
	lzma_allocator allocator = {xz_alloc, xz_free, NULL};
	lzma_stream xz = LZMA_STREAM_INIT;
	enum fault fault = FAULT_NONE;
	lzma_ret got;

	xz.allocator = &allocator;
	got = lzma_stream_decoder(&xz, WINDOW_MAX, 0);
	while (got == LZMA_OK) {
		size_t room = 0;

		fault = make_room(job, &room);
		if (fault != FAULT_NONE)
			break;
		xz.next_in = job->in.p;
		xz.avail_in = job->in.n;
		xz.next_out = (unsigned char *)job->out->p + job->out->n;
		xz.avail_out = room;
		got = lzma_code(&xz, LZMA_FINISH);
		advance(job, job->in.n - xz.avail_in, room - xz.avail_out);
	}
	lzma_end(&xz);
	return fault != FAULT_NONE ? fault : xz_fault(got);
}

static void zstd_freep(ZSTD_DCtx **context)
{
	ZSTD_freeDCtx(*context);
}

static enum fault unpack_zstd(struct job *job)
{
	DEFER(zstd_freep) ZSTD_DCtx *context = ZSTD_createDCtx();
	size_t got = 1;

	if (!context)
		return FAULT_MEMORY;
	while (got != 0) {
		ZSTD_inBuffer in = {job->in.p, job->in.n, 0};
		ZSTD_outBuffer out = {NULL, 0, 0};
		enum fault fault = make_room(job, &out.size);

		if (fault != FAULT_NONE)
			return fault;
		out.dst = job->out->p + job->out->n;
		got = ZSTD_decompressStream(context, &out, &in);
		if (ZSTD_isError(got))
			return FAULT_DAMAGED;
		advance(job, in.pos, out.pos);
		if (got != 0 && in.pos == 0 && out.pos == 0)
			return FAULT_SHORT;
	}
	return FAULT_NONE;
}

static const struct format {
	const char *name;
	struct span magic;
	enum fault (*unpack)(struct job *job);
} formats[] = {
	[KO_PLAIN] = {"plain", {NULL, 0}, NULL},
	[KO_GZIP] = {"gzip", SPAN_LITERAL("\x1f\x8b"), unpack_gzip},
	[KO_XZ] = {"xz",
		   SPAN_LITERAL("\xfd"
				"7zXZ\0"),
		   unpack_xz},
	[KO_ZSTD] = {"zstd", SPAN_LITERAL("\x28\xb5\x2f\xfd"), unpack_zstd},
};

enum ko_container ko_container_of(struct span file)
{
	for (int i = KO_GZIP; i <= KO_ZSTD; i++)
		if (span_starts(file, formats[i].magic))
			return (enum ko_container)i;
	return KO_PLAIN;
}

const char *ko_container_name(enum ko_container container)
{
	return formats[container].name;
}

static int tell(enum fault fault, const struct format *format, const char *name, size_t limit,
		struct err *err)
{
	switch (fault) {
	case FAULT_NONE:
		return 0;
	case FAULT_MEMORY:
		return err_no_memory(err);
	case FAULT_SHORT:
		return err_set(err, -EBADMSG, "the %s data of %s is cut short", format->name, name);
	case FAULT_LARGE:
		return err_set(err, -EFBIG, "the %s data of %s unpacks to more than %zu bytes",
			       format->name, name, limit);
	case FAULT_WINDOW:
		return err_set(err, -EFBIG, "the %s data of %s needs more than %d MiB to unpack",
			       format->name, name, WINDOW_MAX >> 20);
	case FAULT_DAMAGED:
		break;
	}
	return err_set(err, -EBADMSG, "the %s data of %s is damaged", format->name, name);
}

int ko_container_unpack(struct span file, const char *name, size_t limit, struct buf *out,
			struct err *err)
{
	const struct format *format = &formats[ko_container_of(file)];
	struct job job = {file, out, limit};
	enum fault fault = FAULT_NONE;

	if (!format->unpack)
		return err_set(err, -EINVAL, "%s is not packed", name);
	while (fault == FAULT_NONE && span_starts(job.in, format->magic))
		fault = format->unpack(&job);
	if (fault == FAULT_NONE && out->n > limit)
		fault = FAULT_LARGE;
	return tell(fault, format, name, limit, err);
}
