/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/signer.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "sign/keyring.h"
#include "sign/libcrypto.h"

#define PKCS11 "pkcs11:"
#define LARGEST_KEY ((size_t)1 << 20) /* RSA of 16384 bits has 13 KiB */

struct signer {
	struct libcrypto crypto;
	struct keyring *ring; /* of the one certificate */
	const struct keyring_key *identity;
	EVP_PKEY *key;
	X509 *certificate;
	enum ko_hash hash;
	bool by_key_id;
};

/* The passphrase that was asked for, and whether there was one: OpenSSL does not tell. */
struct asked {
	const struct signer_request *request;
	bool asked, given;
};

static int ask(char *out, int size, int writing, void *context)
{
	struct asked *asked = context;
	int length = -1;

	asked->asked = true;
	if (asked->request->passphrase)
		length = asked->request->passphrase(asked->request->context, out, size);
	asked->given = length >= 0;
	return length;
}

static int tell_key(const struct libcrypto *crypto, const struct asked *asked, struct err *err)
{
	const char *key = asked->request->key;

	crypto->ERR_clear_error();
	if (asked->asked && !asked->given)
		return err_set(err, -EACCES,
			       "the key %s is protected by a passphrase; give it with "
			       "--passphrase-file",
			       key);
	if (asked->asked)
		return err_set(err, -EACCES, "the passphrase of the key %s is wrong", key);
	return err_set(err, -EINVAL, "there is no private key in %s", key);
}

static int load_file(struct signer *signer, struct asked *asked, struct err *err)
{
	const struct libcrypto *crypto = &signer->crypto;
	DEFER(buf_free) struct buf file = {0};
	const unsigned char *p;
	OSSL_DECODER_CTX *decoder;
	int code = file_read(asked->request->key, LARGEST_KEY, &file, err);
	size_t n = file.n;

	if (code < 0)
		return code;
	decoder = crypto->OSSL_DECODER_CTX_new_for_pkey(&signer->key, NULL, NULL, NULL,
							EVP_PKEY_KEYPAIR, NULL, NULL);
	if (!decoder)
		return err_no_memory(err);
	p = (const unsigned char *)buf_string(&file);
	crypto->OSSL_DECODER_CTX_set_pem_password_cb(decoder, ask, asked);
	if (!crypto->OSSL_DECODER_from_data(decoder, &p, &n) || !signer->key)
		code = tell_key(crypto, asked, err);
	crypto->OSSL_DECODER_CTX_free(decoder);
	if (file.n)
		explicit_bzero(file.p, file.n);
	return code;
}

/* By a provider that the user's configuration of OpenSSL names. */
static void load_by_provider(struct signer *signer, struct asked *asked)
{
	const struct libcrypto *crypto = &signer->crypto;
	UI_METHOD *ui = crypto->UI_UTIL_wrap_read_pem_callback(ask, 0);
	OSSL_STORE_CTX *store = crypto->OSSL_STORE_open(asked->request->key, ui, asked, NULL, NULL);

	if (store)
		crypto->OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
	while (store && !signer->key && !crypto->OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = crypto->OSSL_STORE_load(store);

		if (!info)
			break;
		if (crypto->OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			signer->key = crypto->OSSL_STORE_INFO_get1_PKEY(info);
		crypto->OSSL_STORE_INFO_free(info);
	}
	if (store)
		crypto->OSSL_STORE_close(store);
	crypto->UI_destroy_method(ui);
}

/* Returns false when there is no such engine. */
static bool load_by_engine(struct signer *signer, struct asked *asked)
{
	const struct libcrypto *crypto = &signer->crypto;
	ENGINE *engine = crypto->ENGINE_by_id("pkcs11");
	char pin[256];
	int length;

	if (!engine || !crypto->ENGINE_init(engine)) {
		if (engine)
			crypto->ENGINE_free(engine);
		return false;
	}
	length = ask(pin, sizeof(pin) - 1, 0, asked);
	if (length >= 0) {
		pin[length] = 0;
		crypto->ENGINE_ctrl_cmd_string(engine, "PIN", pin, 0);
		explicit_bzero(pin, sizeof(pin));
	}
	signer->key = crypto->ENGINE_load_private_key(engine, asked->request->key, NULL, NULL);
	crypto->ENGINE_finish(engine);
	crypto->ENGINE_free(engine);
	return true;
}

static int load_token(struct signer *signer, struct asked *asked, struct err *err)
{
	const char *key = asked->request->key;
	bool engine = true;

	load_by_provider(signer, asked);
	if (!signer->key)
		engine = load_by_engine(signer, asked);
	if (signer->key)
		return 0;
	if (!engine)
		return err_set(err, -ENOTSUP,
			       "%s cannot be reached: OpenSSL has neither a provider nor an engine "
			       "for PKCS#11; get one with: apt-get install "
			       "libengine-pkcs11-openssl",
			       key);
	return libcrypto_fail(&signer->crypto, err, -EACCES,
			      "the key %s is not there, or its PIN is wrong", key);
}

static int load_key(struct signer *signer, const struct signer_request *request, struct err *err)
{
	struct asked asked = {.request = request};
	int code = strncmp(request->key, PKCS11, strlen(PKCS11)) == 0
			   ? load_token(signer, &asked, err)
			   : load_file(signer, &asked, err);
	int kind;

	if (code < 0)
		return code;
	kind = signer->crypto.EVP_PKEY_get_base_id(signer->key);
	if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC)
		return err_set(err, -EINVAL,
			       "the key %s is neither RSA nor ECDSA: no kernel would know its "
			       "signatures",
			       request->key);
	return 0;
}

/* Keys and certificates are two files as a rule, but may be one. */
static int tell_certificate(const struct signer_request *request, struct err *err)
{
	struct err why = *err;

	if (strcmp(request->certificate, request->key) != 0)
		return err->code;
	return err_set(err, why.code, "%s; give the file of the key's certificate with --cert (-c)",
		       why.text);
}

static int load_certificate(struct signer *signer, const struct signer_request *request,
			    struct err *err)
{
	const struct libcrypto *crypto = &signer->crypto;
	const unsigned char *p;
	struct span whole;
	int code = keyring_add_path(signer->ring, request->certificate, err);

	if (code == -EINVAL)
		return tell_certificate(request, err);
	if (code < 0)
		return code;
	signer->identity = keyring_key(signer->ring, 0);
	whole = signer->identity->certificate.whole;
	p = whole.p;
	signer->certificate = crypto->d2i_X509(NULL, &p, (long)whole.n);
	if (!signer->certificate)
		return libcrypto_fail(crypto, err, -EINVAL, "the certificate %s is damaged",
				      request->certificate);
	if (request->by_key_id && !signer->identity->certificate.name.key_id.n)
		return err_set(err, -EINVAL, "the certificate %s has no subject key identifier",
			       request->certificate);
	return 0;
}

static int check_pair(const struct signer *signer, const struct signer_request *request,
		      struct err *err)
{
	const struct libcrypto *crypto = &signer->crypto;

	if (!crypto->X509_check_private_key(signer->certificate, signer->key)) {
		crypto->ERR_clear_error();
		return err_set(err, -EINVAL, "the certificate %s is not that of the key %s",
			       request->certificate, request->key);
	}
	if (request->allow_expired)
		return 0;
	if (crypto->X509_cmp_current_time(crypto->X509_get0_notBefore(signer->certificate)) > 0)
		return err_set(err, -EKEYEXPIRED,
			       "the certificate %s is not valid yet; --allow-expired takes it all "
			       "the same, as kernels do",
			       request->certificate);
	if (crypto->X509_cmp_current_time(crypto->X509_get0_notAfter(signer->certificate)) < 0)
		return err_set(err, -EKEYEXPIRED,
			       "the certificate %s has expired; --allow-expired takes it all the "
			       "same, as kernels do",
			       request->certificate);
	return 0;
}

int signer_open(struct signer **out, const struct signer_request *request, struct err *err)
{
	DEFER(signer_closep) struct signer *signer = mem_zalloc(sizeof(*signer));
	int code;

	if (!signer)
		return err_no_memory(err);
	signer->hash = request->hash;
	signer->by_key_id = request->by_key_id;
	code = libcrypto_open(&signer->crypto, LIBCRYPTO_SIGN, err);
	if (code == 0)
		code = keyring_new(&signer->ring, err);
	if (code == 0)
		code = load_certificate(signer, request, err);
	if (code == 0)
		code = load_key(signer, request, err);
	if (code == 0)
		code = check_pair(signer, request, err);
	if (code == 0)
		*out = take_ptr(&signer);
	return code;
}

void signer_close(struct signer *signer)
{
	if (!signer)
		return;
	if (signer->crypto.handle) {
		signer->crypto.EVP_PKEY_free(signer->key);
		signer->crypto.X509_free(signer->certificate);
	}
	keyring_free(signer->ring);
	mem_free(signer);
}

const char *signer_name(const struct signer *signer)
{
	return signer->identity->name;
}

/* The message in DER, into out. */
static int encode(const struct libcrypto *crypto, CMS_ContentInfo *cms, struct buf *out,
		  struct err *err)
{
	unsigned char *der = NULL;
	int length = crypto->i2d_CMS_ContentInfo(cms, &der);

	if (length < 0)
		return err_no_memory(err);
	buf_add(out, der, (size_t)length);
	crypto->CRYPTO_free(der, __FILE__, __LINE__);
	return buf_failed(out) ? err_no_memory(err) : 0;
}

int signer_sign(const struct signer *signer, struct span content, struct buf *message,
		struct err *err)
{
	const unsigned int form = CMS_NOCERTS | CMS_BINARY;
	const struct libcrypto *crypto = &signer->crypto;
	const EVP_MD *hash = crypto->EVP_get_digestbyname(ko_hash_name(signer->hash));
	BIO *bio = content.n > INT_MAX ? NULL : crypto->BIO_new_mem_buf(content.p, (int)content.n);
	CMS_ContentInfo *cms = crypto->CMS_sign(NULL, NULL, NULL, NULL,
						form | CMS_PARTIAL | CMS_DETACHED | CMS_STREAM);
	int code = 0;

	if (!bio || !cms ||
	    !crypto->CMS_add1_signer(cms, signer->certificate, signer->key, hash,
				     form | CMS_NOSMIMECAP | CMS_NOATTR |
					     (signer->by_key_id ? CMS_USE_KEYID : 0)) ||
	    !crypto->CMS_final(cms, bio, NULL, form))
		code = libcrypto_fail(crypto, err, -EIO, "signing with the key of %s failed",
				      signer_name(signer));
	else
		code = encode(crypto, cms, message, err);
	crypto->CMS_ContentInfo_free(cms);
	crypto->BIO_free(bio);
	return code;
}
