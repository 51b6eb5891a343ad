/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument: a certificate, a
 * message by its key, a module with that, a list with the certificate. All are made by OpenSSL. */
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "ko/signature.h"

static void name_it(X509 *certificate)
{
	X509_NAME *name = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0x1234);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 1000000);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"seed", -1, -1,
				   0);
	X509_set_issuer_name(certificate, name);
}

static X509 *certificate_of(EVP_PKEY *key)
{
	X509 *certificate = X509_new();

	name_it(certificate);
	X509_set_pubkey(certificate, key);
	X509_sign(certificate, key, EVP_sha256());
	return certificate;
}

static void message_of(X509 *certificate, EVP_PKEY *key, unsigned int form, struct buf *out)
{
	BIO *content = BIO_new_mem_buf("module", 6);
	CMS_ContentInfo *cms =
		CMS_sign(certificate, key, NULL, content, CMS_BINARY | CMS_DETACHED | form);
	unsigned char *der = NULL;
	int length = i2d_CMS_ContentInfo(cms, &der);

	buf_add(out, der, (size_t)length);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
}

static void write_seed(const char *directory, const char *name, struct span bytes)
{
	DEFER(mem_freep) char *path = mem_format("%s/%s", directory, name);
	struct err err = {0};

	if (file_replace(path, bytes, 0644, &err) < 0)
		fprintf(stderr, "%s\n", err.text);
}

static void write_list(const char *directory, struct span certificate)
{
	static const unsigned char type[] = {0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
					     0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72};
	unsigned int each = (unsigned int)certificate.n + 16, sizes[3] = {each + 28, 0, each};
	DEFER(buf_free) struct buf list = {0};

	buf_add(&list, type, sizeof(type));
	buf_add(&list, sizes, sizeof(sizes));
	buf_add(&list, type, sizeof(type)); /* any owner */
	buf_add(&list, certificate.p, certificate.n);
	write_seed(directory, "list", buf_span(&list));
}

static void write_seeds(const char *directory, EVP_PKEY *key)
{
	static const unsigned int forms[] = {CMS_NOCERTS | CMS_NOATTR, CMS_NOATTR, CMS_NOCERTS, 0};
	X509 *certificate = certificate_of(key);
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);

	write_seed(directory, "certificate", span_of(der, (size_t)length));
	write_list(directory, span_of(der, (size_t)length));
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		DEFER(buf_free) struct buf message = {0}, module = {0}, both = {0};
		char name[32];

		message_of(certificate, key, forms[i], &message);
		buf_text(&module, "module");
		ko_signature_append(&module, buf_span(&message));
		buf_add(&both, der, (size_t)length);
		buf_add(&both, message.p, message.n);
		snprintf(name, sizeof(name), "message%zu", i);
		write_seed(directory, name, buf_span(&message));
		snprintf(name, sizeof(name), "module%zu", i);
		write_seed(directory, name, buf_span(&module));
		snprintf(name, sizeof(name), "both%zu", i);
		write_seed(directory, name, buf_span(&both));
	}
	OPENSSL_free(der);
	X509_free(certificate);
}

int main(int argc, char **argv)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	if (argc != 2 || !key) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	write_seeds(argv[1], key);
	EVP_PKEY_free(key);
	return 0;
}
