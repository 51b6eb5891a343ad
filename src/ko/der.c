/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ko/der.h"

enum { DEPTH_MAX = 16, OPEN = 0x80 };

static bool next_within(struct span *rest, struct ko_der *out, unsigned int depth);

/* The length of an element of open length: all up to the two zeros. */
static bool open_length(struct span bytes, uint64_t *length, unsigned int depth)
{
	struct span rest = bytes;
	struct ko_der inner;

	while (rest.n >= 2 && (rest.p[0] || rest.p[1]))
		if (depth >= DEPTH_MAX || !next_within(&rest, &inner, depth + 1))
			return false;
	*length = bytes.n - rest.n;
	return rest.n >= 2;
}

static bool next_within(struct span *rest, struct ko_der *out, unsigned int depth)
{
	uint64_t tag, length, at = 2, tail = 0;
	struct span content;

	if (!span_number(*rest, 0, 1, true, &tag) || !span_number(*rest, 1, 1, true, &length) ||
	    (tag & 0x1f) == 0x1f)
		return false;
	if (length == OPEN) {
		if (!(tag & DER_CONSTRUCTED) ||
		    !open_length(span_of(rest->p + at, rest->n - at), &length, depth))
			return false;
		tail = 2;
	} else if (length > OPEN) {
		unsigned int width = length & 0x7f;

		if (width > 4)
			return false;
		length = 0;
		for (unsigned int i = 0; i < width; i++, at++) {
			uint64_t byte;

			if (!span_number(*rest, at, 1, true, &byte))
				return false;
			length = length << 8 | byte;
		}
	}
	if (!span_cut(*rest, at, length, &content))
		return false;
	*out = (struct ko_der){(unsigned int)tag, content, span_of(rest->p, at + length + tail)};
	*rest = span_of(rest->p + out->whole.n, rest->n - out->whole.n);
	return true;
}

bool ko_der_next(struct span *rest, struct ko_der *out)
{
	return next_within(rest, out, 0);
}

bool ko_der_take(struct span *rest, unsigned int tag, struct ko_der *out)
{
	unsigned int differs = ko_der_peek(*rest) ^ tag;

	return rest->n && (differs & ~(tag & DER_CONSTRUCTED)) == 0 && ko_der_next(rest, out);
}

unsigned int ko_der_peek(struct span rest)
{
	return rest.n ? rest.p[0] : 0;
}

/* A Name is a sequence of sets of pairs (kind, text). */
struct span ko_der_common_name(struct span name)
{
	static const struct span common = SPAN_LITERAL("\x55\x04\x03"),
				 organisation = SPAN_LITERAL("\x55\x04\x0a");
	struct span found = {0};
	struct ko_der all, set, pair, kind, text;

	if (!ko_der_take(&name, DER_SEQUENCE, &all))
		return found;
	while (ko_der_take(&all.content, DER_SET, &set))
		while (ko_der_take(&set.content, DER_SEQUENCE, &pair)) {
			if (!ko_der_take(&pair.content, DER_OID, &kind) ||
			    !ko_der_next(&pair.content, &text))
				break;
			if (span_equal(kind.content, common))
				return text.content;
			if (span_equal(kind.content, organisation))
				found = text.content;
		}
	return found;
}
