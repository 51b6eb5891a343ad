/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One check of a signature; for the files of src/sign that do it: verify, oids, chain, verdict. */
#ifndef LKM_SIGN_INTERNAL_H
#define LKM_SIGN_INTERNAL_H

#include "sign/verify.h"

struct check {
	struct keyring *ring;
	const struct sign_kernel *kernel;
	struct span content, message;
	struct sign_verdict *out;
	struct err *err;
};

/* What is wrong, when that is told by the form alone. */
struct verdict_fault {
	const char *id;
	int code;
	const char *sentence;
	int level; /* of the kernel's line; NULL: it says nothing */
	const char *line;
};
void verdict_refuse(struct sign_verdict *out, const struct verdict_fault *fault);
void verdict_decide(struct sign_verdict *out, const char *id, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* A line of the kernel's log. */
void verdict_say(struct sign_verdict *out, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void verdict_hex(char *out, size_t size, struct span bytes);

/* The kernel's number of an identifier; the count of all: it does not know it. */
unsigned int oids_number(const struct check *check, struct span oid);
/* The identifiers in front of the certificates, and those behind them, in the order in which a
 * kernel meets them; one that it does not know may end that before the fault that the message has.
 */
void oids_meet_head(const struct check *check, const struct ko_pkcs7 *message,
		    enum ko_message fault);
enum ko_message oids_meet_signers(const struct check *check, const struct ko_pkcs7 *message,
				  enum ko_message fault);

/*
 * The certificates inside of a message, and who of them has signed whom: a chain begins with the
 * certificate of a signer and ends with one that has signed itself, or whose signer is elsewhere.
 */
struct chain_link {
	const struct keyring_key *key; /* of inside */
	struct chain_link *issuer;     /* as far as it is known, and inside, too */
	bool self_signed, revoked;
	bool seen, trusted; /* on the way through a chain */
};
struct chain {
	struct keyring *inside;
	VEC(struct chain_link) links;
};
/* Each refuses in check->out what a kernel refuses; the result is for what cannot be told. */
int chain_read(const struct check *check, struct span certificates, struct chain *out);
/* Whether a signature, the number-th, is by the certificate that claims it, and that by the next.
 */
int chain_verify(const struct check *check, struct chain *chain, const struct ko_signer *signer,
		 unsigned int number);
/* Whether that, or one that stands behind it, is by a key of the ring: -ENOKEY: by none. */
int chain_trust(const struct check *check, struct chain *chain, const struct ko_signer *signer);
void chain_begin(struct chain *chain); /* no link has been seen */
void chain_free(struct chain *chain);  /* serves as DEFER destructor */

#endif
