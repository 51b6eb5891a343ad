/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/x509.h"

#include "ko/der.h"

/* The extensions: SEQUENCE OF SEQUENCE { OID, critical OPTIONAL, OCTET STRING }. */
static struct span find_key_id(struct span rest)
{
	static const struct span wanted = SPAN_LITERAL("\x55\x1d\x0e");
	struct ko_der all, one, id, value;

	if (!ko_der_take(&rest, DER_SEQUENCE, &all))
		return span_of(NULL, 0);
	while (ko_der_take(&all.content, DER_SEQUENCE, &one)) {
		if (!ko_der_take(&one.content, DER_OID, &id) || !span_equal(id.content, wanted))
			continue;
		while (ko_der_next(&one.content, &value))
			if (value.tag == DER_OCTETS && ko_der_take(&value.content, DER_OCTETS, &id))
				return id.content;
	}
	return span_of(NULL, 0);
}

static bool read_fields(struct span rest, struct sign_x509 *out)
{
	struct ko_der serial, issuer, subject, key, skipped;

	ko_der_take(&rest, DER_CONTEXT | DER_CONSTRUCTED, &skipped); /* version */
	if (!ko_der_take(&rest, DER_INTEGER, &serial) ||
	    !ko_der_take(&rest, DER_SEQUENCE, &skipped) || /* signature algorithm */
	    !ko_der_take(&rest, DER_SEQUENCE, &issuer) ||
	    !ko_der_take(&rest, DER_SEQUENCE, &skipped) || /* validity */
	    !ko_der_take(&rest, DER_SEQUENCE, &subject) || !ko_der_take(&rest, DER_SEQUENCE, &key))
		return false;
	out->serial = serial.content;
	out->issuer = issuer.whole;
	out->subject = subject.whole;
	out->public_key = key.whole;
	while (ko_der_next(&rest, &skipped))
		if (skipped.tag == (DER_CONTEXT | DER_CONSTRUCTED | 3))
			out->key_id = find_key_id(skipped.content);
	return true;
}

bool sign_x509_next(struct span *rest, struct sign_x509 *out)
{
	struct span before = *rest;
	struct ko_der whole, fields;

	*out = (struct sign_x509){0};
	if (!ko_der_take(rest, DER_SEQUENCE, &whole) ||
	    !ko_der_take(&whole.content, DER_SEQUENCE, &fields) ||
	    !read_fields(fields.content, out)) {
		*rest = before;
		return false;
	}
	out->whole = whole.whole;
	return true;
}
