/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A private key with its certificate, and what it makes: PKCS#7 messages as the kernel's
 * scripts/sign-file makes them, that is SignedData without the data, without certificates, without
 * attributes.
 */
#ifndef LKM_SIGN_SIGNER_H
#define LKM_SIGN_SIGNER_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "ko/signature.h"

struct signer_request {
	const char *key;	 /* a file, PEM or DER; or a URI "pkcs11:..." */
	const char *certificate; /* a file, PEM or DER */
	enum ko_hash hash;
	bool by_key_id;	    /* name the key by its identifier, not by issuer and serial number */
	bool allow_expired; /* take a certificate that is not valid today: kernels do not look */
	/* Called when the key is protected: writes at most size bytes and returns their number, a
	 * negative number when there is no passphrase. */
	int (*passphrase)(void *context, char *out, int size);
	void *context;
};

/* Immutable once opened: any number of threads may sign. */
struct signer;
int signer_open(struct signer **out, const struct signer_request *request, struct err *err);
void signer_close(struct signer *signer); /* NULL is accepted */
DEFINE_DEFER(struct signer, signer_close)

const char *signer_name(const struct signer *signer); /* of its certificate's subject */

/* Appends the message that signs content to out. */
int signer_sign(const struct signer *signer, struct span content, struct buf *message,
		struct err *err);

#endif
