/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What modinfo tells of a module: .modinfo, and the fields of its signature as further strings.
 * Bytes are shown in hexadecimal, 20 in a line.
 *
 * A signature of before Linux 4.3 has the names of signer and key in front of it, with their
 * lengths in the trailer.
 */
#include "ko/der.h"
#include "ko/object.h"
#include "ko/signature.h"

enum {
	TRAILER_ALGORITHM = 0,
	OLD_ALGORITHMS = 2, /* DSA, RSA */
	TRAILER_HASH = 1,
	TRAILER_SIGNER_LENGTH = 3,
	TRAILER_KEY_LENGTH = 4,
	TYPE_PKCS7 = 2,
	FIELDS = 5,
	BYTES_IN_LINE = 20,
	NAMES_MAX = 2 * 255, /* before an old signature */
};

struct fields {
	const char *id, *hash;
	struct span signer, key, signature;
};

static char *hexadecimal(struct arena *arena, struct span bytes)
{
	static const char digits[] = "0123456789ABCDEF", line[] = ":\n\t\t";
	char *text = arena_alloc(arena, bytes.n * 3 + bytes.n / BYTES_IN_LINE * strlen(line) + 1);
	char *p = text;

	for (size_t i = 0; text && i < bytes.n; i++) {
		if (i)
			p = stpcpy(p, i % BYTES_IN_LINE ? ":" : line);
		*p++ = digits[bytes.p[i] >> 4];
		*p++ = digits[bytes.p[i] & 15];
	}
	return text;
}

/* A number's bytes without the zeros in front. */
static struct span magnitude(struct span bytes)
{
	while (bytes.n && bytes.p[0] == 0)
		bytes = span_of(bytes.p + 1, bytes.n - 1);
	return bytes;
}

static bool read_pkcs7(struct span message, struct fields *out)
{
	DEFER(ko_pkcs7_free) struct ko_pkcs7 pkcs7 = {0};
	const struct ko_signer *signer;

	if (ko_pkcs7_read(message, &pkcs7) == KO_MESSAGE_MALFORMED || pkcs7.signers.n == 0)
		return false;
	signer = &pkcs7.signers.p[0];
	*out = (struct fields){
		.id = "PKCS#7",
		.hash = ko_hash_name(signer->hash),
		.signer = ko_der_common_name(signer->issuer),
		.key = signer->serial.n ? magnitude(signer->serial) : signer->key_id,
		.signature = signer->signature,
	};
	return true;
}

static const char *const old_types[TYPE_PKCS7] = {"PGP", "X509"};
static const char *const old_hashes[] = {"md4",	   "md5",    "sha1",   "rmd160", "sha256",
					 "sha384", "sha512", "sha224", "sm3"};

/* Of a message of PKCS#7, too, although its fields are zeros: kmod shows none else. */
static bool has_known_fields(const struct ko_signature *signature)
{
	const unsigned char *trailer = signature->message.p + signature->message.n;

	return trailer[TRAILER_ALGORITHM] < OLD_ALGORITHMS &&
	       trailer[TRAILER_HASH] < sizeof(old_hashes) / sizeof(old_hashes[0]) &&
	       signature->type <= TYPE_PKCS7 &&
	       signature->content.n >=
		       (size_t)trailer[TRAILER_SIGNER_LENGTH] + trailer[TRAILER_KEY_LENGTH];
}

static void read_old(const struct ko_signature *signature, struct fields *out)
{
	const unsigned char *trailer = signature->message.p + signature->message.n;
	struct span module = signature->content;
	unsigned int signer_length = trailer[TRAILER_SIGNER_LENGTH];
	unsigned int key_length = trailer[TRAILER_KEY_LENGTH];

	out->id = old_types[signature->type];
	out->hash = old_hashes[trailer[TRAILER_HASH]];
	out->signature = signature->message;
	out->key = span_of(module.p + module.n - key_length, key_length);
	out->signer = span_of(out->key.p - signer_length, signer_length);
}

/* Of the file only what the signature can be is read: its end, as long as the trailer says. */
static struct span end_of_file(struct ko *ko)
{
	uint64_t fixed = KO_TRAILER_SIZE + ko_signature_marker.n, length = 0;
	struct span end = {NULL, 0};

	if (!ko_is_signed(ko) || ko->size < fixed || !ko_fetch(ko, ko->size - fixed, fixed, &end) ||
	    !span_number(end, KO_TRAILER_SIZE - 4, 4, true, &length))
		return (struct span){NULL, 0};
	length += fixed + NAMES_MAX;
	if (length > ko->size)
		length = ko->size;
	return ko_fetch(ko, ko->size - length, length, &end) ? end : (struct span){NULL, 0};
}

static bool read_signature(struct ko *ko, struct fields *out)
{
	struct ko_signature signature;

	ko_signature_split(end_of_file(ko), &signature);
	if (signature.message.n == 0 || !has_known_fields(&signature))
		return false;
	if (signature.type == TYPE_PKCS7)
		return read_pkcs7(signature.message, out);
	read_old(&signature, out);
	return true;
}

static bool append(struct ko *ko, const struct fields *fields, struct ko_info *out)
{
	struct arena *arena = ko->arena;

	out[0] = (struct ko_info){"sig_id", fields->id};
	out[1] = (struct ko_info){
		"signer", arena_strndup(arena, (const char *)fields->signer.p, fields->signer.n)};
	out[2] = (struct ko_info){"sig_key", hexadecimal(arena, fields->key)};
	out[3] = (struct ko_info){"sig_hashalgo", fields->hash};
	out[4] = (struct ko_info){"signature", hexadecimal(arena, fields->signature)};
	return out[1].value && out[2].value && out[4].value;
}

static bool describe(struct ko *ko)
{
	struct fields fields = {0};
	bool is_signed = read_signature(ko, &fields);
	size_t n = ko->infos.n + (is_signed ? FIELDS : 0);
	struct ko_info *all = arena_array(ko->arena, n, sizeof(*all));

	if (!all)
		return false;
	if (ko->infos.n)
		memcpy(all, ko->infos.p, ko->infos.n * sizeof(*all));
	if (is_signed && !append(ko, &fields, all + ko->infos.n))
		return false;
	ko->description.n = n;
	ko->description.p = all;
	return true;
}

const struct ko_info *ko_description(const struct ko *ko, size_t *count)
{
	*count = 0;
	if (!ko->description.p && !describe(ko_mutable(ko)))
		return NULL;
	*count = ko->description.n;
	return ko->description.p;
}
