/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trailer of a signed module:
 *
 *	module | PKCS#7 message | struct (12 bytes) | "~Module signature appended~\n"
 *
 * struct: algo 0, hash 0, type 2 (PKCS#7), lengths of signer and key id 0, 3 zeros, be32 length of
 * the message. The message itself is not verified: a well-formed one is taken as good.
 */
#include <errno.h>

#include "load/walk.h"

enum { TRAILER = 12, TYPE_PKCS7 = 2, LONGEST = 65535 };

static const struct span marker = SPAN_LITERAL("~Module signature appended~\n");

static void check_trailer(struct walk *walk)
{
	struct span trailer = {0};
	uint64_t length = 0;

	if (walk->file.n <= TRAILER) {
		walk_reason(walk, "L-SIG-01", -EBADMSG, "the signature is cut short");
		return;
	}
	span_cut(walk->file, walk->file.n - TRAILER, TRAILER, &trailer);
	span_number(trailer, 8, 4, true, &length);
	if (length >= walk->file.n - TRAILER) {
		walk_reason(walk, "L-SIG-02", -EBADMSG,
			    "the signature claims %ju bytes, the file has %zu", (uintmax_t)length,
			    walk->file.n)
			->fix = "get the module again, or sign it again";
		return;
	}
	walk->file.n -= length + TRAILER;
	if (trailer.p[2] != TYPE_PKCS7) {
		walk->unsigned_why = "module with unsupported crypto";
		walk_reason(walk, "L-SIG-03", 0, "the signature is not of type PKCS#7");
		walk_line(walk, 3, "module: not signed with expected PKCS#7 message");
	} else if (trailer.p[0] || trailer.p[1] || memcmp(trailer.p + 3, "\0\0\0\0", 5) != 0) {
		walk_reason(walk, "L-SIG-04", -EBADMSG, "the signature's trailer is damaged");
		walk_line(walk, 3, "module: PKCS#7 signature info has unexpected non-zero params");
	} else if (length > LONGEST) {
		walk_reason(walk, "L-SIG-05", -EMSGSIZE, "the signature has %ju bytes",
			    (uintmax_t)length);
	} else if (length == 0) {
		walk_reason(walk, "L-SIG-06", -EBADMSG, "the signature is empty");
	} else {
		walk->is_signed = true;
	}
}

/* A kernel that takes signed modules only, by its configuration or for now. */
static void refuse_unsigned(struct walk *walk)
{
	const char *fix = "sign the module with a key that the kernel trusts";

	if (walk->kernel->sig_force || walk->request->policy.sig_enforce) {
		walk_reason(walk, "L-SIG-19", -EKEYREJECTED, "the kernel takes signed modules only")
			->fix = fix;
		walk_line(walk, 5, "Loading of %s is rejected", walk->unsigned_why);
	} else if (walk->request->policy.lockdown) {
		walk_reason(walk, "L-SIG-21", -EPERM,
			    "the kernel is locked down and takes signed modules only")
			->fix = fix;
		walk_line(walk, 5,
			  "Lockdown: insmod: unsigned module loading is restricted; see man "
			  "kernel_lockdown.7");
	}
}

bool signature_step(struct walk *walk)
{
	bool mangled = walk->request->flags & (LOAD_IGNORE_MODVERSIONS | LOAD_IGNORE_VERMAGIC);
	struct span tail;

	walk->unsigned_why = "unsigned module";
	if (!walk->kernel->signatures)
		return true;
	if (!mangled && walk->file.n > marker.n &&
	    span_cut(walk->file, walk->file.n - marker.n, marker.n, &tail) &&
	    span_equal(tail, marker)) {
		walk->file.n -= marker.n;
		check_trailer(walk);
	}
	if (walk->step_code == 0 && !walk->is_signed)
		refuse_unsigned(walk);
	return true;
}

bool unsigned_step(struct walk *walk)
{
	if (!walk->kernel->signatures || walk->is_signed)
		return true;
	walk_reason(walk, "L-SIG-20", 0, "the module is not signed");
	if (!walk_has_taint(walk, LOAD_TAINT_E))
		walk_line(walk, 5,
			  "%s: module verification failed: signature and/or required key missing - "
			  "tainting kernel",
			  walk->name);
	walk_taint(walk, LOAD_TAINT_E);
	return true;
}
