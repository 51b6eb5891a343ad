/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "sign/internal.h"

static const struct verdict_fault damaged = {"L-SIG-22", -EBADMSG,
					     "a certificate inside of the signature is damaged"},
				  false_name = {"L-SIG-14", -EKEYREJECTED,
						"a certificate inside of the signature gives two "
						"different names for its own key"};

static const struct verdict_fault certificate_faults[] = {
	[SIGN_X509_AUTHORITY] = {"L-SIG-22", -EBADMSG,
				 "a certificate inside of the signature does not name its issuer "
				 "in a way that can be read",
				 4, "X.509: Couldn't decode AuthKeyIdentifier"},
	[SIGN_X509_ALGORITHM] = {"L-SIG-23", -ENOPKG,
				 "the kernel does not know the kind of a certificate inside of the "
				 "signature"},
	[SIGN_X509_ALGORITHMS] = {"L-SIG-22", -EINVAL,
				  "a certificate inside of the signature is signed in one way and "
				  "says that it is in another"},
};

void chain_free(struct chain *chain)
{
	keyring_free(chain->inside);
	vec_free(&chain->links);
}

void chain_begin(struct chain *chain)
{
	vec_foreach (&chain->links, link)
		link->seen = false;
}

/* The error with which a kernel says that a seal is not by this key; 0: it is. *refusal is that of
 * the kernel, the result what keeps it from being told. */
static int check_seal(const struct check *check, struct keyring *ring,
		      const struct keyring_key *key, const struct sign_seal *seal, int *refusal)
{
	struct err why = {0};
	int code;

	*refusal = seal->kind != key->certificate.kind			? -EKEYREJECTED
		   : check->kernel->missing_keys & (1u << seal->kind)	? -ENOENT
		   : check->kernel->missing_hashes & (1u << seal->hash) ? -EINVAL
									: 0;
	if (*refusal)
		return 0;
	code = keyring_check(ring, key, seal, &why);
	*refusal = code == -ENOPKG ? -EKEYREJECTED : code;
	return code == 0 || code == -EKEYREJECTED || code == -ENOPKG || code == -EINVAL ||
			       code == -EBADMSG
		       ? 0
		       : err_set(check->err, code, "%s", why.text);
}

/* A seal inside of the message has to be what it claims to be. */
static int insist(const struct check *check, const struct chain *chain, const struct chain_link *by,
		  const struct sign_seal *seal, const char *what)
{
	int refusal, code = check_seal(check, chain->inside, by->key, seal, &refusal);

	if (code < 0 || refusal == 0)
		return code;
	if (refusal == -ENOENT)
		verdict_decide(check->out, "L-SIG-24", refusal,
			       "the kernel has no %s, which it needs for a certificate inside of "
			       "the signature",
			       ko_key_kind_name(seal->kind));
	else
		verdict_decide(check->out, "L-SIG-14", refusal,
			       "%s is not by the certificate of %s that is inside of it", what,
			       by->key->name[0] ? by->key->name : "its issuer");
	return 0;
}

static bool is_refused(const struct check *check)
{
	return check->out->code < 0;
}

static bool is_known(const struct check *check, struct span oid)
{
	unsigned int count = check->kernel->oids.count;

	return oid.n == 0 || count == 0 || oids_number(check, oid) < count;
}

static void refuse_certificate(const struct check *check, const struct sign_x509 *certificate)
{
	enum sign_x509_fault fault = certificate->fault;

	if (!is_known(check, certificate->algorithm) || !is_known(check, certificate->curve))
		fault = SIGN_X509_ALGORITHM;
	if (fault == SIGN_X509_FINE)
		return;
	verdict_refuse(check->out, &certificate_faults[fault]);
	if (fault == SIGN_X509_ALGORITHMS)
		verdict_say(
			check->out, 4,
			"X.509: signatureAlgorithm (%u) differs from tbsCertificate.signature (%u)",
			oids_number(check, certificate->algorithm_again),
			oids_number(check, certificate->algorithm));
}

/* A certificate that a kernel refuses, by its hash, is nobody's. */
static int read_revoked(const struct check *check, struct chain_link *link)
{
	unsigned char digest[REVOKED_DIGEST];
	char text[2 * REVOKED_DIGEST + 1];
	const struct sign_seal *seal = &link->key->certificate.seal;
	int code;

	if (seal->hash != KO_HASH_SHA256)
		return 0;
	code = keyring_is_revoked(check->ring, "tbs", seal->content, &link->revoked, digest,
				  check->err);
	if (code < 0 || !link->revoked)
		return code;
	verdict_hex(text, sizeof(text), span_of(digest, sizeof(digest)));
	verdict_say(check->out, 3, "X.509: Cert %s is blacklisted", text);
	return 0;
}

/* It has signed itself when subject and issuer are one, and the name of its issuer is its own. */
static int read_self_signed(const struct check *check, const struct chain *chain,
			    struct chain_link *link)
{
	const struct sign_x509 *certificate = &link->key->certificate;
	const struct sign_name *name = &certificate->name, *authority = &certificate->authority;
	bool by_key_id = authority->key_id.n && span_equal(name->key_id, authority->key_id);
	bool by_serial = authority->issuer.n && sign_name_fits(name, authority);
	int code;

	if (!span_equal(certificate->subject, name->issuer) ||
	    ((authority->issuer.n || authority->key_id.n) && !by_key_id && !by_serial) ||
	    check->kernel->missing_hashes & (1u << certificate->seal.hash))
		return 0;
	if (by_key_id != by_serial && authority->issuer.n && authority->key_id.n) {
		verdict_refuse(check->out, &false_name);
		return 0;
	}
	code = insist(check, chain, link, &certificate->seal, "the signature of a certificate");
	link->self_signed = code == 0 && !is_refused(check);
	return code;
}

static int read_link(const struct check *check, struct chain *chain, size_t index)
{
	struct chain_link *link = vec_push(&chain->links);
	int code;

	if (!link)
		return err_no_memory(check->err);
	*link = (struct chain_link){.key = keyring_key(chain->inside, index)};
	refuse_certificate(check, &link->key->certificate);
	if (is_refused(check))
		return 0;
	code = read_revoked(check, link);
	return code < 0 ? code : read_self_signed(check, chain, link);
}

int chain_read(const struct check *check, struct span certificates, struct chain *out)
{
	struct sign_x509 certificate;
	int code = keyring_new(&out->inside, check->err);

	if (code == 0)
		code = keyring_add_der(out->inside, certificates, "inside", check->err);
	for (size_t i = 0; certificates.n && code == 0 && !is_refused(check); i++)
		if (sign_x509_next(&certificates, &certificate))
			code = read_link(check, out, i);
		else
			verdict_refuse(check->out, &damaged);
	return code;
}

static struct chain_link *find_link(const struct chain *chain, const struct sign_name *name)
{
	vec_foreach (&chain->links, link)
		if (sign_name_fits(&link->key->certificate.name, name))
			return link;
	return NULL;
}

static struct sign_seal seal_of(const struct check *check, const struct ko_signer *signer)
{
	return (struct sign_seal){check->content, signer->signature, signer->hash, signer->key};
}

static struct sign_name name_of(const struct ko_signer *signer)
{
	return (struct sign_name){signer->issuer, signer->serial, signer->key_id};
}

/* A signer who is named by a key identifier is not looked for inside. */
static struct chain_link *first_link(const struct chain *chain, const struct ko_signer *signer)
{
	struct sign_name name = name_of(signer);

	return signer->key_id.n ? NULL : find_link(chain, &name);
}

static unsigned int number_of(const struct chain *chain, const struct chain_link *link)
{
	return (unsigned int)(link - chain->links.p) + 1;
}

/* The next of a chain, which has to have signed this one; NULL: the chain ends here. */
static int find_issuer(const struct check *check, const struct chain *chain,
		       const struct chain_link *link, unsigned int number, struct chain_link **out)
{
	const struct sign_x509 *certificate = &link->key->certificate;
	struct chain_link *issuer = find_link(chain, &certificate->authority);
	int code;

	*out = NULL;
	if (!issuer)
		return 0;
	if (sign_name_contradicts(&issuer->key->certificate.name, &certificate->authority)) {
		verdict_decide(check->out, "L-SIG-14", -EKEYREJECTED,
			       "a certificate inside of the signature gives two different names "
			       "for its issuer's key");
		verdict_say(check->out, 4,
			    "PKCS7: Sig %u: X.509 chain contains auth-skid nonmatch (%u->%u)",
			    number, number_of(chain, link), number_of(chain, issuer));
		return 0;
	}
	if (issuer->seen) {
		verdict_say(check->out, 4, "PKCS7: Sig %u: X.509 chain contains loop", number);
		return 0;
	}
	code = insist(check, chain, issuer, &certificate->seal, "the signature of a certificate");
	if (code == 0 && !is_refused(check))
		*out = issuer;
	return code;
}

int chain_verify(const struct check *check, struct chain *chain, const struct ko_signer *signer,
		 unsigned int number)
{
	struct chain_link *link = first_link(chain, signer);
	struct sign_seal seal = seal_of(check, signer);
	int code = 0;

	if (!link)
		return 0;
	chain_begin(chain);
	code = insist(check, chain, link, &seal, "the signature");
	while (code == 0 && link && !is_refused(check)) {
		link->seen = true;
		if (link->self_signed)
			link->issuer = link;
		if (link->self_signed || link->revoked)
			break;
		code = find_issuer(check, chain, link, number, &link->issuer);
		link = link->issuer;
	}
	return code;
}

/* The key of the ring is there: now it has to be the one that made the seal. */
static int trust_by(const struct check *check, const struct keyring_key *key,
		    const struct sign_seal *seal, unsigned int through)
{
	int refusal, code = check_seal(check, check->ring, key, seal, &refusal);

	if (code < 0)
		return code;
	check->out->key = key;
	check->out->through = through;
	if (refusal == 0)
		verdict_decide(check->out, NULL, 0, "%s", "");
	else if (seal->content.p == check->content.p)
		verdict_decide(check->out, "L-SIG-16", -EKEYREJECTED,
			       "the signature by %s is not that of this file: the file was changed "
			       "after it was signed",
			       key->name);
	else
		verdict_decide(check->out, "L-SIG-14", -EKEYREJECTED,
			       "the signature of a certificate inside is not by the trusted key of "
			       "%s, as it claims",
			       key->name);
	return 0;
}

/* Behind the last certificate may be a key of the ring; -EAGAIN: there is none. */
static int trust_issuer(const struct check *check, const struct chain_link *last,
			unsigned int through)
{
	const struct sign_x509 *certificate = &last->key->certificate;
	const struct keyring_key *key;
	int found = keyring_find(check->ring, &certificate->authority, &key);

	if (found == 0)
		return trust_by(check, key, &certificate->seal, through);
	if (found == -EKEYREJECTED)
		verdict_decide(check->out, "L-SIG-14", found,
			       "a certificate inside of the signature gives two different names "
			       "for the trusted key of its issuer");
	return found == -ENOKEY ? -EAGAIN : 0;
}

static int trust_signer(const struct check *check, const struct ko_signer *signer)
{
	const struct sign_name name = name_of(signer);
	const struct sign_seal seal = seal_of(check, signer);
	const struct keyring_key *key;
	int found = keyring_find(check->ring, &name, &key);

	return found == 0 ? trust_by(check, key, &seal, 0) : found;
}

/* Goes up the chain until a link is in the ring, too; *last: the one where it ends. -EAGAIN: none
 * is in the ring, and the last names somebody else. */
static int trust_links(const struct check *check, struct chain_link *link, struct sign_seal seal,
		       unsigned int *through, struct chain_link **last)
{
	const struct keyring_key *key;

	for (; link; link = link->issuer) {
		*last = link;
		if (link->seen)
			return link->trusted ? 0 : -ENOKEY;
		link->seen = true;
		if (keyring_find(check->ring, &link->key->certificate.name, &key) == 0)
			return trust_by(check, key, &seal, *through);
		if (link->issuer == link)
			return -ENOKEY;
		seal = link->key->certificate.seal;
		++*through;
	}
	return -EAGAIN;
}

int chain_trust(const struct check *check, struct chain *chain, const struct ko_signer *signer)
{
	struct chain_link *first = first_link(chain, signer), *last = NULL;
	unsigned int through = 0;
	int code = trust_links(check, first, seal_of(check, signer), &through, &last);

	if (code == -EAGAIN && last)
		code = trust_issuer(check, last, through);
	if (code == -EAGAIN)
		return trust_signer(check, signer);
	for (; code == 0 && first; first = first == last ? NULL : first->issuer)
		first->trusted = true;
	return code;
}
