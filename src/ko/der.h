/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ASN.1 in its binary form, as certificates and signatures use it: elements of a tag, a length and
 * that many bytes. Tags are of one byte. A length may be open (BER): then the element ends with two
 * zeros.
 */
#ifndef LKM_KO_DER_H
#define LKM_KO_DER_H

#include "base/span.h"

enum {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_UTC_TIME = 0x17,
	DER_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT = 0x80,	/* [0] ... */
	DER_CONSTRUCTED = 0x20, /* and holds elements */
};

struct ko_der {
	unsigned int tag;
	struct span content; /* without tag and length */
	struct span whole;
};

/* Takes the first element off *rest; false, and nothing is changed, when there is no sound one. */
bool ko_der_next(struct span *rest, struct ko_der *out);
/* The same when it has this tag; that it is constructed is not asked for, as kernels do not. */
bool ko_der_take(struct span *rest, unsigned int tag, struct ko_der *out);
/* The tag of what comes next; 0: nothing. */
unsigned int ko_der_peek(struct span rest);

/*
 * The name of a person or a machine in a Name (of a certificate's subject or issuer), as people
 * know it: its common name, else its organisation. Empty: it has neither.
 */
struct span ko_der_common_name(struct span name);

#endif
