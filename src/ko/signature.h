/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signature at the end of a module file, as far as it can be read without cryptography:
 *
 *	module | message | trailer (12 bytes) | "~Module signature appended~\n"
 *
 * trailer: u8 algorithm 0, u8 hash 0, u8 type (2: PKCS#7), u8 length of the signer's name 0,
 * u8 length of the key's id 0, 3 zeros, be32 length of the message. What is signed is the module:
 * all that is in front of the message. (Source: include/linux/module_signature.h.)
 *
 * The message is a PKCS#7 SignedData (RFC 2315, RFC 5652) without the data:
 *
 *	SEQUENCE { signedData, [0] SEQUENCE { version, SET OF digest algorithm,
 *		SEQUENCE { data }, [0] certificates OPTIONAL, [1] crls OPTIONAL,
 *		SET OF SEQUENCE { version, (SEQUENCE { issuer, serial } | [0] key id),
 *			digest algorithm, [0] attributes OPTIONAL, signature algorithm,
 *			signature } } }
 *
 * All spans point into the bytes that were given.
 */
#ifndef LKM_KO_SIGNATURE_H
#define LKM_KO_SIGNATURE_H

#include "base/cleanup.h"
#include "base/span.h"
#include "base/vec.h"

enum { KO_TRAILER_SIZE = 12, KO_MESSAGE_MAX = 65535 };
extern const struct span ko_signature_marker;

/* What is wrong with a trailer; in the order in which a kernel notices. */
enum ko_trailer {
	KO_TRAILER_FINE,
	KO_TRAILER_NONE,   /* no marker at the end: the module is not signed */
	KO_TRAILER_SHORT,  /* the marker has no trailer in front of it */
	KO_TRAILER_LENGTH, /* the message would begin before the file */
	KO_TRAILER_TYPE,   /* not of type PKCS#7 */
	KO_TRAILER_FIELDS, /* what must be zero is not */
	KO_TRAILER_LARGE,  /* the message is longer than KO_MESSAGE_MAX */
};

struct ko_signature {
	enum ko_trailer trailer;
	unsigned int type;    /* 0 PGP, 1 X.509, 2 PKCS#7 */
	uint64_t length;      /* of the message, as the trailer tells */
	struct span content;  /* the file without what was recognised of the signature */
	struct span message;  /* empty when it is not in the file */
	struct span appended; /* message, trailer and marker */
};
void ko_signature_split(struct span file, struct ko_signature *out);

/* Appends to out what goes behind a module that is signed by message; see buf_failed(). */
struct buf;
void ko_signature_append(struct buf *out, struct span message);

/* Hashes and kinds of keys that a kernel knows by their identifiers in a signature. */
enum ko_hash {
	KO_HASH_UNKNOWN,
	KO_HASH_MD4,
	KO_HASH_MD5,
	KO_HASH_SHA1,
	KO_HASH_SHA224,
	KO_HASH_SHA256,
	KO_HASH_SHA384,
	KO_HASH_SHA512,
	KO_HASH_SHA3_256,
	KO_HASH_SHA3_384,
	KO_HASH_SHA3_512,
	KO_HASHES,
};
const char *ko_hash_name(enum ko_hash hash); /* "sha256", as modinfo says; "unknown" */
enum ko_hash ko_hash_by_name(const char *name);

enum ko_key_kind { KO_KEY_UNKNOWN, KO_KEY_RSA, KO_KEY_ECDSA };
const char *ko_key_kind_name(enum ko_key_kind kind); /* "rsa", "ecdsa", "unknown" */

struct ko_signer {
	struct span issuer, serial; /* the Name, and the INTEGER's bytes; or empty, and */
	struct span key_id;	    /* the subject key identifier */
	enum ko_hash hash;
	struct span hash_oid, key_oid; /* the identifiers themselves */
	enum ko_key_kind key;
	bool has_attributes;	     /* signed ones, which no module has */
	struct span attributed_kind; /* what they say is signed: an identifier */
	struct span signature;
};

/* What is wrong with a message. */
enum ko_message {
	KO_MESSAGE_FINE,
	KO_MESSAGE_MALFORMED,
	KO_MESSAGE_NOT_SIGNED_DATA, /* another kind of PKCS#7 */
	KO_MESSAGE_DATA_VERSION,    /* neither 1 nor 3 */
	KO_MESSAGE_SIGNER_VERSION,  /* neither 1 nor 3 */
	KO_MESSAGE_VERSIONS,	    /* the two do not fit each other */
	KO_MESSAGE_IDENTITY,	    /* nor does the way in which the last of signers is named */
	KO_MESSAGE_ATTRIBUTE,	    /* an attribute of what is signed is not of its form */
	KO_MESSAGE_ATTRIBUTE_TWICE, /* it has more than one value */
	KO_MESSAGE_ATTRIBUTE_KIND,  /* it says that something else is signed */
	KO_MESSAGE_ATTRIBUTES,	    /* there are some, but not those that must be there */
	KO_MESSAGE_SMIME,	    /* lists an e-mail program's abilities among what is signed */
	KO_MESSAGE_CONTENT_KIND,    /* says it is over something that no kernel knows */
	KO_MESSAGE_HASH,	    /* the last of signers has a hash that is not in enum ko_hash */
	KO_MESSAGE_KEY, /* the last of signers has a kind of key that is not in enum ko_key_kind */
};

struct ko_pkcs7 {
	struct span kind;	  /* of message: its identifier */
	struct span hashes;	  /* AlgorithmIdentifiers, one after the other */
	struct span content_kind; /* what it says it is over: an identifier */
	bool has_content;	  /* the signed data is inside, too */
	bool is_data;		  /* says that it is over plain data */
	struct span certificates; /* one after the other */
	VEC(struct ko_signer) signers;
	bool no_memory;
};
/* On any other result than KO_MESSAGE_FINE, out has what came before. The caller frees it always.
 */
enum ko_message ko_pkcs7_read(struct span message, struct ko_pkcs7 *out);
/* Takes the first AlgorithmIdentifier off *rest; false: there is no sound one. *oid is set in any
 * case, as far as it could be read: an identifier counts before what follows it. */
bool ko_pkcs7_take_algorithm(struct span *rest, struct span *oid);
void ko_pkcs7_free(struct ko_pkcs7 *message); /* serves as DEFER destructor */

#endif
