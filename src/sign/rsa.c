/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/rsa.h"

#include <errno.h>

enum { LARGEST = 2048, FILLING = 8 };

/* In the order of the kernel's crypto/rsa-pkcs1pad.c (rsassa-pkcs1.c since 6.13). */
static int form_of(struct span opened)
{
	size_t at = 2;

	if (opened.n < 2 || opened.p[0] != 0)
		return -EINVAL;
	while (at < opened.n && opened.p[at] == 0xff)
		at++;
	return opened.p[1] == 1 && at >= 2 + FILLING && at < opened.n && opened.p[at] == 0
		       ? -EKEYREJECTED
		       : -EBADMSG;
}

int rsa_refusal(const struct libcrypto *crypto, EVP_PKEY *key, struct span signature)
{
	unsigned char opened[LARGEST];
	size_t length = sizeof(opened);
	EVP_PKEY_CTX *context;
	int code = -EINVAL;

	if (signature.n != (size_t)crypto->EVP_PKEY_get_size(key) || signature.n > sizeof(opened))
		return code;
	context = crypto->EVP_PKEY_CTX_new(key, NULL);
	if (context && crypto->EVP_PKEY_verify_recover_init(context) == 1 &&
	    crypto->EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
	    crypto->EVP_PKEY_verify_recover(context, opened, &length, signature.p, signature.n) ==
		    1)
		code = form_of(span_of(opened, length));
	crypto->EVP_PKEY_CTX_free(context);
	return code;
}
