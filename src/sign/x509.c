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

/* SubjectPublicKeyInfo: SEQUENCE { OID, parameters }, BIT STRING, which begins with the number of
 * bits that do not count. */
static struct span find_rsa_key(struct span rest)
{
	static const struct span rsa = SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
	struct ko_der algorithm, id, bits;
	struct span key = {NULL, 0};

	if (ko_der_take(&rest, DER_SEQUENCE, &algorithm) &&
	    ko_der_take(&algorithm.content, DER_OID, &id) && span_equal(id.content, rsa) &&
	    ko_der_take(&rest, DER_BIT_STRING, &bits) && bits.content.n && bits.content.p[0] == 0)
		span_cut(bits.content, 1, bits.content.n - 1, &key);
	return key;
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
	out->rsa_key = find_rsa_key(key.content);
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
