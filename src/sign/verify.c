/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "ko/der.h"

struct check {
	struct keyring *ring;
	const struct sign_kernel *kernel;
	struct span content, message;
	struct sign_verdict *out;
	struct err *err;
};

bool sign_counts_as_unsigned(int code)
{
	return code == -ENODATA || code == -ENOPKG || code == -ENOKEY;
}

static __attribute__((format(printf, 3, 4))) void say(struct sign_verdict *out, int level,
						      const char *format, ...)
{
	struct sign_line *line = &out->lines[out->line_count];
	va_list args;

	if (out->line_count == SIGN_LINES)
		return;
	out->line_count++;
	line->level = level;
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
}

/* What is wrong, when that is told by the form alone. */
struct fault {
	const char *id;
	int code;
	const char *sentence;
	int level; /* of the kernel's line; NULL: it says nothing */
	const char *line;
};

static const struct fault trailer_faults[] = {
	[KO_TRAILER_NONE] = {"L-SIG-20", -ENODATA, "the module is not signed"},
	[KO_TRAILER_SHORT] = {"L-SIG-01", -EBADMSG, "the signature is cut short"},
	[KO_TRAILER_LENGTH] = {"L-SIG-02", -EBADMSG,
			       "the signature claims to be longer than the file"},
	[KO_TRAILER_TYPE] = {"L-SIG-03", -ENOPKG, "the signature is not of type PKCS#7", 3,
			     "module: not signed with expected PKCS#7 message"},
	[KO_TRAILER_FIELDS] = {"L-SIG-04", -EBADMSG, "the signature's trailer is damaged", 3,
			       "module: PKCS#7 signature info has unexpected non-zero params"},
	[KO_TRAILER_LARGE] = {"L-SIG-05", -EMSGSIZE, "the signature is longer than 65535 bytes"},
};

static const struct fault message_faults[] = {
	[KO_MESSAGE_MALFORMED] = {"L-SIG-06", -EBADMSG, "the signature is damaged"},
	[KO_MESSAGE_NOT_SIGNED_DATA] = {"L-SIG-07", -EINVAL,
					"the signature's PKCS#7 message is not signed data", 4,
					"PKCS7: Only support pkcs7_signedData type"},
	[KO_MESSAGE_DATA_VERSION] = {"L-SIG-08", -EINVAL,
				     "the signature's version is neither 1 nor 3", 4,
				     "PKCS7: Unsupported SignedData version"},
	[KO_MESSAGE_SIGNER_VERSION] = {"L-SIG-08", -EINVAL,
				       "the version of the signer's part is neither 1 nor 3", 4,
				       "PKCS7: Unsupported SignerInfo version"},
	[KO_MESSAGE_VERSIONS] = {"L-SIG-08", -EBADMSG,
				 "the versions in the signature contradict each other", 4,
				 "PKCS7: SignedData-SignerInfo version mismatch"},
	[KO_MESSAGE_IDENTITY] = {"L-SIG-08", -EINVAL,
				 "the signer is not named in the way of the signature's version"},
	[KO_MESSAGE_ATTRIBUTE] = {"L-SIG-13", -EBADMSG,
				  "an attribute in the signature is not of its form"},
	[KO_MESSAGE_ATTRIBUTE_TWICE] = {"L-SIG-13", -EKEYREJECTED,
					"an attribute in the signature has more than one value", 4,
					"PKCS7: Repeated/multivalue AuthAttrs not permitted"},
	[KO_MESSAGE_ATTRIBUTE_KIND] = {"L-SIG-13", -EBADMSG,
				       "an attribute in the signature says that something else "
				       "than data is signed"},
	[KO_MESSAGE_ATTRIBUTES] = {"L-SIG-13", -EBADMSG,
				   "the signature has attributes, but not those that must be there",
				   4, "PKCS7: Missing required AuthAttr"},
	[KO_MESSAGE_SMIME] = {"L-SIG-13", -EKEYREJECTED,
			      "the signature has signed attributes, as e-mail has (openssl cms "
			      "needs -noattr)",
			      4, "PKCS7: S/MIME Caps only allowed with Authenticode"},
	[KO_MESSAGE_CONTENT_KIND] = {"L-SIG-12", -EINVAL,
				     "the signature says it is over something else than data"},
	[KO_MESSAGE_HASH] = {"L-SIG-09", -ENOPKG,
			     "the kernel does not know the signature's hash algorithm"},
	[KO_MESSAGE_KEY] = {"L-SIG-10", -ENOPKG,
			    "the kernel does not know the signature's kind of key"},
};

static const struct fault embedded = {"L-SIG-11", -EBADMSG,
				      "the signature holds a copy of what it signs"},
			  not_data = {"L-SIG-12", -EKEYREJECTED,
				      "the signature is not over plain data", 4,
				      "PKCS7: Invalid module sig (not pkcs7-data)"},
			  attributes = {
				  "L-SIG-13", -EKEYREJECTED,
				  "the signature has signed attributes (openssl cms needs -noattr)",
				  4, "PKCS7: Invalid module sig (has authattrs)"};

static void refuse(struct sign_verdict *out, const struct fault *fault)
{
	out->id = fault->id;
	out->code = fault->code;
	snprintf(out->sentence, sizeof(out->sentence), "%s", fault->sentence);
	if (fault->line)
		say(out, fault->level, "%s", fault->line);
}

static __attribute__((format(printf, 4, 5))) void decide(struct sign_verdict *out, const char *id,
							 int code, const char *format, ...)
{
	va_list args;

	out->id = id;
	out->code = code;
	va_start(args, format);
	vsnprintf(out->sentence, sizeof(out->sentence), format, args);
	va_end(args);
}

static void tell_hex(char *out, size_t size, struct span bytes)
{
	*out = 0;
	for (size_t i = 0; i < bytes.n && 2 * i + 3 <= size; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes.p[i]);
}

static void tell_signer(struct sign_verdict *out, const struct ko_signer *signer)
{
	struct span name = ko_der_common_name(signer->issuer);

	snprintf(out->signer, sizeof(out->signer), "%.*s", (int)name.n, (const char *)name.p);
	tell_hex(out->key_id, sizeof(out->key_id),
		 signer->key_id.n ? signer->key_id : signer->serial);
	out->hash = signer->hash;
	out->kind = signer->key;
}

/* "1.2.840.113549": seven bits per byte, the first number holds two. An incomplete one ends with
 * "(bad)", as the kernel writes it. */
static void tell_oid(char *out, size_t size, struct span oid)
{
	unsigned long number = 0;
	size_t at = 0;

	if (oid.n)
		at = (size_t)snprintf(out, size, "%u.%u", oid.p[0] / 40, oid.p[0] % 40);
	for (size_t i = 1; i < oid.n && at < size; i++) {
		number = number << 7 | (oid.p[i] & 0x7f);
		if (oid.p[i] & 0x80)
			continue;
		at += (size_t)snprintf(out + at, size - at, ".%lu", number);
		number = 0;
	}
	if (at < size && (oid.n == 0 || oid.p[oid.n - 1] & 0x80))
		snprintf(out + at, size - at, "(bad)");
}

/* The kernel's number of an identifier. */
static unsigned int number_of(const struct check *check, struct span oid)
{
	const struct sign_oids *oids = &check->kernel->oids;

	return oids->number ? oids->number(oids->context, oid) : oids->count;
}

/* The line for each identifier that a kernel meets and does not know. Returns its number. */
static unsigned int meet(const struct check *check, struct span oid, unsigned int times)
{
	unsigned int number = number_of(check, oid);
	char text[96];

	if (number < check->kernel->oids.count)
		return number;
	tell_oid(text, sizeof(text), oid);
	while (times-- > 0)
		say(check->out, 4, "PKCS7: Unknown OID: [%zu] %s",
		    (size_t)(oid.p - check->message.p), text);
	return number;
}

static enum ko_message meet_signer(const struct check *check, const struct ko_signer *signer)
{
	unsigned int count = check->kernel->oids.count, number;

	if (!signer->hash_oid.n)
		return KO_MESSAGE_FINE;
	number = meet(check, signer->hash_oid, 1);
	if (signer->hash == KO_HASH_UNKNOWN || (count && number == count)) {
		say(check->out, 4, "Unsupported digest algo: %u", number);
		return KO_MESSAGE_HASH;
	}
	if (!signer->key_oid.n)
		return KO_MESSAGE_FINE;
	number = meet(check, signer->key_oid, 1);
	if (signer->key == KO_KEY_UNKNOWN || (count && number == count)) {
		say(check->out, 4, "Unsupported pkey algo: %u", number);
		return KO_MESSAGE_KEY;
	}
	return KO_MESSAGE_FINE;
}

/* Goes through the identifiers in the order in which a kernel meets them; one that it does not know
 * may end that before the fault that the message has. */
static enum ko_message meet_all(const struct check *check, const struct ko_pkcs7 *message,
				enum ko_message fault)
{
	struct span hashes = message->hashes, oid;
	unsigned int number;

	if (message->kind.n)
		meet(check, message->kind, 1);
	while (ko_pkcs7_take_algorithm(&hashes, &oid))
		meet(check, oid, 1);
	if (message->content_kind.n) {
		number = meet(check, message->content_kind, 2);
		if (fault == KO_MESSAGE_CONTENT_KIND)
			say(check->out, 4, "PKCS7: Unsupported data type %u", number);
	}
	vec_foreach (&message->signers, signer) {
		enum ko_message unknown = meet_signer(check, signer);

		if (unknown != KO_MESSAGE_FINE)
			return unknown;
		if (fault == KO_MESSAGE_ATTRIBUTE_KIND && !signer->key_oid.n)
			say(check->out, 4,
			    "PKCS7: Mismatch between global data type (%u) and sinfo 0 (%u)",
			    number_of(check, message->content_kind),
			    number_of(check, signer->attributed_kind));
	}
	return fault;
}

static bool is_missing(const struct check *check, const struct ko_signer *signer)
{
	return check->kernel->missing_hashes & (1u << signer->hash);
}

/* Whether a signature is by a key, as far as a kernel sees: it is, or it is not. */
static int check_key(const struct check *check, struct keyring *ring, const struct keyring_key *key,
		     const struct ko_signer *signer, bool *good)
{
	struct err why = {0};
	int code = keyring_check(ring, key, signer, check->content, &why);

	*good = code == 0;
	return code < 0 && code != -EKEYREJECTED && code != -ENOPKG
		       ? err_set(check->err, code, "%s", why.text)
		       : 0;
}

/* A certificate inside of the message says who signed: then that has to be true. */
static int check_inside(const struct check *check, const struct ko_pkcs7 *message)
{
	DEFER(keyring_freep) struct keyring *inside = NULL;
	bool good = true;
	int code = keyring_new(&inside, check->err);

	if (code == 0)
		code = keyring_add_der(inside, message->certificates, "", check->err);
	vec_foreach (&message->signers, signer) {
		const struct keyring_key *key = code < 0 ? NULL : keyring_find(inside, signer);

		if (key && good && !is_missing(check, signer))
			code = check_key(check, inside, key, signer, &good);
	}
	if (!good)
		decide(check->out, "L-SIG-14", -EKEYREJECTED,
		       "the signature is not by the certificate that is inside of it");
	return code;
}

/* Any signer whose key is there and right is enough; one whose key is there and wrong is too much.
 */
static int check_signers(const struct check *check, const struct ko_pkcs7 *message)
{
	struct sign_verdict *out = check->out;

	decide(out, "L-SIG-15", -ENOKEY,
	       "the key that signed it (%s, %s) is not among those trusted",
	       out->signer[0] ? out->signer : "only known by its identifier", out->key_id);
	if (message->signers.n == 0)
		decide(out, "L-SIG-17", -ENOPKG, "nobody has signed the signature");
	vec_foreach (&message->signers, signer) {
		const struct keyring_key *key = keyring_find(check->ring, signer);
		bool good = false;
		int code;

		if (is_missing(check, signer) && !out->key)
			decide(out, "L-SIG-17", -ENOPKG,
			       "%s is not built into the kernel, and counts only when modprobe can "
			       "bring it",
			       ko_hash_name(signer->hash));
		if (!key || is_missing(check, signer))
			continue;
		code = check_key(check, check->ring, key, signer, &good);
		if (code < 0)
			return code;
		out->key = key;
		decide(out, NULL, 0, "%s", "");
		if (good)
			continue;
		decide(out, "L-SIG-16", -EKEYREJECTED,
		       "the signature by %s is not that of this file: the file was changed after "
		       "it was signed",
		       key->name);
		return 0;
	}
	return 0;
}

static int check_parsed(const struct check *check, const struct ko_pkcs7 *message)
{
	struct sign_verdict *out = check->out;
	int code = 0;

	if (message->has_content) {
		refuse(out, &embedded);
		say(out, 4, "PKCS7: Data already supplied");
		say(out, 3, "PKCS#7 signature with non-detached data");
		return 0;
	}
	if (!message->is_data) {
		refuse(out, &not_data);
		return 0;
	}
	vec_foreach (&message->signers, signer)
		if (signer->has_attributes) {
			refuse(out, &attributes);
			return 0;
		}
	if (message->certificates.n)
		code = check_inside(check, message);
	return code < 0 || out->code < 0 ? code : check_signers(check, message);
}

static int check_message(const struct check *check)
{
	DEFER(ko_pkcs7_free) struct ko_pkcs7 message = {0};
	enum ko_message fault = ko_pkcs7_read(check->message, &message);

	if (message.no_memory)
		return err_no_memory(check->err);
	if (message.signers.n)
		tell_signer(check->out, &message.signers.p[0]);
	fault = meet_all(check, &message, fault);
	if (fault == KO_MESSAGE_FINE)
		return check_parsed(check, &message);
	refuse(check->out, &message_faults[fault]);
	return 0;
}

int sign_verify_message(struct keyring *ring, const struct sign_kernel *kernel, struct span content,
			struct span message, struct sign_verdict *out, struct err *err)
{
	struct check check = {ring, kernel, content, message, out, err};

	*out = (struct sign_verdict){0};
	if (message.n > KO_MESSAGE_MAX) {
		refuse(out, &trailer_faults[KO_TRAILER_LARGE]);
		return 0;
	}
	return check_message(&check);
}

/* Of a file that is signed well: whether it is refused nevertheless. */
static int check_revoked(struct keyring *ring, struct span file, struct sign_verdict *out,
			 struct err *err)
{
	unsigned char digest[REVOKED_DIGEST];
	char text[2 * REVOKED_DIGEST + 1];
	bool revoked;
	int code = keyring_is_revoked(ring, "bin", file, &revoked, digest, err);

	if (code < 0 || !revoked)
		return code;
	tell_hex(text, sizeof(text), span_of(digest, sizeof(digest)));
	decide(out, "L-SIG-18", -EKEYREJECTED,
	       "the hash of the file (SHA-256 %s) is among those that the kernel refuses", text);
	say(out, 3, "Module hash %s is blacklisted", text);
	return 0;
}

int sign_verify(struct keyring *ring, const struct sign_kernel *kernel, struct span file,
		struct ko_signature *signature, struct sign_verdict *out, struct err *err)
{
	int code;

	ko_signature_split(file, signature);
	if (signature->trailer == KO_TRAILER_FINE) {
		code = sign_verify_message(ring, kernel, signature->content, signature->message,
					   out, err);
		return code < 0 || out->code < 0 ? code : check_revoked(ring, file, out, err);
	}
	*out = (struct sign_verdict){0};
	refuse(out, &trailer_faults[signature->trailer]);
	return 0;
}
