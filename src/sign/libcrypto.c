/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/libcrypto.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define LIBRARY "libcrypto.so.3"

static const uint64_t start_options[] = {
	[LIBCRYPTO_CHECK] = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
			    OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
			    OPENSSL_INIT_NO_ATEXIT,
	[LIBCRYPTO_SIGN] = OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
			   OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS,
};

/* It is never closed: its own threads' data and exit handlers live as long as the process. */
int libcrypto_open(struct libcrypto *library, enum libcrypto_use use, struct err *err)
{
	struct libcrypto new = {.handle = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL)};
	bool complete = new.handle != NULL;

#define F(name)                                                                                    \
	new.name = complete ? (__typeof__(new.name))dlsym(new.handle, #name) : NULL;               \
	complete = complete && new.name;
	LIBCRYPTO_FUNCTIONS(F)
#undef F
	if (!complete)
		return err_set(err, -ENOTSUP,
			       "signatures need OpenSSL 3 (" LIBRARY
			       "), which is not here; get it with: apt-get install libssl3");
	new.OPENSSL_init_crypto(start_options[use], NULL);
	*library = new;
	return 0;
}

int libcrypto_fail(const struct libcrypto *library, struct err *err, int code, const char *format,
		   ...)
{
	const char *reason = library->ERR_reason_error_string(library->ERR_peek_last_error());
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	library->ERR_clear_error();
	return reason ? err_set(err, code, "%s (OpenSSL: %s)", text, reason)
		      : err_set(err, code, "%s", text);
}
