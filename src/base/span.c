/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/span.h"

bool span_number(struct span span, uint64_t offset, unsigned int width, bool big_endian,
		 uint64_t *out)
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
