/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A signature is appended to the ELF file: the message, 12 bytes about it, and a marker that must
 * be the very end of the file.
 */
#include "ko/object.h"

bool ko_is_signed(const struct ko *ko)
{
	struct span marker = SPAN_LITERAL("~Module signature appended~\n"), tail;

	return ko->bytes.n >= marker.n &&
	       span_cut(ko->bytes, ko->bytes.n - marker.n, marker.n, &tail) &&
	       span_equal(tail, marker);
}
