/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a vmlinuz. A flat Image is flat.c's; this is a bzImage (x86 boot protocol 2.08 and
 * later).
 *
 *	0x1f1  u8   setup_sects, 0 means 4; the protected-mode part begins at (setup_sects+1)*512
 *	0x202  "HdrS"
 *	0x206  u16  protocol
 *	0x248  u32  payload_offset, from the protected-mode part
 *	0x24c  u32  payload_length
 *
 * The payload ends with the unpacked size as u32: gzip has it in its own trailer, for the others
 * the kernel's build appends it.
 *
 * lz4 "legacy": a magic, then blocks of a u32 length and so many bytes, each unpacking to 8 MiB
 * except for the last. gzip, xz and zstd are unpacked by src/ko.
 */
#include <errno.h>
#include <lz4.h>

#include "image/internal.h"
#include "ko/ko.h"

enum {
	PROTOCOL_PAYLOAD = 0x208,
	LZ4_BLOCK = 8 << 20,
	SLACK = 4096,		     /* a decoder may ask for a little more than it fills */
	SIZE_MAX_UNPACKED = 1 << 29, /* a debug kernel has 200 MB */
};

#define LZ4_MAGIC SPAN_LITERAL("\x02\x21\x4c\x18")

/* What a kernel can be packed with besides what we unpack. */
static const struct {
	struct span magic;
	const char *name;
} unsupported[] = {
	{SPAN_LITERAL("BZh"), "bzip2"},
	{SPAN_LITERAL("\x5d\0\0"), "lzma"},
	{SPAN_LITERAL("\x89LZO"), "lzo"},
	{SPAN_LITERAL("\x7f"
		      "ELF"),
	 "nothing"},
};

static bool is_supported(struct span packed)
{
	return span_starts(packed, LZ4_MAGIC) || ko_container_of(packed) != KO_PLAIN;
}

static int refuse(struct span packed, const char *path, struct err *err)
{
	for (size_t i = 0; i < sizeof(unsupported) / sizeof(*unsupported); i++)
		if (span_starts(packed, unsupported[i].magic))
			return err_set(err, -ENOTSUP,
				       "%s is packed with %s; lkm unpacks gzip, xz, zstd and lz4",
				       path, unsupported[i].name);
	return err_set(err, -ENOTSUP,
		       "%s is packed in an unknown way; lkm unpacks gzip, xz, zstd "
		       "and lz4",
		       path);
}

static int refuse_file(struct span file, const char *path, struct err *err)
{
	if (file.n == 0)
		return err_set(err, -ENOEXEC, "%s is no kernel: the file is empty", path);
	return err_set(err, -ENOEXEC,
		       "%s is no kernel: neither a bzImage, an Image nor an ELF file", path);
}

static int find_bzimage(struct payload *out, struct span file, const char *path, struct err *err)
{
	struct span magic, all;
	uint64_t setup, start;

	if (!span_cut(file, 0x202, 4, &magic) || !span_equal(magic, SPAN_LITERAL("HdrS")))
		return refuse_file(file, path, err);
	if (span_le16(file, 0x206) < PROTOCOL_PAYLOAD)
		return err_set(err, -ENOTSUP,
			       "%s uses boot protocol %#x; lkm needs %#x (Linux 2.6.24)", path,
			       span_le16(file, 0x206), PROTOCOL_PAYLOAD);
	if (span_le32(file, 0x24c) == 0)
		return err_set(
			err, -ENOEXEC,
			"%s is no Linux kernel: it begins as one, but nothing is packed in it",
			path);
	setup = file.p[0x1f1] ? file.p[0x1f1] : 4;
	start = (setup + 1) * 512 + span_le32(file, 0x248);
	if (!span_cut(file, start, span_le32(file, 0x24c), &all) || all.n < 8)
		return err_set(err, -EBADMSG,
			       "%s is cut short: its packed kernel ends behind the file's end",
			       path);
	*out = (struct payload){.packed = all, .size = span_le32(all, all.n - 4)};
	if (ko_container_of(all) != KO_GZIP)
		out->packed.n -= 4;
	return 0;
}

int image_payload_find(struct payload *out, struct span file, const char *path, struct err *err)
{
	struct payload payload;
	int code = image_flat_find(&payload, file) ? 0 : find_bzimage(&payload, file, path, err);

	if (code < 0)
		return code;
	if (!payload.plain && !is_supported(payload.packed))
		return refuse(payload.packed, path, err);
	if (payload.size > SIZE_MAX_UNPACKED)
		return err_set(err, -EFBIG,
			       "%s says that it unpacks to %llu bytes; the limit is %d", path,
			       (unsigned long long)payload.size, SIZE_MAX_UNPACKED);
	*out = payload;
	return 0;
}

uint64_t image_payload_room(const struct payload *payload)
{
	return payload->size + SLACK;
}

/* *length: bytes unpacked. */
static int unpack_lz4(const struct payload *payload, unsigned char *out, size_t *length,
		      const char *path, struct err *err)
{
	uint64_t at = LZ4_MAGIC.n, done = 0;
	struct span block;

	while (payload->packed.n - at >= 4) {
		uint64_t size = span_le32(payload->packed, at), left = payload->size - done;
		int got;

		if (!span_cut(payload->packed, at + 4, size, &block) ||
		    size > LZ4_COMPRESSBOUND(LZ4_BLOCK))
			return err_set(err, -EBADMSG, "the lz4 data of %s is cut short", path);
		got = LZ4_decompress_safe((const char *)block.p, (char *)out + done, (int)size,
					  left < LZ4_BLOCK ? (int)left : LZ4_BLOCK);
		if (got < 0)
			return err_set(err, -EBADMSG, "the lz4 data of %s is damaged", path);
		at += 4 + size;
		done += (uint64_t)got;
	}
	*length = done;
	return 0;
}

/* A buffer over out: it is large enough, so it never grows. */
static int unpack_container(const struct payload *payload, unsigned char *out, size_t *length,
			    const char *path, struct err *err)
{
	struct buf buf = {(char *)out, 0, image_payload_room(payload), false};
	int code = ko_container_unpack(payload->packed, path, payload->size, &buf, err);

	*length = buf.n;
	return code;
}

int image_payload_unpack(const struct payload *payload, unsigned char *out, const char *path,
			 struct err *err)
{
	bool lz4 = span_starts(payload->packed, LZ4_MAGIC);
	size_t length = 0;
	int code;

	if (payload->plain) {
		memcpy(out, payload->packed.p, payload->size);
		return 0;
	}
	code = (lz4 ? unpack_lz4 : unpack_container)(payload, out, &length, path, err);
	if (code < 0)
		return code;
	if (length != payload->size)
		return err_set(err, -EBADMSG,
			       "%s is damaged: it unpacks to %zu bytes where %llu are announced",
			       path, length, (unsigned long long)payload->size);
	return 0;
}
