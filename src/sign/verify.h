/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a kernel thinks of a module's signature: the checks of its loader in their order, with their
 * identifiers, errors and log lines.
 *
 * Three errors do not end a load by themselves: -ENODATA (there is no signature), -ENOPKG (of a
 * kind that the kernel does not know) and -ENOKEY (by a key that it does not have). They make the
 * module an unsigned one, which a kernel that insists on signatures refuses.
 */
#ifndef LKM_SIGN_VERIFY_H
#define LKM_SIGN_VERIFY_H

#include "ko/signature.h"
#include "sign/keyring.h"

/* The object identifiers that a kernel knows, and their numbers, by which its log calls them. */
struct sign_oids {
	/* The number of an identifier; count: it is unknown. */
	unsigned int (*number)(const void *context, struct span oid);
	unsigned int count;
	const void *context;
};

/* What a kernel can do; {0}: everything that OpenSSL can. */
struct sign_kernel {
	struct sign_oids oids;	     /* count 0: it is not known which */
	unsigned int missing_hashes; /* 1 << enum ko_hash: recognised, but not built in */
	unsigned int missing_keys;   /* 1 << enum ko_key_kind: the same */
	/* What no key of the first ring has signed is read anew for a second one, of the firmware's
	 * and the owner's keys: what is logged meanwhile comes twice. */
	bool two_rings;
};

struct sign_line {
	int level;
	char text[128];
};

enum { SIGN_LINES = 8 };

struct sign_verdict {
	const char *id;	    /* of the check that decided, "L-SIG-NN"; NULL: the signature is good */
	int code;	    /* 0, or the negative errno */
	char sentence[256]; /* why; "" when good */
	struct sign_line lines[SIGN_LINES];
	size_t line_count;
	/* The first signer, as far as the message could be read; "" and unknown when not. */
	char signer[128], key_id[96]; /* name; serial number, or subject key identifier, in hex */
	enum ko_hash hash;
	enum ko_key_kind kind;
	const struct keyring_key *key; /* of the ring, that the signature names; NULL: none */
	enum held held;		       /* of -ENOKEY: whether the kernel is said to have the key */
	unsigned int through; /* certificates inside, between the signer and that key; 0: none */
};

/* Whether such an error makes the module an unsigned one. */
bool sign_counts_as_unsigned(int code);

/* Judges a whole file. Fails only when it cannot be told: no memory, no OpenSSL. *signature tells
 * where its parts are. */
int sign_verify(struct keyring *ring, const struct sign_kernel *kernel, struct span file,
		struct ko_signature *signature, struct sign_verdict *out, struct err *err);
/* Judges a message that is kept beside the file that it signs. */
int sign_verify_message(struct keyring *ring, const struct sign_kernel *kernel, struct span content,
			struct span message, struct sign_verdict *out, struct err *err);

#endif
