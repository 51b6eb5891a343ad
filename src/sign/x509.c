/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/x509.h"

#include "ko/der.h"
#include "ko/signature.h"

#define OID_RSA "\x2a\x86\x48\x86\xf7\x0d\x01\x01"
#define OID_EC "\x2a\x86\x48\xce\x3d"
#define OID_NIST "\x60\x86\x48\x01\x65\x03\x04\x03"

/* How certificates are signed, as far as any kernel knows. */
static const struct {
	struct span oid;
	enum ko_key_kind kind;
	enum ko_hash hash;
} ways[] = {
	{SPAN_LITERAL(OID_RSA "\x05"), KO_KEY_RSA, KO_HASH_SHA1},
	{SPAN_LITERAL(OID_RSA "\x0b"), KO_KEY_RSA, KO_HASH_SHA256},
	{SPAN_LITERAL(OID_RSA "\x0c"), KO_KEY_RSA, KO_HASH_SHA384},
	{SPAN_LITERAL(OID_RSA "\x0d"), KO_KEY_RSA, KO_HASH_SHA512},
	{SPAN_LITERAL(OID_RSA "\x0e"), KO_KEY_RSA, KO_HASH_SHA224},
	{SPAN_LITERAL(OID_NIST "\x0e"), KO_KEY_RSA, KO_HASH_SHA3_256},
	{SPAN_LITERAL(OID_NIST "\x0f"), KO_KEY_RSA, KO_HASH_SHA3_384},
	{SPAN_LITERAL(OID_NIST "\x10"), KO_KEY_RSA, KO_HASH_SHA3_512},
	{SPAN_LITERAL(OID_EC "\x04\x01"), KO_KEY_ECDSA, KO_HASH_SHA1},
	{SPAN_LITERAL(OID_EC "\x04\x03\x01"), KO_KEY_ECDSA, KO_HASH_SHA224},
	{SPAN_LITERAL(OID_EC "\x04\x03\x02"), KO_KEY_ECDSA, KO_HASH_SHA256},
	{SPAN_LITERAL(OID_EC "\x04\x03\x03"), KO_KEY_ECDSA, KO_HASH_SHA384},
	{SPAN_LITERAL(OID_EC "\x04\x03\x04"), KO_KEY_ECDSA, KO_HASH_SHA512},
	{SPAN_LITERAL(OID_NIST "\x0a"), KO_KEY_ECDSA, KO_HASH_SHA3_256},
	{SPAN_LITERAL(OID_NIST "\x0b"), KO_KEY_ECDSA, KO_HASH_SHA3_384},
	{SPAN_LITERAL(OID_NIST "\x0c"), KO_KEY_ECDSA, KO_HASH_SHA3_512},
};

/* The curves whose keys kernels take: P-192, P-256, P-384, P-521. */
static const struct span curves[] = {
	SPAN_LITERAL(OID_EC "\x03\x01\x01"),
	SPAN_LITERAL(OID_EC "\x03\x01\x07"),
	SPAN_LITERAL("\x2b\x81\x04\x00\x22"),
	SPAN_LITERAL("\x2b\x81\x04\x00\x23"),
};

bool sign_name_fits(const struct sign_name *name, const struct sign_name *wanted)
{
	if (wanted->issuer.n)
		return span_equal(name->serial, wanted->serial) &&
		       span_equal(name->issuer, wanted->issuer);
	return wanted->key_id.n && span_equal(name->key_id, wanted->key_id);
}

bool sign_name_contradicts(const struct sign_name *name, const struct sign_name *wanted)
{
	return wanted->key_id.n && !span_equal(name->key_id, wanted->key_id);
}

/* The extensions: SEQUENCE OF SEQUENCE { OID, critical OPTIONAL, OCTET STRING }. */
static bool find_extension(struct span rest, struct span wanted, struct span *out)
{
	struct ko_der all, one, id, value;

	if (!ko_der_take(&rest, DER_SEQUENCE, &all))
		return false;
	while (ko_der_take(&all.content, DER_SEQUENCE, &one)) {
		if (!ko_der_take(&one.content, DER_OID, &id) || !span_equal(id.content, wanted))
			continue;
		while (ko_der_next(&one.content, &value))
			if (value.tag == DER_OCTETS) {
				*out = value.content;
				return true;
			}
	}
	return false;
}

/* The first directory name, [4] Name, of a sequence of names of all kinds. */
static struct span first_directory(struct span names)
{
	struct ko_der any, name;

	while (ko_der_next(&names, &any))
		if (any.tag == (DER_CONTEXT | DER_CONSTRUCTED | 4) &&
		    ko_der_take(&any.content, DER_SEQUENCE, &name))
			return name.whole;
	return span_of(NULL, 0);
}

static bool read_authority(struct span bytes, struct sign_name *out)
{
	struct ko_der all, part;

	if (!ko_der_take(&bytes, DER_SEQUENCE, &all))
		return false;
	if (ko_der_take(&all.content, DER_CONTEXT | 0, &part))
		out->key_id = part.content;
	if (ko_der_take(&all.content, DER_CONTEXT | DER_CONSTRUCTED | 1, &part))
		out->issuer = first_directory(part.content);
	if (ko_der_take(&all.content, DER_CONTEXT | 2, &part))
		out->serial = part.content;
	if (!out->issuer.n || !out->serial.n)
		out->issuer = out->serial = span_of(NULL, 0);
	return all.content.n == 0;
}

static void read_extensions(struct span extensions, struct sign_x509 *out)
{
	static const struct span subject = SPAN_LITERAL("\x55\x1d\x0e"),
				 authority = SPAN_LITERAL("\x55\x1d\x23");
	struct span found;
	struct ko_der id;

	if (find_extension(extensions, subject, &found) && ko_der_take(&found, DER_OCTETS, &id))
		out->name.key_id = id.content;
	if (find_extension(extensions, authority, &found) &&
	    !read_authority(found, &out->authority))
		out->fault = SIGN_X509_AUTHORITY;
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
static bool read_key(struct span rest, struct sign_x509 *out)
{
	struct ko_der algorithm, id, bits;
	struct span parameters;

	if (!ko_der_take(&rest, DER_SEQUENCE, &algorithm) ||
	    !ko_der_take(&algorithm.content, DER_OID, &id) ||
	    !ko_der_take(&rest, DER_BIT_STRING, &bits) || bits.content.n == 0 ||
	    bits.content.p[0] != 0)
		return false;
	out->kind = kind_of(id.content);
	out->parameters = parameters = algorithm.content;
	if (ko_der_take(&parameters, DER_OID, &id))
		out->curve = id.content;
	return span_cut(bits.content, 1, bits.content.n - 1, &out->key);
}

static bool is_known_key(const struct sign_x509 *certificate)
{
	bool known = certificate->kind == KO_KEY_RSA;

	for (size_t i = 0; i < sizeof(curves) / sizeof(*curves); i++)
		known |= certificate->kind == KO_KEY_ECDSA &&
			 span_equal(certificate->curve, curves[i]);
	return known;
}

/* The signature: SEQUENCE { OID, parameters }, BIT STRING. */
static bool read_seal(struct span rest, struct sign_x509 *out)
{
	struct ko_der bits;

	if (!ko_pkcs7_take_algorithm(&rest, &out->algorithm_again) ||
	    !ko_der_take(&rest, DER_BIT_STRING, &bits) || bits.content.n == 0 ||
	    bits.content.p[0] != 0)
		return false;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (span_equal(ways[i].oid, out->algorithm)) {
			out->seal.kind = ways[i].kind;
			out->seal.hash = ways[i].hash;
		}
	if (out->seal.kind == KO_KEY_UNKNOWN || !is_known_key(out))
		out->fault = SIGN_X509_ALGORITHM;
	else if (!span_equal(out->algorithm, out->algorithm_again))
		out->fault = SIGN_X509_ALGORITHMS;
	return span_cut(bits.content, 1, bits.content.n - 1, &out->seal.bytes);
}

static bool read_fields(struct span rest, struct sign_x509 *out)
{
	struct ko_der serial, issuer, subject, key, skipped;

	ko_der_take(&rest, DER_CONTEXT | DER_CONSTRUCTED, &skipped); /* version */
	if (!ko_der_take(&rest, DER_INTEGER, &serial) ||
	    !ko_pkcs7_take_algorithm(&rest, &out->algorithm) ||
	    !ko_der_take(&rest, DER_SEQUENCE, &issuer) ||
	    !ko_der_take(&rest, DER_SEQUENCE, &skipped) || /* validity */
	    !ko_der_take(&rest, DER_SEQUENCE, &subject) || !ko_der_take(&rest, DER_SEQUENCE, &key))
		return false;
	out->name.serial = serial.content;
	out->name.issuer = issuer.whole;
	out->subject = subject.whole;
	out->public_key = key.whole;
	while (ko_der_next(&rest, &skipped))
		if (skipped.tag == (DER_CONTEXT | DER_CONSTRUCTED | 3))
			read_extensions(skipped.content, out);
	return read_key(key.content, out);
}

bool sign_x509_next(struct span *rest, struct sign_x509 *out)
{
	struct span before = *rest;
	struct ko_der whole, fields;

	*out = (struct sign_x509){0};
	if (!ko_der_take(rest, DER_SEQUENCE, &whole) ||
	    !ko_der_take(&whole.content, DER_SEQUENCE, &fields) ||
	    !read_fields(fields.content, out) || !read_seal(whole.content, out)) {
		*rest = before;
		return false;
	}
	out->whole = whole.whole;
	out->seal.content = fields.whole;
	return true;
}
