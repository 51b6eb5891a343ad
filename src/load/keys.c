/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys whose signatures a kernel takes, and which signatures it understands. */
#include <errno.h>

#include "load/walk.h"
#include "sign/machine.h"

static unsigned int number_of(const void *context, struct span oid)
{
	unsigned int count;

	return image_oid(context, oid, &count);
}

/* What a signature is made with: the option that builds it in, or the module that brings it. */
static const struct {
	enum ko_hash hash; /* or the other; nobody asks for the unknown */
	enum ko_key_kind key;
	const char *option, *module;
} algorithms[] = {
	{KO_HASH_MD4, KO_KEY_UNKNOWN, "CONFIG_CRYPTO_MD4", "md4"},
	{KO_HASH_MD5, KO_KEY_UNKNOWN, "CONFIG_CRYPTO_MD5", "md5"},
	{KO_HASH_SHA1, KO_KEY_UNKNOWN, "CONFIG_CRYPTO_SHA1", "sha1_generic"},
	{KO_HASH_SHA224, KO_KEY_UNKNOWN, "CONFIG_CRYPTO_SHA256", "sha256_generic"},
	{KO_HASH_SHA256, KO_KEY_UNKNOWN, "CONFIG_CRYPTO_SHA256", "sha256_generic"},
	{KO_HASH_SHA384, KO_KEY_UNKNOWN, "CONFIG_CRYPTO_SHA512", "sha512_generic"},
	{KO_HASH_SHA512, KO_KEY_UNKNOWN, "CONFIG_CRYPTO_SHA512", "sha512_generic"},
	{KO_HASH_SHA3_256, KO_KEY_UNKNOWN, "CONFIG_CRYPTO_SHA3", "sha3_generic"},
	{KO_HASH_SHA3_384, KO_KEY_UNKNOWN, "CONFIG_CRYPTO_SHA3", "sha3_generic"},
	{KO_HASH_SHA3_512, KO_KEY_UNKNOWN, "CONFIG_CRYPTO_SHA3", "sha3_generic"},
	{KO_HASH_UNKNOWN, KO_KEY_RSA, "CONFIG_CRYPTO_RSA", "rsa_generic"},
	{KO_HASH_UNKNOWN, KO_KEY_ECDSA, "CONFIG_CRYPTO_ECDSA", "ecdsa_generic"},
};

enum { ALGORITHMS = sizeof(algorithms) / sizeof(*algorithms) };

static bool is_built_in(const struct image *image, const char *option)
{
	const char *value = image_config(image, option);

	return value && value[0] == 'y';
}

static void read_algorithms(struct load_kernel *kernel)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (!is_built_in(kernel->image, algorithms[i].option)) {
			kernel->signing.missing_hashes |= 1u << algorithms[i].hash;
			kernel->signing.missing_keys |= 1u << algorithms[i].key;
		}
}

void load_keys_bring(struct sign_kernel *signing, const char *module)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (strcmp(algorithms[i].module, module) == 0) {
			signing->missing_hashes &= ~(1u << algorithms[i].hash);
			signing->missing_keys &= ~(1u << algorithms[i].key);
		}
}

static int read_revoked(struct load_kernel *kernel, struct err *err)
{
	const char *hash;
	int code = 0;

	for (size_t i = 0; code == 0 && (hash = image_revoked_hash(kernel->image, i)); i++)
		code = revoked_add_text(keyring_revoked(kernel->keys), span_text(hash), err);
	return code;
}

int load_keys_read(struct load_kernel *kernel, struct err *err)
{
	DEFER(mem_freep) char *where = mem_format("built into kernel %s", kernel->release);
	struct span certificates = image_certificates(kernel->image);
	int code;

	if (!where)
		return err_no_memory(err);
	code = keyring_new(&kernel->keys, err);
	if (code == 0)
		code = keyring_add_der(kernel->keys, certificates, where, err);
	if (code == 0)
		code = read_revoked(kernel, err);
	kernel->keys_known = certificates.n > 0;
	image_oid(kernel->image, certificates, &kernel->signing.oids.count);
	kernel->signing.oids.number = number_of;
	kernel->signing.oids.context = kernel->image;
	kernel->signing.two_rings = is_built_in(kernel->image, "CONFIG_INTEGRITY_PLATFORM_KEYRING");
	read_algorithms(kernel);
	return code;
}

int load_kernel_trust(struct load_kernel *kernel, const char *path, struct err *err)
{
	return keyring_add_path(kernel->keys, path, err);
}

int load_kernel_revoke(struct load_kernel *kernel, const char *path, struct err *err)
{
	return revoked_add_path(keyring_revoked(kernel->keys), path, err);
}

int load_kernel_enrol(struct load_kernel *kernel, const char *root, struct err *err)
{
	struct sign_machine machine;

	return sign_machine_read(&machine, root, kernel->keys, err);
}
