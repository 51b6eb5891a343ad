/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signing one module file, in the only order that works: unpack, strip, sign, pack, replace. The
 * file has its old content or its new one at any time, and keeps its mode and its owner.
 */
#ifndef LKM_SIGN_FILE_H
#define LKM_SIGN_FILE_H

#include "sign/keyring.h"
#include "sign/signer.h"

struct sign_job {
	const struct signer *signer;  /* NULL: message is the signature, or there is to be none */
	struct span message;	      /* made elsewhere; empty: none */
	struct keyring *certificates; /* which message has to fit; NULL: any */
	const char *strip;	      /* program that takes debug information out; NULL: it stays */
	bool replace;		      /* a signature that is there is taken off first */
	bool detached;	    /* the signature goes to FILE.p7s, the module stays as it is */
	const char *output; /* the module goes there; NULL: in its own place */
};

/* -EEXIST: it is signed already, and replace is not set. -EKEYREJECTED: message does not fit. */
int sign_file(const struct sign_job *job, const char *path, struct err *err);

#endif
