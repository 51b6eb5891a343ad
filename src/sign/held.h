/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys that a running kernel holds, as /proc/keys tells of them: a line for each,
 *
 *	SERIAL FLAGS USAGE TIMEOUT PERMISSIONS UID GID TYPE DESCRIPTION
 *
 * of which those of type "asymmetri" are of certificates. Their description is
 *
 *	SUBJECT: HEX: X509.KIND SHORT []
 *
 * with the subject key identifier, or, where there is none, the serial number. The keys themselves
 * are not to be had there, and a kernel shows its own to root only.
 */
#ifndef LKM_SIGN_HELD_H
#define LKM_SIGN_HELD_H

#include "base/span.h"

enum held {
	HELD_UNKNOWN, /* no key is shown */
	HELD_NOT,     /* some are, and this is none of them */
	HELD_NAME, /* one has the signer's name; its identifier is not the one that is asked for */
	HELD_ID,   /* one has its identifier */
};

/* Whether a key is there: signer is the common name of its owner, id an identifier of it in hex. */
enum held held_find(struct span text, const char *signer, const char *id);
const char *held_name(enum held held); /* "unknown", "no", "name", "id" */

#endif
