/* SPDX-License-Identifier: GPL-2.0-only */
/* The passphrase of a private key, or the PIN of a token. */
#ifndef LKM_CLI_PASSPHRASE_H
#define LKM_CLI_PASSPHRASE_H

#include "base/err.h"

struct passphrase {
	const char *file; /* its first line; NULL: $KBUILD_SIGN_PIN, as sign-file takes it, or the
			     terminal */
	const char *key;  /* its name, for the prompt */
	struct err err;	  /* why the file could not be read */
};

/* What struct signer_request calls, with a struct passphrase. */
int passphrase_ask(void *context, char *out, int size);

#endif
