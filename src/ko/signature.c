/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ko/signature.h"

#include "base/buf.h"
#include "ko/object.h"

enum { TYPE = 2, TYPE_PKCS7 = 2, LENGTH = 8 };

const struct span ko_signature_marker = SPAN_LITERAL("~Module signature appended~\n");

static bool is_marked(struct span file)
{
	struct span tail;

	return file.n > ko_signature_marker.n &&
	       span_cut(file, file.n - ko_signature_marker.n, ko_signature_marker.n, &tail) &&
	       span_equal(tail, ko_signature_marker);
}

bool ko_is_signed(const struct ko *ko)
{
	size_t length = ko_signature_marker.n;
	struct span tail;

	return ko->size > length && ko_fetch(ko_mutable(ko), ko->size - length, length, &tail) &&
	       span_equal(tail, ko_signature_marker);
}

/* All but type and length is zero. */
static bool fields_are_zero(struct span trailer)
{
	for (unsigned int i = 0; i < LENGTH; i++)
		if (i != TYPE && trailer.p[i])
			return false;
	return true;
}

void ko_signature_split(struct span file, struct ko_signature *out)
{
	struct span trailer = {NULL, 0};

	*out = (struct ko_signature){.trailer = KO_TRAILER_NONE, .content = file};
	if (!is_marked(file))
		return;
	out->content.n -= ko_signature_marker.n;
	out->trailer = KO_TRAILER_SHORT;
	if (out->content.n <= KO_TRAILER_SIZE)
		return;
	out->content.n -= KO_TRAILER_SIZE;
	span_cut(file, out->content.n, KO_TRAILER_SIZE, &trailer);
	out->type = trailer.p[TYPE];
	span_number(trailer, LENGTH, 4, true, &out->length);
	out->trailer = KO_TRAILER_LENGTH;
	if (out->length >= out->content.n)
		return;
	out->content.n -= out->length;
	span_cut(file, out->content.n, out->length, &out->message);
	out->appended = span_of(out->message.p, file.n - out->content.n);
	if (out->type != TYPE_PKCS7)
		out->trailer = KO_TRAILER_TYPE;
	else if (!fields_are_zero(trailer))
		out->trailer = KO_TRAILER_FIELDS;
	else if (out->length > KO_MESSAGE_MAX)
		out->trailer = KO_TRAILER_LARGE;
	else
		out->trailer = KO_TRAILER_FINE;
}

void ko_signature_append(struct buf *out, struct span message)
{
	unsigned char trailer[KO_TRAILER_SIZE] = {[TYPE] = TYPE_PKCS7};

	for (unsigned int i = 0; i < 4; i++)
		trailer[LENGTH + i] = (unsigned char)(message.n >> (24 - 8 * i));
	buf_add(out, message.p, message.n);
	buf_add(out, trailer, sizeof(trailer));
	buf_add(out, ko_signature_marker.p, ko_signature_marker.n);
}
