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

static enum ko_key_kind kind_of(struct span id)
{
	static const struct span rsa = SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"),
				 ec = SPAN_LITERAL("\x2a\x86\x48\xce\x3d\x02\x01");

	return span_equal(id, rsa)  ? KO_KEY_RSA
	       : span_equal(id, ec) ? KO_KEY_ECDSA
				    : KO_KEY_UNKNOWN;
}

/* SubjectPublicKeyInfo: SEQUENCE { OID, parameters }, BIT STRING, which begins with the number of
 * bits that do not count. */
static void read_key(struct span rest, struct sign_x509 *out)
{
	struct ko_der algorithm, id, bits;

	if (!ko_der_take(&rest, DER_SEQUENCE, &algorithm) ||
	    !ko_der_take(&algorithm.content, DER_OID, &id) ||
	    !ko_der_take(&rest, DER_BIT_STRING, &bits) || bits.content.n == 0 ||
	    bits.content.p[0] != 0)
		return;
	out->kind = kind_of(id.content);
	out->parameters = algorithm.content;
	span_cut(bits.content, 1, bits.content.n - 1, &out->key);
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
	read_key(key.content, out);
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
