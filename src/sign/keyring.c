/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/keyring.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"
#include "ko/der.h"
#include "sign/libcrypto.h"
#include "sign/rsa.h"

/* The largest file of certificates that is read; a distribution's bundle of all has 0.2 MB. */
#define LARGEST ((size_t)16 << 20)

struct keyring {
	struct arena *arena;
	VEC(struct keyring_key) keys;
	struct revoked revoked;
	struct span held;     /* text of /proc/keys */
	pthread_mutex_t lock; /* of what follows, and of public_key */
	struct libcrypto crypto;
	EVP_MD *hashes[KO_HASHES];
};

int keyring_new(struct keyring **out, struct err *err)
{
	struct keyring *ring = mem_zalloc(sizeof(*ring));

	if (!ring || !(ring->arena = arena_new())) {
		mem_free(ring);
		return err_no_memory(err);
	}
	pthread_mutex_init(&ring->lock, NULL);
	ring->revoked.arena = ring->arena;
	*out = ring;
	return 0;
}

void keyring_free(struct keyring *ring)
{
	if (!ring)
		return;
	vec_foreach (&ring->keys, key)
		if (key->public_key)
			ring->crypto.EVP_PKEY_free(key->public_key);
	for (int i = 0; i < KO_HASHES; i++)
		if (ring->hashes[i])
			ring->crypto.EVP_MD_free(ring->hashes[i]);
	vec_free(&ring->keys);
	map_free(&ring->revoked.words);
	pthread_mutex_destroy(&ring->lock);
	arena_free(ring->arena);
	mem_free(ring);
}

int keyring_add_der(struct keyring *ring, struct span list, const char *where, struct err *err)
{
	const char *copy = arena_strndup(ring->arena, (const char *)list.p, list.n);
	const char *place = arena_strdup(ring->arena, where);
	struct sign_x509 certificate;

	if (!copy || !place)
		return err_no_memory(err);
	list.p = (const unsigned char *)copy;
	while (sign_x509_next(&list, &certificate)) {
		struct span name = ko_der_common_name(certificate.subject);
		struct keyring_key *key = vec_push(&ring->keys);

		if (!key)
			return err_no_memory(err);
		*key = (struct keyring_key){.certificate = certificate, .where = place};
		key->name = arena_strndup(ring->arena, (const char *)name.p, name.n);
		if (!key->name)
			return err_no_memory(err);
	}
	return 0;
}

static int open_crypto(struct keyring *ring, struct err *err)
{
	int code = 0;

	pthread_mutex_lock(&ring->lock);
	if (!ring->crypto.handle)
		code = libcrypto_open(&ring->crypto, LIBCRYPTO_CHECK, err);
	pthread_mutex_unlock(&ring->lock);
	return code;
}

/* The certificates of a text with PEM blocks. */
static int add_pem(struct keyring *ring, struct span text, const char *path, struct err *err)
{
	const struct libcrypto *crypto = &ring->crypto;
	char *kind, *header;
	unsigned char *der;
	int code = open_crypto(ring, err);
	BIO *bio = code < 0 ? NULL : crypto->BIO_new_mem_buf(text.p, (int)text.n);
	long length;

	if (code < 0)
		return code;
	if (!bio)
		return err_no_memory(err);
	while (code == 0 && crypto->PEM_read_bio(bio, &kind, &header, &der, &length)) {
		if (strstr(kind, "CERTIFICATE") && !strstr(kind, "REQUEST"))
			code = keyring_add_der(ring, span_of(der, (size_t)length), path, err);
		crypto->CRYPTO_free(kind, __FILE__, __LINE__);
		crypto->CRYPTO_free(header, __FILE__, __LINE__);
		crypto->CRYPTO_free(der, __FILE__, __LINE__);
	}
	crypto->ERR_clear_error();
	crypto->BIO_free(bio);
	return code;
}

static bool has_pem(struct span text)
{
	return memmem(text.p, text.n, "-----BEGIN ", 11) != NULL;
}

static int add_file(struct keyring *ring, const char *path, size_t *added, struct err *err)
{
	DEFER(buf_free) struct buf file = {0};
	size_t before = ring->keys.n;
	int code = file_read(path, LARGEST, &file, err);

	if (code == 0)
		code = has_pem(buf_span(&file)) ? add_pem(ring, buf_span(&file), path, err)
						: keyring_add_der(ring, buf_span(&file), path, err);
	*added = ring->keys.n - before;
	return code;
}

/* Of a directory, files that are no certificates are passed over. */
static int add_any(void *context, const char *path, struct err *err)
{
	size_t added;

	return add_file(context, path, &added, err);
}

int keyring_add_path(struct keyring *ring, const char *path, struct err *err)
{
	size_t added = 0, before = ring->keys.n;
	struct stat st;
	int code;

	if (stat(path, &st) < 0)
		return err_errno(err, "cannot read %s", path);
	if (S_ISDIR(st.st_mode)) {
		code = dir_walk(path, 0, add_any, ring, err);
		added = ring->keys.n - before;
	} else {
		code = add_file(ring, path, &added, err);
	}
	if (code == 0 && added == 0)
		code = err_set(err, -EINVAL, "there is no certificate in %s", path);
	return code;
}

size_t keyring_count(const struct keyring *ring)
{
	return ring->keys.n;
}

const struct keyring_key *keyring_key(const struct keyring *ring, size_t index)
{
	return &ring->keys.p[index];
}

int keyring_find(const struct keyring *ring, const struct sign_name *name,
		 const struct keyring_key **out)
{
	vec_foreach (&ring->keys, key) {
		const struct sign_name *own = &key->certificate.name;

		if (!sign_name_fits(own, name))
			continue;
		*out = key;
		return sign_name_contradicts(own, name) ? -EKEYREJECTED : 0;
	}
	return -ENOKEY;
}

/* A key that is taken apart needs none of OpenSSL's decoders, which take longer than the check. */
static EVP_PKEY *read_public_key(const struct libcrypto *crypto,
				 const struct sign_x509 *certificate)
{
	const unsigned char *whole = certificate->public_key.p, *key = certificate->key.p,
			    *curve = certificate->parameters.p;
	EVP_PKEY *out = NULL;

	switch (certificate->kind) {
	case KO_KEY_RSA:
		return crypto->d2i_PublicKey(EVP_PKEY_RSA, NULL, &key, (long)certificate->key.n);
	case KO_KEY_ECDSA:
		if (crypto->d2i_KeyParams(EVP_PKEY_EC, &out, &curve,
					  (long)certificate->parameters.n) &&
		    crypto->d2i_PublicKey(EVP_PKEY_EC, &out, &key, (long)certificate->key.n))
			return out;
		crypto->EVP_PKEY_free(out);
		return NULL;
	default:
		return crypto->d2i_PUBKEY(NULL, &whole, (long)certificate->public_key.n);
	}
}

/* What a check works with; the first that needs one makes it. */
static bool find_tools(struct keyring *ring, const struct keyring_key *key, enum ko_hash kind,
		       EVP_PKEY **public_key, const EVP_MD **hash)
{
	struct keyring_key *slot = (struct keyring_key *)key;

	pthread_mutex_lock(&ring->lock);
	if (!slot->public_key)
		slot->public_key = read_public_key(&ring->crypto, &key->certificate);
	if (!ring->hashes[kind])
		ring->hashes[kind] = ring->crypto.EVP_MD_fetch(NULL, ko_hash_name(kind), NULL);
	*public_key = slot->public_key;
	*hash = ring->hashes[kind];
	pthread_mutex_unlock(&ring->lock);
	return *public_key && *hash;
}

int keyring_check(struct keyring *ring, const struct keyring_key *key, const struct sign_seal *seal,
		  struct err *err)
{
	const struct libcrypto *crypto = &ring->crypto;
	const EVP_MD *hash;
	EVP_PKEY *public_key;
	EVP_MD_CTX *context = NULL;
	int code = open_crypto(ring, err);

	if (code < 0)
		return code;
	if (find_tools(ring, key, seal->hash, &public_key, &hash))
		context = crypto->EVP_MD_CTX_new();
	if (!context || crypto->EVP_DigestVerifyInit(context, NULL, hash, NULL, public_key) != 1)
		code = err_set(err, -ENOPKG, "a signature by %s with %s cannot be checked",
			       key->name, ko_hash_name(seal->hash));
	else if (crypto->EVP_DigestVerify(context, seal->bytes.p, seal->bytes.n, seal->content.p,
					  seal->content.n) != 1)
		code = err_set(err,
			       key->certificate.kind == KO_KEY_RSA
				       ? rsa_refusal(crypto, public_key, seal->bytes)
				       : -EKEYREJECTED,
			       "the signature is not %s's for this file", key->name);
	crypto->ERR_clear_error();
	crypto->EVP_MD_CTX_free(context);
	return code;
}

int keyring_hold(struct keyring *ring, struct span text, struct err *err)
{
	const char *copy = arena_strndup(ring->arena, (const char *)text.p, text.n);

	if (!copy)
		return err_no_memory(err);
	ring->held = span_of(copy, text.n);
	return 0;
}

enum held keyring_holds(const struct keyring *ring, const char *signer, const char *id)
{
	return held_find(ring->held, signer, id);
}

struct revoked *keyring_revoked(struct keyring *ring)
{
	return &ring->revoked;
}

int keyring_is_revoked(struct keyring *ring, const char *kind, struct span content, bool *revoked,
		       unsigned char digest[REVOKED_DIGEST], struct err *err)
{
	int code;

	*revoked = false;
	if (ring->revoked.words.n == 0)
		return 0;
	code = open_crypto(ring, err);
	if (code < 0)
		return code;
	if (ring->crypto.EVP_Digest(content.p, content.n, digest, NULL, ring->crypto.EVP_sha256(),
				    NULL) != 1)
		return libcrypto_fail(&ring->crypto, err, -ENOTSUP,
				      "the hash of a file cannot be told");
	*revoked = revoked_has(&ring->revoked, kind, digest);
	return 0;
}
