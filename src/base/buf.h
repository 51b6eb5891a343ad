/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A growing byte buffer, always NUL-terminated behind its length once something was added.
 * {0} is an empty buffer. After a failed append the buffer keeps what it had and buf_failed()
 * stays true, so that a series of appends needs one check at its end.
 */
#ifndef LKM_BASE_BUF_H
#define LKM_BASE_BUF_H

#include <stdarg.h>

#include "base/span.h"

struct buf {
	char *p;
	size_t n, size;
	bool failed;
};

void buf_free(struct buf *buf);	 /* and makes it empty; serves as DEFER destructor */
void buf_clear(struct buf *buf); /* keeps the memory */
bool buf_reserve(struct buf *buf, size_t more);
void buf_add_slow(struct buf *buf, const void *bytes, size_t length); /* makes room */
void buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vformat(struct buf *buf, const char *format, va_list args);
const char *buf_string(const struct buf *buf); /* "" when empty */

static inline void buf_add(struct buf *buf, const void *bytes, size_t length)
{
	if (length == 0 || length >= buf->size - buf->n) {
		buf_add_slow(buf, bytes, length);
		return;
	}
	memcpy(buf->p + buf->n, bytes, length);
	buf->n += length;
	buf->p[buf->n] = 0;
}

static inline void buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

static inline struct span buf_span(const struct buf *buf)
{
	return span_of(buf->p, buf->n);
}

static inline bool buf_failed(const struct buf *buf)
{
	return buf->failed;
}

#endif
