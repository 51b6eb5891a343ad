/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A certificate, as far as finding a key needs it (RFC 5280):
 *
 *	SEQUENCE { SEQUENCE { [0] version OPTIONAL, serial, signature algorithm, issuer,
 *		SEQUENCE { not before, not after }, subject, public key, ...,
 *		[3] extensions OPTIONAL }, signature algorithm, signature }
 */
#ifndef LKM_SIGN_X509_H
#define LKM_SIGN_X509_H

#include "base/span.h"
#include "ko/signature.h"

/* Spans into the bytes it was read from. */
struct sign_x509 {
	struct span whole;
	struct span serial; /* the INTEGER's bytes */
	struct span issuer, subject;
	struct span public_key; /* SubjectPublicKeyInfo */
	/* Of it: the kind, its parameters (a curve) and the key itself; unknown when it is none of
	 * the two. */
	enum ko_key_kind kind;
	struct span parameters, key;
	struct span key_id; /* the subject key identifier; empty: it has none */
};
/* Takes the first certificate off *rest; false: there is no sound one. */
bool sign_x509_next(struct span *rest, struct sign_x509 *out);

#endif
