/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpenSSL 3, opened when the first signature is made or checked and not before: every other use of
 * lkm would pay for its start. Its functions are members of one struct, under their own names.
 *
 * Checking needs its algorithms and nothing else, so what takes it longest at its start is left
 * out: the user's configuration (which must not decide, either: no kernel knows it), the texts of
 * its errors, the lists of what old programs ask for by name, and its clearing up at the exit.
 */
#ifndef LKM_SIGN_LIBCRYPTO_H
#define LKM_SIGN_LIBCRYPTO_H

/* Keys in hardware are reached by an engine where no provider is set up; Debian 12 has only that.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/cms.h>
#include <openssl/decoder.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

#include "base/err.h"

#define LIBCRYPTO_FUNCTIONS(F)                                                                     \
	F(BIO_ctrl)                                                                                \
	F(BIO_free)                                                                                \
	F(BIO_new_mem_buf)                                                                         \
	F(CMS_ContentInfo_free)                                                                    \
	F(CMS_add1_signer)                                                                         \
	F(CMS_final)                                                                               \
	F(CMS_sign)                                                                                \
	F(CRYPTO_free)                                                                             \
	F(ENGINE_by_id)                                                                            \
	F(ENGINE_ctrl_cmd_string)                                                                  \
	F(ENGINE_finish)                                                                           \
	F(ENGINE_free)                                                                             \
	F(ENGINE_init)                                                                             \
	F(ENGINE_load_private_key)                                                                 \
	F(ERR_clear_error)                                                                         \
	F(ERR_peek_last_error)                                                                     \
	F(ERR_reason_error_string)                                                                 \
	F(EVP_Digest)                                                                              \
	F(EVP_DigestVerify)                                                                        \
	F(EVP_DigestVerifyInit)                                                                    \
	F(EVP_MD_CTX_free)                                                                         \
	F(EVP_MD_CTX_new)                                                                          \
	F(EVP_MD_fetch)                                                                            \
	F(EVP_MD_free)                                                                             \
	F(EVP_PKEY_CTX_free)                                                                       \
	F(EVP_PKEY_CTX_new)                                                                        \
	F(EVP_PKEY_CTX_set_rsa_padding)                                                            \
	F(EVP_PKEY_free)                                                                           \
	F(EVP_PKEY_get_base_id)                                                                    \
	F(EVP_PKEY_get_size)                                                                       \
	F(EVP_PKEY_verify_recover)                                                                 \
	F(EVP_PKEY_verify_recover_init)                                                            \
	F(EVP_get_digestbyname)                                                                    \
	F(EVP_sha256)                                                                              \
	F(OPENSSL_init_crypto)                                                                     \
	F(OSSL_DECODER_CTX_free)                                                                   \
	F(OSSL_DECODER_CTX_new_for_pkey)                                                           \
	F(OSSL_DECODER_CTX_set_pem_password_cb)                                                    \
	F(OSSL_DECODER_from_data)                                                                  \
	F(OSSL_STORE_INFO_free)                                                                    \
	F(OSSL_STORE_INFO_get1_PKEY)                                                               \
	F(OSSL_STORE_INFO_get_type)                                                                \
	F(OSSL_STORE_close)                                                                        \
	F(OSSL_STORE_eof)                                                                          \
	F(OSSL_STORE_expect)                                                                       \
	F(OSSL_STORE_load)                                                                         \
	F(OSSL_STORE_open)                                                                         \
	F(PEM_read_bio)                                                                            \
	F(UI_UTIL_wrap_read_pem_callback)                                                          \
	F(UI_destroy_method)                                                                       \
	F(X509_check_private_key)                                                                  \
	F(X509_cmp_current_time)                                                                   \
	F(X509_free)                                                                               \
	F(X509_get0_notAfter)                                                                      \
	F(X509_get0_notBefore)                                                                     \
	F(d2i_KeyParams)                                                                           \
	F(d2i_PUBKEY)                                                                              \
	F(d2i_PublicKey)                                                                           \
	F(d2i_X509)                                                                                \
	F(i2d_CMS_ContentInfo)

struct libcrypto {
	void *handle;
#define F(name) __typeof__(&(name)) name;
	LIBCRYPTO_FUNCTIONS(F)
#undef F
};

/* What the first to open it in a process opens it for is what it starts for. */
enum libcrypto_use { LIBCRYPTO_CHECK, LIBCRYPTO_SIGN };

/* -ENOTSUP: the library is not there, or is an older one. {0} is one that is not open. */
int libcrypto_open(struct libcrypto *library, enum libcrypto_use use, struct err *err);
/* Says of the last thing that failed in this thread: context, and OpenSSL's own word. */
int libcrypto_fail(const struct libcrypto *library, struct err *err, int code, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));

#endif
