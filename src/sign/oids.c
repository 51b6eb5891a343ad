/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Object identifiers in a signature, as a kernel meets them: what it does not know it logs, and
 * what it needs to know and does not ends the check. */
#include <stdio.h>

#include "ko/der.h"
#include "sign/internal.h"

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
unsigned int oids_number(const struct check *check, struct span oid)
{
	const struct sign_oids *oids = &check->kernel->oids;

	return oids->number ? oids->number(oids->context, oid) : oids->count;
}

/* The line for each identifier that a kernel meets and does not know. Returns its number. */
static unsigned int meet(const struct check *check, struct span oid, unsigned int times)
{
	unsigned int number = oids_number(check, oid);
	char text[96];

	if (number < check->kernel->oids.count || check->kernel->oids.count == 0)
		return number;
	tell_oid(text, sizeof(text), oid);
	while (times-- > 0)
		verdict_say(check->out, 4, "PKCS7: Unknown OID: [%zu] %s",
			    (size_t)(oid.p - check->message.p), text);
	return number;
}

/* A Name is a sequence of sets of pairs (kind, text). */
static void meet_name(const struct check *check, struct span name)
{
	struct ko_der all, set, pair, kind;

	if (!ko_der_take(&name, DER_SEQUENCE, &all))
		return;
	while (ko_der_take(&all.content, DER_SET, &set))
		while (ko_der_take(&set.content, DER_SEQUENCE, &pair))
			if (ko_der_take(&pair.content, DER_OID, &kind))
				meet(check, kind.content, 1);
}

static enum ko_message meet_signer(const struct check *check, const struct ko_signer *signer)
{
	unsigned int count = check->kernel->oids.count, number;

	meet_name(check, signer->issuer);
	if (!signer->hash_oid.n)
		return KO_MESSAGE_FINE;
	number = meet(check, signer->hash_oid, 1);
	if (signer->hash == KO_HASH_UNKNOWN || (count && number == count)) {
		verdict_say(check->out, 4, "Unsupported digest algo: %u", number);
		return KO_MESSAGE_HASH;
	}
	if (!signer->key_oid.n)
		return KO_MESSAGE_FINE;
	number = meet(check, signer->key_oid, 1);
	if (signer->key == KO_KEY_UNKNOWN || (count && number == count)) {
		verdict_say(check->out, 4, "Unsupported pkey algo: %u", number);
		return KO_MESSAGE_KEY;
	}
	return KO_MESSAGE_FINE;
}

void oids_meet_head(const struct check *check, const struct ko_pkcs7 *message,
		    enum ko_message fault)
{
	struct span hashes = message->hashes, oid;
	unsigned int number;

	if (message->kind.n)
		meet(check, message->kind, 1);
	for (bool more = true; more && hashes.n;) {
		more = ko_pkcs7_take_algorithm(&hashes, &oid);
		if (oid.n)
			meet(check, oid, 1);
	}
	if (!message->content_kind.n)
		return;
	number = meet(check, message->content_kind, 2);
	if (fault == KO_MESSAGE_CONTENT_KIND)
		verdict_say(check->out, 4, "PKCS7: Unsupported data type %u", number);
}

enum ko_message oids_meet_signers(const struct check *check, const struct ko_pkcs7 *message,
				  enum ko_message fault)
{
	vec_foreach (&message->signers, signer) {
		enum ko_message unknown = meet_signer(check, signer);

		if (unknown != KO_MESSAGE_FINE)
			return unknown;
		if (fault == KO_MESSAGE_ATTRIBUTE_KIND && !signer->key_oid.n)
			verdict_say(
				check->out, 4,
				"PKCS7: Mismatch between global data type (%u) and sinfo 0 (%u)",
				oids_number(check, message->content_kind),
				oids_number(check, signer->attributed_kind));
	}
	return fault;
}
