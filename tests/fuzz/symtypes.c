/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzzes the reader of .symtypes files: the input is two of them, with a NUL in between. What
 * changed of a symbol from one to the other is told in a sentence, or nothing is. */
#include <stdlib.h>

#include "base/buf.h"
#include "image/symtypes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	size_t first = end ? (size_t)(end - data) : size;
	DEFER(symtypes_close) struct symtypes from = {0};
	DEFER(symtypes_close) struct symtypes to = {0};
	DEFER(buf_free) struct buf text = {0};
	struct span rest = span_of(data + first, size - first);

	if (symtypes_read(&from, span_of(data, first), NULL) < 0 ||
	    symtypes_read(&to, rest, NULL) < 0)
		abort();
	if (symtypes_change(&from, &to, "take", &text) != (text.n > 0))
		abort();
	return 0;
}
