/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The message of a signature; its form is described in signature.h. */
#include "ko/der.h"
#include "ko/signature.h"

#define OID_PKCS7 "\x2a\x86\x48\x86\xf7\x0d\x01\x07"
#define OID_DIGEST "\x2a\x86\x48\x86\xf7\x0d\x02"
#define OID_NIST_HASH "\x60\x86\x48\x01\x65\x03\x04\x02"
#define OID_ECDSA "\x2a\x86\x48\xce\x3d\x04"

static const struct span oid_data = SPAN_LITERAL(OID_PKCS7 "\x01"),
			 oid_signed_data = SPAN_LITERAL(OID_PKCS7 "\x02"),
			 oid_authenticode =
				 SPAN_LITERAL("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04");

static const struct {
	const char *name;
	struct span oid;
} hashes[KO_HASHES] = {
	[KO_HASH_UNKNOWN] = {"unknown", {NULL, 0}},
	[KO_HASH_MD4] = {"md4", SPAN_LITERAL(OID_DIGEST "\x04")},
	[KO_HASH_MD5] = {"md5", SPAN_LITERAL(OID_DIGEST "\x05")},
	[KO_HASH_SHA1] = {"sha1", SPAN_LITERAL("\x2b\x0e\x03\x02\x1a")},
	[KO_HASH_SHA224] = {"sha224", SPAN_LITERAL(OID_NIST_HASH "\x04")},
	[KO_HASH_SHA256] = {"sha256", SPAN_LITERAL(OID_NIST_HASH "\x01")},
	[KO_HASH_SHA384] = {"sha384", SPAN_LITERAL(OID_NIST_HASH "\x02")},
	[KO_HASH_SHA512] = {"sha512", SPAN_LITERAL(OID_NIST_HASH "\x03")},
	[KO_HASH_SHA3_256] = {"sha3-256", SPAN_LITERAL(OID_NIST_HASH "\x08")},
	[KO_HASH_SHA3_384] = {"sha3-384", SPAN_LITERAL(OID_NIST_HASH "\x09")},
	[KO_HASH_SHA3_512] = {"sha3-512", SPAN_LITERAL(OID_NIST_HASH "\x0a")},
};

/* Kernels tell a signature's hash by the digest algorithm alone; all of ecdsa-with-SHA* mean ECDSA.
 */
static const struct {
	struct span oid;
	enum ko_key_kind kind;
} keys[] = {
	{SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), KO_KEY_RSA},
	{SPAN_LITERAL(OID_ECDSA "\x01"), KO_KEY_ECDSA},
	{SPAN_LITERAL(OID_ECDSA "\x03\x01"), KO_KEY_ECDSA},
	{SPAN_LITERAL(OID_ECDSA "\x03\x02"), KO_KEY_ECDSA},
	{SPAN_LITERAL(OID_ECDSA "\x03\x03"), KO_KEY_ECDSA},
	{SPAN_LITERAL(OID_ECDSA "\x03\x04"), KO_KEY_ECDSA},
};

const char *ko_hash_name(enum ko_hash hash)
{
	return hashes[hash].name;
}

enum ko_hash ko_hash_by_name(const char *name)
{
	for (int i = KO_HASH_UNKNOWN + 1; i < KO_HASHES; i++)
		if (strcmp(hashes[i].name, name) == 0)
			return (enum ko_hash)i;
	return KO_HASH_UNKNOWN;
}

const char *ko_key_kind_name(enum ko_key_kind kind)
{
	static const char *const names[] = {"unknown", "rsa", "ecdsa"};

	return names[kind];
}

/* AlgorithmIdentifier: SEQUENCE { OID, parameters OPTIONAL }; parameters do not count. */
bool ko_pkcs7_take_algorithm(struct span *rest, struct span *oid)
{
	struct ko_der algorithm, id = {0}, parameters;
	bool sound = ko_der_take(rest, DER_SEQUENCE, &algorithm) &&
		     ko_der_take(&algorithm.content, DER_OID, &id) &&
		     (algorithm.content.n == 0 || ko_der_next(&algorithm.content, &parameters)) &&
		     algorithm.content.n == 0;

	*oid = id.content;
	return sound;
}

/* The same, of a signer: nothing is known of one that is not sound. */
static bool take_own(struct span *rest, struct span *oid)
{
	bool sound = ko_pkcs7_take_algorithm(rest, oid);

	if (!sound)
		*oid = (struct span){0};
	return sound;
}

/* Name: SEQUENCE OF SET OF SEQUENCE { OID, value }. */
static bool is_name(struct span name)
{
	struct ko_der set, pair, id, value;

	while (name.n) {
		if (!ko_der_take(&name, DER_SET, &set))
			return false;
		while (set.content.n)
			if (!ko_der_take(&set.content, DER_SEQUENCE, &pair) ||
			    !ko_der_take(&pair.content, DER_OID, &id) ||
			    !ko_der_next(&pair.content, &value) || pair.content.n)
				return false;
	}
	return true;
}

static bool take_version(struct span *rest, unsigned int *version)
{
	struct ko_der number;

	if (!ko_der_take(rest, DER_INTEGER, &number))
		return false;
	*version = number.content.n == 1 ? number.content.p[0] : 0;
	return true;
}

static bool is_known(unsigned int version)
{
	return version == 1 || version == 3;
}

/* Who signed: SEQUENCE { issuer, serial } or [0] key id. */
static bool take_identity(struct span *rest, struct ko_signer *signer)
{
	struct ko_der identity, issuer, serial;

	if (ko_der_take(rest, DER_CONTEXT, &identity)) {
		signer->key_id = identity.content;
		return true;
	}
	if (!ko_der_take(rest, DER_SEQUENCE, &identity) ||
	    !ko_der_take(&identity.content, DER_SEQUENCE, &issuer) ||
	    !ko_der_take(&identity.content, DER_INTEGER, &serial))
		return false;
	signer->issuer = issuer.whole;
	signer->serial = serial.content;
	return is_name(issuer.content) && identity.content.n == 0;
}

static enum ko_hash hash_of(struct span oid)
{
	for (int i = KO_HASH_UNKNOWN + 1; i < KO_HASHES; i++)
		if (span_equal(hashes[i].oid, oid))
			return (enum ko_hash)i;
	return KO_HASH_UNKNOWN;
}

static enum ko_key_kind key_of(struct span oid)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (span_equal(keys[i].oid, oid))
			return keys[i].kind;
	return KO_KEY_UNKNOWN;
}

/* What a kernel knows of what may be signed besides the data. */
enum attribute { ATTRIBUTE_KIND, ATTRIBUTE_DIGEST, ATTRIBUTE_TIME, ATTRIBUTE_SMIME, ATTRIBUTES };

static const struct span attribute_oids[ATTRIBUTES] = {
	[ATTRIBUTE_KIND] = SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"),
	[ATTRIBUTE_DIGEST] = SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"),
	[ATTRIBUTE_TIME] = SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"),
	[ATTRIBUTE_SMIME] = SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f"),
};

static enum ko_message check_value(enum attribute which, const struct ko_der *value,
				   struct span content_kind)
{
	switch (which) {
	case ATTRIBUTE_KIND:
		return span_equal(value->content, content_kind) ? KO_MESSAGE_FINE
								: KO_MESSAGE_ATTRIBUTE_KIND;
	case ATTRIBUTE_DIGEST:
		return value->tag == DER_OCTETS ? KO_MESSAGE_FINE : KO_MESSAGE_ATTRIBUTE;
	case ATTRIBUTE_SMIME:
		return span_equal(content_kind, oid_authenticode) ? KO_MESSAGE_FINE
								  : KO_MESSAGE_SMIME;
	default:
		return KO_MESSAGE_FINE;
	}
}

/* Attributes: SEQUENCE { OID, SET OF value } each; what is known has one value. */
static enum ko_message read_attributes(struct span attributes, struct span content_kind,
				       struct ko_signer *signer)
{
	struct ko_der attribute, id, values, value;
	unsigned int seen = 0, needed = 1u << ATTRIBUTE_KIND | 1u << ATTRIBUTE_DIGEST;
	enum ko_message fault = attributes.n ? KO_MESSAGE_FINE : KO_MESSAGE_MALFORMED;

	while (attributes.n && fault == KO_MESSAGE_FINE) {
		unsigned int which = 0;

		if (!ko_der_take(&attributes, DER_SEQUENCE, &attribute) ||
		    !ko_der_take(&attribute.content, DER_OID, &id) ||
		    !ko_der_take(&attribute.content, DER_SET, &values) || attribute.content.n)
			return KO_MESSAGE_MALFORMED;
		while (which < ATTRIBUTES && !span_equal(id.content, attribute_oids[which]))
			which++;
		while (which < ATTRIBUTES && fault == KO_MESSAGE_FINE &&
		       ko_der_next(&values.content, &value)) {
			fault = seen >> which & 1 ? KO_MESSAGE_ATTRIBUTE_TWICE
						  : check_value(which, &value, content_kind);
			seen |= 1u << which;
			if (which == ATTRIBUTE_KIND)
				signer->attributed_kind = value.content;
		}
	}
	if (fault == KO_MESSAGE_FINE && (seen & needed) != needed)
		fault = KO_MESSAGE_ATTRIBUTES;
	return fault;
}

/* A message is refused at the first thing in it that is not understood, as a kernel reads it. */
static enum ko_message read_signer(struct span rest, unsigned int data_version,
				   struct span content_kind, struct ko_signer *signer)
{
	enum ko_message fault = KO_MESSAGE_FINE;
	struct ko_der element = {0};
	unsigned int version;

	if (!take_version(&rest, &version))
		return KO_MESSAGE_MALFORMED;
	if (!is_known(version))
		return KO_MESSAGE_SIGNER_VERSION;
	if (version != data_version)
		return KO_MESSAGE_VERSIONS;
	if (!take_identity(&rest, signer) || !take_own(&rest, &signer->hash_oid))
		return KO_MESSAGE_MALFORMED;
	signer->hash = hash_of(signer->hash_oid);
	if (signer->hash == KO_HASH_UNKNOWN)
		return KO_MESSAGE_HASH;
	signer->has_attributes = ko_der_take(&rest, DER_CONTEXT | DER_CONSTRUCTED, &element);
	if (signer->has_attributes)
		fault = read_attributes(element.content, content_kind, signer);
	if (fault != KO_MESSAGE_FINE)
		return fault;
	if (!take_own(&rest, &signer->key_oid))
		return KO_MESSAGE_MALFORMED;
	signer->key = key_of(signer->key_oid);
	if (signer->key == KO_KEY_UNKNOWN)
		return KO_MESSAGE_KEY;
	if (!ko_der_take(&rest, DER_OCTETS, &element))
		return KO_MESSAGE_MALFORMED;
	signer->signature = element.content;
	if (!ko_der_take(&rest, DER_CONTEXT | DER_CONSTRUCTED | 1, &element))
		ko_der_take(&rest, DER_CONTEXT | DER_CONSTRUCTED | 3, &element);
	if (rest.n)
		return KO_MESSAGE_MALFORMED;
	return (version == 3) == (signer->key_id.n > 0) ? KO_MESSAGE_FINE : KO_MESSAGE_IDENTITY;
}

static enum ko_message read_signers(struct span rest, unsigned int version, struct ko_pkcs7 *out)
{
	enum ko_message fault = KO_MESSAGE_FINE;
	struct ko_der signers, one;

	if ((!ko_der_take(&rest, DER_SET, &signers) &&
	     !ko_der_take(&rest, DER_SEQUENCE, &signers)) ||
	    !signers.content.n)
		return KO_MESSAGE_MALFORMED;
	while (signers.content.n && fault == KO_MESSAGE_FINE) {
		struct ko_signer *signer;

		if (!ko_der_take(&signers.content, DER_SEQUENCE, &one))
			return KO_MESSAGE_MALFORMED;
		signer = vec_push(&out->signers);
		if (!signer) {
			out->no_memory = true;
			return KO_MESSAGE_MALFORMED;
		}
		*signer = (struct ko_signer){0};
		fault = read_signer(one.content, version, out->content_kind, signer);
	}
	if (fault == KO_MESSAGE_FINE && rest.n)
		fault = KO_MESSAGE_MALFORMED;
	return fault;
}

/* What the signature says it is over: SEQUENCE { OID, [0] data OPTIONAL }. */
static enum ko_message read_content(struct span rest, struct ko_pkcs7 *out)
{
	struct ko_der kind, data;

	if (!ko_der_take(&rest, DER_OID, &kind))
		return KO_MESSAGE_MALFORMED;
	out->content_kind = kind.content;
	out->is_data = span_equal(kind.content, oid_data);
	out->has_content = ko_der_take(&rest, DER_CONTEXT | DER_CONSTRUCTED, &data);
	if (rest.n)
		return KO_MESSAGE_MALFORMED;
	return out->is_data || span_equal(kind.content, oid_authenticode) ? KO_MESSAGE_FINE
									  : KO_MESSAGE_CONTENT_KIND;
}

static enum ko_message read_signed_data(struct span rest, struct ko_pkcs7 *out)
{
	struct ko_der element;
	enum ko_message fault;
	unsigned int version;
	struct span oid;

	if (!take_version(&rest, &version))
		return KO_MESSAGE_MALFORMED;
	if (!is_known(version))
		return KO_MESSAGE_DATA_VERSION;
	if (!ko_der_take(&rest, DER_SET, &element) && !ko_der_take(&rest, DER_SEQUENCE, &element))
		return KO_MESSAGE_MALFORMED;
	out->hashes = element.content;
	while (element.content.n)
		if (!ko_pkcs7_take_algorithm(&element.content, &oid))
			return KO_MESSAGE_MALFORMED;
	if (!ko_der_take(&rest, DER_SEQUENCE, &element))
		return KO_MESSAGE_MALFORMED;
	fault = read_content(element.content, out);
	if (fault != KO_MESSAGE_FINE)
		return fault;
	if (ko_der_take(&rest, DER_CONTEXT | DER_CONSTRUCTED | 0, &element) ||
	    ko_der_take(&rest, DER_CONTEXT | DER_CONSTRUCTED | 2, &element))
		out->certificates = element.content;
	if (!ko_der_take(&rest, DER_CONTEXT | DER_CONSTRUCTED | 1, &element))
		ko_der_take(&rest, DER_CONTEXT | DER_CONSTRUCTED | 3, &element);
	return read_signers(rest, version, out);
}

enum ko_message ko_pkcs7_read(struct span message, struct ko_pkcs7 *out)
{
	struct ko_der outer, kind, content, data;
	enum ko_message fault;

	*out = (struct ko_pkcs7){0};
	if (!ko_der_take(&message, DER_SEQUENCE, &outer) ||
	    !ko_der_take(&outer.content, DER_OID, &kind))
		return KO_MESSAGE_MALFORMED;
	out->kind = kind.content;
	if (!span_equal(kind.content, oid_signed_data))
		return KO_MESSAGE_NOT_SIGNED_DATA;
	if (!ko_der_take(&outer.content, DER_CONTEXT | DER_CONSTRUCTED, &content) ||
	    !ko_der_take(&content.content, DER_SEQUENCE, &data))
		return KO_MESSAGE_MALFORMED;
	fault = read_signed_data(data.content, out);
	if (fault == KO_MESSAGE_FINE && (content.content.n || outer.content.n))
		fault = KO_MESSAGE_MALFORMED;
	return fault;
}

void ko_pkcs7_free(struct ko_pkcs7 *message)
{
	vec_free(&message->signers);
}
