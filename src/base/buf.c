/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/buf.h"

#include <stdio.h>

#include "base/mem.h"

void buf_free(struct buf *buf)
{
	mem_free(buf->p);
	*buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
	buf->n = 0;
	buf->failed = false;
	if (buf->p)
		buf->p[0] = 0;
}

bool buf_reserve(struct buf *buf, size_t more)
{
	size_t need, size;
	char *p;

	if (__builtin_add_overflow(buf->n, more, &need) || need == SIZE_MAX) {
		buf->failed = true;
		return false;
	}
	if (need < buf->size)
		return true;
	size = need + 1 > 2 * buf->size ? need + 1 : 2 * buf->size;
	p = mem_resize(buf->p, size, 1);
	if (!p) {
		buf->failed = true;
		return false;
	}
	buf->p = p;
	buf->size = size;
	return true;
}

void buf_add_slow(struct buf *buf, const void *bytes, size_t length)
{
	if (!buf_reserve(buf, length))
		return;
	if (length)
		memcpy(buf->p + buf->n, bytes, length);
	buf->n += length;
	buf->p[buf->n] = 0;
}

void buf_vformat(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0 && buf_reserve(buf, (size_t)length + 1)) {
		vsnprintf(buf->p + buf->n, (size_t)length + 1, format, again);
		buf->n += (size_t)length;
	}
	va_end(again);
}

void buf_format(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vformat(buf, format, args);
	va_end(args);
}

const char *buf_string(const struct buf *buf)
{
	return buf->p ? buf->p : "";
}
