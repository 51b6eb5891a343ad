/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bounded bytes. Input from outside is only ever touched through a span, so that an offset or a
 * length taken from the input cannot lead out of it. A span does not own its bytes.
 */
#ifndef LKM_BASE_SPAN_H
#define LKM_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const unsigned char *p;
	size_t n;
};

#define SPAN_LITERAL(text) ((struct span){(const unsigned char *)(text), sizeof(text) - 1})

static inline struct span span_of(const void *bytes, size_t length)
{
	return (struct span){bytes, length};
}

static inline struct span span_text(const char *text)
{
	return span_of(text, strlen(text));
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_starts(struct span span, struct span prefix)
{
	return span.n >= prefix.n && memcmp(span.p, prefix.p, prefix.n) == 0;
}

/* *out = the length bytes at offset; false, and *out untouched, when they do not lie inside. */
static inline bool span_cut(struct span span, uint64_t offset, uint64_t length, struct span *out)
{
	if (offset > span.n || length > span.n - offset)
		return false;
	*out = span_of(span.p + offset, length);
	return true;
}

/* The NUL-terminated string at offset, or NULL when it does not end inside the span. */
static inline const char *span_string(struct span span, uint64_t offset)
{
	if (offset >= span.n || !memchr(span.p + offset, 0, span.n - offset))
		return NULL;
	return (const char *)span.p + offset;
}

/* Unsigned number of width 1, 2, 4 or 8 bytes; inline, because with a constant width it becomes
 * one load. */
static inline uint64_t span_load(const unsigned char *p, unsigned int width, bool big_endian)
{
	bool swap = big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	uint16_t half;
	uint32_t word;
	uint64_t wide;

	switch (width) {
	case 1:
		return *p;
	case 2:
		memcpy(&half, p, sizeof(half));
		return swap ? __builtin_bswap16(half) : half;
	case 4:
		memcpy(&word, p, sizeof(word));
		return swap ? __builtin_bswap32(word) : word;
	default:
		memcpy(&wide, p, sizeof(wide));
		return swap ? __builtin_bswap64(wide) : wide;
	}
}

/* The number at offset; false, *out untouched, when outside. */
static inline bool span_number(struct span span, uint64_t offset, unsigned int width,
			       bool big_endian, uint64_t *out)
{
	struct span bytes;

	if (!span_cut(span, offset, width, &bytes))
		return false;
	*out = span_load(bytes.p, width, big_endian);
	return true;
}

/* Little-endian reads for formats that have a fixed order; outside the span they give 0, for
 * callers that have checked the range of a whole table before. */
static inline uint16_t span_le16(struct span span, uint64_t offset)
{
	uint64_t value = 0;

	span_number(span, offset, 2, false, &value);
	return (uint16_t)value;
}

static inline uint32_t span_le32(struct span span, uint64_t offset)
{
	uint64_t value = 0;

	span_number(span, offset, 4, false, &value);
	return (uint32_t)value;
}

static inline uint64_t span_le64(struct span span, uint64_t offset)
{
	uint64_t value = 0;

	span_number(span, offset, 8, false, &value);
	return value;
}

#endif
