/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hashes of what a kernel refuses, whoever has signed it: those in its key ring .blacklist, in the
 * form that they have there,
 *
 *	bin:HEX		SHA-256 of a module's file, with its signature
 *	tbs:HEX		hash of a certificate's signed part
 *
 * as words in a text (/proc/keys; the file of CONFIG_SYSTEM_BLACKLIST_HASH_LIST, with quotes and
 * commas), or in EFI signature lists (dbx), from where a kernel takes them.
 */
#ifndef LKM_SIGN_REVOKED_H
#define LKM_SIGN_REVOKED_H

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"

enum { REVOKED_DIGEST = 32 }; /* bytes of SHA-256 */

struct revoked {
	struct map words;
	struct arena *arena; /* of the words; borrowed */
};

int revoked_add_text(struct revoked *revoked, struct span text, struct err *err);
int revoked_add_lists(struct revoked *revoked, struct span lists, struct err *err);
/* A file with either. -EINVAL: there is no hash in it. */
int revoked_add_path(struct revoked *revoked, const char *path, struct err *err);

/* kind is "bin" or "tbs". */
bool revoked_has(const struct revoked *revoked, const char *kind,
		 const unsigned char digest[REVOKED_DIGEST]);

#endif
