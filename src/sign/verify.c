/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/verify.h"

#include <errno.h>
#include <stdio.h>

#include "ko/der.h"
#include "sign/internal.h"

bool sign_counts_as_unsigned(int code)
{
	return code == -ENODATA || code == -ENOPKG || code == -ENOKEY;
}

static const struct verdict_fault trailer_faults[] = {
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

static const struct verdict_fault message_faults[] = {
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

static const struct verdict_fault
	inconsistent = {"L-SIG-25", -EINVAL,
			"nobody has signed the signature, or only some "
			"of those who have give attributes",
			4, "PKCS7: Inconsistently supplied authAttrs"},
	embedded = {"L-SIG-11", -EBADMSG, "the signature holds a copy of what it signs"},
	not_data = {"L-SIG-12", -EKEYREJECTED, "the signature is not over plain data", 4,
		    "PKCS7: Invalid module sig (not pkcs7-data)"},
	attributes = {"L-SIG-13", -EKEYREJECTED,
		      "the signature has signed attributes (openssl cms needs -noattr)", 4,
		      "PKCS7: Invalid module sig (has authattrs)"};

static void tell_signer(struct sign_verdict *out, const struct ko_signer *signer)
{
	struct span name = ko_der_common_name(signer->issuer);

	snprintf(out->signer, sizeof(out->signer), "%.*s", (int)name.n, (const char *)name.p);
	verdict_hex(out->key_id, sizeof(out->key_id),
		    signer->key_id.n ? signer->key_id : signer->serial);
	out->hash = signer->hash;
	out->kind = signer->key;
}

static bool is_missing(const struct check *check, const struct ko_signer *signer)
{
	return check->kernel->missing_hashes & (1u << signer->hash);
}

/* The certificates inside of the message say who signed: then that has to be true. */
static int check_inside(const struct check *check, const struct ko_pkcs7 *message,
			struct chain *chain)
{
	unsigned int number = 0;
	int code = 0;

	vec_foreach (&message->signers, signer) {
		number++;
		if (code == 0 && check->out->code == 0 && !is_missing(check, signer))
			code = chain_verify(check, chain, signer, number);
	}
	return code;
}

/* Any signer whose key is there and right is enough; one whose key is there and wrong is too much.
 */
static int check_signers(const struct check *check, const struct ko_pkcs7 *message,
			 struct chain *chain)
{
	struct sign_verdict *out = check->out;

	verdict_decide(out, "L-SIG-15", -ENOKEY,
		       "the key that signed it (%s, %s) is not among those trusted",
		       out->signer[0] ? out->signer : "only known by its identifier", out->key_id);
	chain_begin(chain);
	vec_foreach (&message->signers, signer) {
		int code = is_missing(check, signer) ? -ENOPKG : chain_trust(check, chain, signer);

		if (code == -ENOPKG && !out->key)
			verdict_decide(out, "L-SIG-17", code,
				       "%s is not built into the kernel, and counts only when "
				       "modprobe can bring it",
				       ko_hash_name(signer->hash));
		else if (code < 0 && code != -ENOPKG && code != -ENOKEY)
			return code;
		if (out->code < 0 && !sign_counts_as_unsigned(out->code))
			return 0;
	}
	return 0;
}

/* With certificates inside, the key that counts may be another than the signer's. */
static void tell_held(const struct check *check, const struct chain *chain)
{
	struct sign_verdict *out = check->out;

	if (out->code == -ENOKEY)
		out->held = keyring_holds(check->ring, out->signer, out->key_id);
	if (out->held == HELD_NOT && chain->links.n)
		out->held = HELD_UNKNOWN;
}

static int check_parsed(const struct check *check, const struct ko_pkcs7 *message,
			struct chain *chain)
{
	struct sign_verdict *out = check->out;
	int code;

	if (message->has_content) {
		verdict_refuse(out, &embedded);
		verdict_say(out, 4, "PKCS7: Data already supplied");
		verdict_say(out, 3, "PKCS#7 signature with non-detached data");
		return 0;
	}
	if (!message->is_data) {
		verdict_refuse(out, &not_data);
		return 0;
	}
	if (message->signers.p[0].has_attributes) {
		verdict_refuse(out, &attributes);
		return 0;
	}
	code = check_inside(check, message, chain);
	if (code == 0 && out->code == 0)
		code = check_signers(check, message, chain);
	tell_held(check, chain);
	return code;
}

/* All signers have attributes, or none has. */
static bool is_consistent(const struct ko_pkcs7 *message)
{
	size_t with = 0;

	vec_foreach (&message->signers, signer)
		with += signer->has_attributes;
	return with == 0 || with == message->signers.n;
}

static int check_message(const struct check *check)
{
	DEFER(ko_pkcs7_free) struct ko_pkcs7 message = {0};
	DEFER(chain_free) struct chain chain = {0};
	enum ko_message fault = ko_pkcs7_read(check->message, &message);
	int code;

	if (message.no_memory)
		return err_no_memory(check->err);
	if (message.signers.n)
		tell_signer(check->out, &message.signers.p[0]);
	oids_meet_head(check, &message, fault);
	code = chain_read(check, message.certificates, &chain);
	if (code < 0 || check->out->code < 0)
		return code;
	fault = oids_meet_signers(check, &message, fault);
	if (fault != KO_MESSAGE_FINE)
		verdict_refuse(check->out, &message_faults[fault]);
	else if (!is_consistent(&message))
		verdict_refuse(check->out, &inconsistent);
	else
		return check_parsed(check, &message, &chain);
	return 0;
}

int sign_verify_message(struct keyring *ring, const struct sign_kernel *kernel, struct span content,
			struct span message, struct sign_verdict *out, struct err *err)
{
	struct check check = {ring, kernel, content, message, out, err};

	*out = (struct sign_verdict){0};
	if (message.n > KO_MESSAGE_MAX) {
		verdict_refuse(out, &trailer_faults[KO_TRAILER_LARGE]);
		return 0;
	}
	return check_message(&check);
}

static void say_again(struct sign_verdict *out)
{
	size_t count = out->line_count;

	for (size_t i = 0; i < count; i++)
		verdict_say(out, out->lines[i].level, "%s", out->lines[i].text);
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
	verdict_hex(text, sizeof(text), span_of(digest, sizeof(digest)));
	verdict_decide(out, "L-SIG-18", -EKEYREJECTED,
		       "the hash of the file (SHA-256 %s) is among those that the kernel refuses",
		       text);
	verdict_say(out, 3, "Module hash %s is blacklisted", text);
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
		if (out->code == -ENOKEY && kernel->two_rings)
			say_again(out);
		return code < 0 || out->code < 0 ? code : check_revoked(ring, file, out, err);
	}
	*out = (struct sign_verdict){0};
	verdict_refuse(out, &trailer_faults[signature->trailer]);
	return 0;
}
