/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a module file is packed in. The packer is told by its first bytes; several packed streams
 * one after the other are joined, other bytes behind the last one are ignored.
 *
 * Nothing in a packed file decides how much memory is taken: output grows as it comes, up to a
 * limit, and the decoders' own windows are bounded. What a file says about its unpacked size is
 * believed as far as it is likely, and saves copies.
 */
#include <errno.h>
#include <libdeflate.h>
#include <lzma.h>
#include <zstd.h>

#include "ko/object.h"
#include "ko/unpacker.h"

enum {
	STEP = 256 * 1024,		/* output is asked for in pieces of this */
	LIKELY_RATIO = 64,		/* of unpacked to packed bytes; text has 10 */
	WINDOW_MAX = 256 * 1024 * 1024, /* memory of the xz decoder: xz -9 needs 65 MiB */
};

/* Why a stream could not be unpacked. */
enum fault {
	FAULT_NONE,
	FAULT_MEMORY,
	FAULT_SHORT,
	FAULT_DAMAGED,
	FAULT_BROKEN, /* one of the two before */
	FAULT_LARGE,
	FAULT_WINDOW,
};

struct job {
	struct ko_unpacker *unpacker;
	struct span in; /* what is left of the input */
	struct buf *out;
	size_t limit; /* of out->n */
};

/* Makes room for more output, at least as much as wanted. One byte over the limit is allowed, to
 * see that it is exceeded. */
static enum fault make_room(struct job *job, size_t wanted, size_t *room)
{
	size_t left;

	if (job->out->n > job->limit)
		return FAULT_LARGE;
	left = job->limit - job->out->n + 1;
	if (!buf_reserve(job->out, left < wanted ? left : wanted))
		return FAULT_MEMORY;
	*room = job->out->size - job->out->n - 1;
	*room = *room < left ? *room : left;
	return FAULT_NONE;
}

/* What is to be made room for, when the input claims to unpack to so many bytes. */
static size_t likely(const struct job *job, uint64_t claim)
{
	uint64_t most = (uint64_t)job->in.n * LIKELY_RATIO;

	return claim <= most && claim > STEP ? (size_t)claim : STEP;
}

static void advance(struct job *job, size_t taken, size_t given)
{
	job->in = span_of(job->in.p + taken, job->in.n - taken);
	job->out->n += given;
	job->out->p[job->out->n] = 0;
}

/* All at once: when the output does not fit, again with twice the room. The last number of a file,
 * where it is of one stream, is the unpacked size. */
static enum fault unpack_gzip(struct job *job)
{
	struct ko_unpacker *unpacker = job->unpacker;
	size_t wanted = job->in.n < 4 ? STEP : likely(job, span_le32(job->in, job->in.n - 4));
	size_t room = 0, taken = 0, given = 0;

	if (!unpacker->gzip)
		unpacker->gzip = libdeflate_alloc_decompressor();
	if (!unpacker->gzip)
		return FAULT_MEMORY;
	for (;; wanted = 2 * room) {
		enum fault fault = make_room(job, wanted, &room);
		enum libdeflate_result result;

		if (fault != FAULT_NONE)
			return fault;
		result = libdeflate_gzip_decompress_ex(unpacker->gzip, job->in.p, job->in.n,
						       job->out->p + job->out->n, room, &taken,
						       &given);
		if (result == LIBDEFLATE_SUCCESS)
			break;
		if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
			return FAULT_BROKEN;
		if (room > job->limit - job->out->n)
			return FAULT_LARGE;
	}
	advance(job, taken, given);
	return FAULT_NONE;
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

static const lzma_allocator xz_allocator = {xz_alloc, xz_free, NULL};

static enum fault unpack_xz(struct job *job)
{
	lzma_stream *xz = &job->unpacker->xz;
	enum fault fault = FAULT_NONE;
	lzma_ret got;

	xz->allocator = &xz_allocator;
	got = lzma_stream_decoder(xz, WINDOW_MAX, 0); /* of what it had before it reuses all */
	while (got == LZMA_OK) {
		size_t room = 0;

		fault = make_room(job, STEP, &room);
		if (fault != FAULT_NONE)
			return fault;
		xz->next_in = job->in.p;
		xz->avail_in = job->in.n;
		xz->next_out = (unsigned char *)job->out->p + job->out->n;
		xz->avail_out = room;
		got = lzma_code(xz, LZMA_FINISH);
		advance(job, job->in.n - xz->avail_in, room - xz->avail_out);
	}
	return xz_fault(got);
}

static enum fault unpack_zstd(struct job *job)
{
	struct ko_unpacker *unpacker = job->unpacker;
	size_t wanted = likely(job, ZSTD_getFrameContentSize(job->in.p, job->in.n)), got = 1;

	if (!unpacker->zstd)
		unpacker->zstd = ZSTD_createDCtx();
	if (!unpacker->zstd)
		return FAULT_MEMORY;
	ZSTD_DCtx_reset(unpacker->zstd, ZSTD_reset_session_only);
	while (got != 0) {
		ZSTD_inBuffer in = {job->in.p, job->in.n, 0};
		ZSTD_outBuffer out = {NULL, 0, 0};
		enum fault fault = make_room(job, wanted, &out.size);

		if (fault != FAULT_NONE)
			return fault;
		out.dst = job->out->p + job->out->n;
		got = ZSTD_decompressStream(unpacker->zstd, &out, &in);
		if (ZSTD_isError(got))
			return FAULT_DAMAGED;
		advance(job, in.pos, out.pos);
		if (got != 0 && in.pos == 0 && out.pos == 0)
			return FAULT_SHORT;
		wanted = STEP;
	}
	return FAULT_NONE;
}

void ko_unpacker_free(struct ko_unpacker *unpacker)
{
	libdeflate_free_decompressor(unpacker->gzip);
	lzma_end(&unpacker->xz);
	ZSTD_freeDCtx(unpacker->zstd);
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
	case FAULT_BROKEN:
		return err_set(err, -EBADMSG, "the %s data of %s is damaged or cut short",
			       format->name, name);
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

int ko_unpacker_run(struct ko_unpacker *unpacker, struct span file, const char *name, size_t limit,
		    struct buf *out, struct err *err)
{
	const struct format *format = &formats[ko_container_of(file)];
	struct job job = {unpacker, file, out, limit};
	enum fault fault = FAULT_NONE;

	if (!format->unpack)
		return err_set(err, -EINVAL, "%s is not packed", name);
	while (fault == FAULT_NONE && span_starts(job.in, format->magic))
		fault = format->unpack(&job);
	if (fault == FAULT_NONE && out->n > limit)
		fault = FAULT_LARGE;
	return tell(fault, format, name, limit, err);
}

int ko_container_unpack(struct span file, const char *name, size_t limit, struct buf *out,
			struct err *err)
{
	DEFER(ko_unpacker_free) struct ko_unpacker unpacker = KO_UNPACKER_NONE;

	return ko_unpacker_run(&unpacker, file, name, limit, out, err);
}
