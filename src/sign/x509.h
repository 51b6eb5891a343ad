/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A certificate, as far as finding a key needs it, and who stands behind that (RFC 5280):
 *
 *	SEQUENCE { SEQUENCE { [0] version OPTIONAL, serial, signature algorithm, issuer,
 *		SEQUENCE { not before, not after }, subject, public key, ...,
 *		[3] extensions OPTIONAL }, signature algorithm, signature }
 *
 * Of its extensions, the subject key identifier says how its own key may be called, and the
 * authority key identifier how the key is called that has signed it:
 *
 *	SEQUENCE { [0] key identifier OPTIONAL, [1] names OPTIONAL, [2] serial OPTIONAL }
 */
#ifndef LKM_SIGN_X509_H
#define LKM_SIGN_X509_H

#include "base/span.h"
#include "ko/signature.h"

/* How a key is called: issuer and serial number of its certificate, or its key identifier, or both;
 * what is empty is not said. */
struct sign_name {
	struct span issuer, serial; /* the Name; the INTEGER's bytes */
	struct span key_id;
};

/* Whether a key that is called one way is the one wanted: by issuer and serial number where those
 * are wanted, else by its key identifier. Where both are wanted, the second may contradict. */
bool sign_name_fits(const struct sign_name *name, const struct sign_name *wanted);
bool sign_name_contradicts(const struct sign_name *name, const struct sign_name *wanted);

/* A signature: over which bytes, and how it was made. */
struct sign_seal {
	struct span content, bytes;
	enum ko_hash hash;
	enum ko_key_kind kind;
};

/* What keeps a kernel from understanding a certificate. */
enum sign_x509_fault {
	SIGN_X509_FINE,
	SIGN_X509_AUTHORITY,  /* the authority key identifier is not of its form */
	SIGN_X509_ALGORITHM,  /* signed in a way, or with a key of a kind, that no kernel knows */
	SIGN_X509_ALGORITHMS, /* the two algorithms of its signature are not one */
};

/* Spans into the bytes it was read from. */
struct sign_x509 {
	struct span whole;
	struct sign_name name; /* of its key; the key identifier is empty when it has none */
	struct span subject;
	struct span public_key; /* SubjectPublicKeyInfo */
	/* Of it: the kind, its parameters (a curve) and the key itself; unknown when it is none of
	 * the two. */
	enum ko_key_kind kind;
	struct span parameters, key;
	struct span curve; /* its identifier; empty when the key has none */
	struct sign_name authority;
	struct sign_seal seal;			/* by the authority */
	struct span algorithm, algorithm_again; /* of that: the identifiers */
	enum sign_x509_fault fault;
};
/* Takes the first certificate off *rest; false: there is no sound one. One that is sound may have a
 * fault all the same. */
bool sign_x509_next(struct span *rest, struct sign_x509 *out);

#endif
