/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Certificates whose keys are trusted, as a kernel keeps them in a key ring. Finding one needs no
 * cryptography; the first check of a signature opens OpenSSL.
 *
 * Certificates are added by one thread; then any number of threads may look and check.
 */
#ifndef LKM_SIGN_KEYRING_H
#define LKM_SIGN_KEYRING_H

#include "base/cleanup.h"
#include "base/err.h"
#include "ko/signature.h"
#include "sign/held.h"
#include "sign/revoked.h"
#include "sign/x509.h"

struct keyring;
int keyring_new(struct keyring **out, struct err *err);
void keyring_free(struct keyring *ring); /* NULL is accepted */
DEFINE_DEFER(struct keyring, keyring_free)

struct keyring_key {
	struct sign_x509 certificate;
	const char *name;  /* of its subject, as people know it */
	const char *where; /* it comes from: a path, "built into kernel ..." */
	void *public_key;  /* OpenSSL's, once it was needed */
};

/* Certificates in DER, one after the other, which are copied; what follows the last sound one is
 * ignored, as a kernel does. */
int keyring_add_der(struct keyring *ring, struct span list, const char *where, struct err *err);
/* A file of certificates, PEM or DER, or a directory of such files. -EINVAL: there is none in it.
 */
int keyring_add_path(struct keyring *ring, const char *path, struct err *err);

/* What is refused although a key of the ring has signed it. */
struct revoked *keyring_revoked(struct keyring *ring);
/* Whether the content has a hash among those of that kind ("bin", "tbs"); digest: its SHA-256,
 * where there are any at all. */
int keyring_is_revoked(struct keyring *ring, const char *kind, struct span content, bool *revoked,
		       unsigned char digest[REVOKED_DIGEST], struct err *err);

/* Keys that are trusted and not at hand, by the text of /proc/keys (held.h), which is copied. */
int keyring_hold(struct keyring *ring, struct span text, struct err *err);
enum held keyring_holds(const struct keyring *ring, const char *signer, const char *id);

size_t keyring_count(const struct keyring *ring);
const struct keyring_key *keyring_key(const struct keyring *ring, size_t index);
/* The key of that name. -ENOKEY: it is not here; -EKEYREJECTED: there is one, but not all that the
 * name says is true of it. */
int keyring_find(const struct keyring *ring, const struct sign_name *name,
		 const struct keyring_key **out);

/* Whether a signature is by this key. 0: it is; -EKEYREJECTED: it is not; -EINVAL, -EBADMSG: it
 * is not even a signature by such a key; -ENOPKG: the key is of a kind, or the hash is one, that
 * OpenSSL does not know; or why it cannot be told. */
int keyring_check(struct keyring *ring, const struct keyring_key *key, const struct sign_seal *seal,
		  struct err *err);

#endif
