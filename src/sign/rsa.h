/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A signature by RSA (PKCS#1 v1.5), opened with the public key: 0, 1, at least eight bytes of 0xff,
 * 0, and the hash with its kind.
 */
#ifndef LKM_SIGN_RSA_H
#define LKM_SIGN_RSA_H

#include "base/span.h"
#include "sign/libcrypto.h"

/* The error with which a kernel refuses one that does not fit: -EKEYREJECTED: it is one, of another
 * content; -EINVAL, -EBADMSG: it is none by this key. */
int rsa_refusal(const struct libcrypto *crypto, EVP_PKEY *key, struct span signature);

#endif
