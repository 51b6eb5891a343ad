/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzzes all that is read of signatures: the input is a signed file, a message, certificates and a
 * firmware's list of them, each in its turn. The certificates are trusted, so that a message may
 * find its key among them.
 */
#include <stdlib.h>

#include "ko/der.h"
#include "sign/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sign_kernel any;

static void check_verdict(int code, const struct sign_verdict *verdict, const struct err *err)
{
	if (code < 0) {
		if (err->code != code || !err->text[0])
			abort();
		return;
	}
	if ((verdict->code < 0) != (verdict->id != NULL) ||
	    (verdict->code < 0) != (verdict->sentence[0] != 0))
		abort();
}

static void check_parts(struct span file, const struct ko_signature *signature)
{
	if (signature->content.n > file.n ||
	    (signature->trailer == KO_TRAILER_FINE &&
	     signature->content.n + signature->appended.n != file.n))
		abort();
}

static struct keyring *trust(struct span input)
{
	struct keyring *ring = NULL;

	if (keyring_new(&ring, NULL) < 0 || keyring_add_der(ring, input, "input", NULL) < 0 ||
	    sign_machine_add_lists(ring, input, "list", NULL) < 0)
		abort();
	for (size_t i = 0; i < keyring_count(ring); i++)
		if (!keyring_key(ring, i)->name)
			abort();
	return ring;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of(data, size), second = {0};
	struct keyring *ring = trust(input);
	struct ko_signature signature;
	struct sign_verdict verdict;
	struct err err = {0};
	struct ko_der first;
	int code = sign_verify(ring, &any, input, &signature, &verdict, &err);

	check_verdict(code, &verdict, &err);
	check_parts(input, &signature);
	code = sign_verify_message(ring, &any, input, input, &verdict, &err);
	check_verdict(code, &verdict, &err);
	/* A certificate, and behind it a message that may be by its key. */
	second = input;
	if (ko_der_next(&second, &first)) {
		code = sign_verify_message(ring, &any, first.content, second, &verdict, &err);
		check_verdict(code, &verdict, &err);
	}
	keyring_free(ring);
	return 0;
}
