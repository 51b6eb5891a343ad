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

/* Unsigned number of width 1, 2, 4 or 8 bytes at offset; false, *out untouched, when outside.
 * Inline, because with a constant width it becomes one load. */
static inline bool span_number(struct span span, uint64_t offset, unsigned int width,
			       bool big_endian, uint64_t *out)
{
	struct span bytes;
	uint64_t value = 0;

	if (!span_cut(span, offset, width, &bytes))
		return false;
	for (unsigned int i = 0; i < width; i++)
		value = value << 8 | bytes.p[big_endian ? i : width - 1 - i];
	*out = value;
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
