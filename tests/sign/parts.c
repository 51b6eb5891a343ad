/* SPDX-License-Identifier: GPL-2.0-only */
/* Signing and checking as a library: each step, and what happens when memory runs out at any point
 * of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ko/sample.h"
#include "../scratch.h"
#include "base/file.h"
#include "base/mem.h"
#include "sign/file.h"
#include "sign/machine.h"

static const char *key_path, *certificate_path, *module_path;

static struct buf module;

static void write_pair(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	FILE *file = fopen(key_path, "w");

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0x1234);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -1000);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 1000000);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"unit", -1, -1,
				   0);
	X509_set_issuer_name(certificate, name);
	X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	assert_true(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	fclose(file);
	file = fopen(certificate_path, "w");
	assert_true(PEM_write_X509(file, certificate));
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static int set_up(void **state)
{
	struct sample sample;

	if (scratch_make(state) < 0)
		return -1;
	key_path = scratch_path("key");
	certificate_path = scratch_path("certificate");
	module_path = scratch_path("module.ko");
	write_pair();
	sample_init(&sample, true, false);
	sample_module(&sample, &module);
	sample_free(&sample);
	return 0;
}

static int tear_down(void **state)
{
	buf_free(&module);
	return scratch_remove(state);
}

static void write_module(void)
{
	assert_int_equal(file_replace(module_path, buf_span(&module), 0640, NULL), 0);
}

static int open_signer(struct signer **out, struct err *err)
{
	struct signer_request request = {
		.key = key_path, .certificate = certificate_path, .hash = KO_HASH_SHA256};

	return signer_open(out, &request, err);
}

static int sign_once(struct err *err)
{
	DEFER(signer_closep) struct signer *signer = NULL;
	struct sign_job job = {.replace = true};
	int code = open_signer(&signer, err);

	job.signer = signer;
	return code < 0 ? code : sign_file(&job, module_path, err);
}

static int verify_once(struct sign_verdict *verdict, struct err *err)
{
	static const struct sign_kernel any;
	DEFER(keyring_freep) struct keyring *ring = NULL;
	DEFER(buf_free) struct buf file = {0};
	struct ko_signature signature;
	int code = keyring_new(&ring, err);

	if (code == 0)
		code = keyring_add_path(ring, certificate_path, err);
	if (code == 0)
		code = file_read(module_path, 1 << 20, &file, err);
	if (code == 0)
		code = sign_verify(ring, &any, buf_span(&file), &signature, verdict, err);
	return code;
}

static void test_sign_and_verify(void **state)
{
	struct sign_verdict verdict;
	struct err err = {0};
	struct stat st;

	write_module();
	assert_int_equal(verify_once(&verdict, &err), 0);
	assert_int_equal(verdict.code, -ENODATA);
	assert_int_equal(sign_once(&err), 0);
	assert_int_equal(verify_once(&verdict, &err), 0);
	assert_int_equal(verdict.code, 0);
	assert_string_equal(verdict.signer, "unit");
	assert_string_equal(verdict.key_id, "1234");
	assert_int_equal(stat(module_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* Runs again and again, with one allocation more that works, until it gets through. */
static void until_it_works(int (*run)(struct err *err))
{
	for (unsigned long n = 1; n < 10000; n++) {
		struct err err = {0};
		int code;

		mem_fail_at(n, 1);
		code = run(&err);
		mem_fail_at(0, 0);
		if (code == 0)
			return;
		assert_int_equal(err.code, code);
		assert_int_not_equal(err.text[0], 0);
	}
	fail_msg("it never works");
}

static int verify_good(struct err *err)
{
	struct sign_verdict verdict;
	int code = verify_once(&verdict, err);

	if (code == 0)
		assert_int_equal(verdict.code, 0);
	return code;
}

static void test_no_memory(void **state)
{
	write_module();
	until_it_works(sign_once);
	until_it_works(verify_good);
}

/* While memory runs out the module stays what it was. */
static void test_untouched(void **state)
{
	DEFER(buf_free) struct buf file = {0};
	struct err err = {0};

	write_module();
	for (unsigned long n = 1; n < 10; n++) {
		mem_fail_at(n, 1);
		sign_once(&err);
		mem_fail_at(0, 0);
	}
	assert_int_equal(file_read(module_path, 1 << 20, &file, &err), 0);
	assert_true(span_equal(buf_span(&file), buf_span(&module)));
}

static void test_machine_decides(void **state)
{
	static const struct {
		struct sign_machine machine;
		int verdict, outcome;
	} cases[] = {
		{{SIGN_NO, SIGN_NO, SIGN_LOCKDOWN_NONE, 0}, -ENOKEY, 0},
		{{SIGN_YES, SIGN_NO, SIGN_LOCKDOWN_NONE, 0}, -ENOKEY, -EKEYREJECTED},
		{{SIGN_YES, SIGN_NO, SIGN_LOCKDOWN_INTEGRITY, 0}, -ENODATA, -EKEYREJECTED},
		{{SIGN_NO, SIGN_YES, SIGN_LOCKDOWN_CONFIDENTIALITY, 0}, -ENOPKG, -EPERM},
		{{SIGN_NO, SIGN_NO, SIGN_LOCKDOWN_NONE, 0}, -EBADMSG, -EBADMSG},
		{{SIGN_YES, SIGN_YES, SIGN_LOCKDOWN_INTEGRITY, 0}, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sign_verdict verdict = {.code = cases[i].verdict};

		assert_int_equal(sign_machine_decide(&cases[i].machine, &verdict),
				 cases[i].outcome);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sign_and_verify),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_machine_decides),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
