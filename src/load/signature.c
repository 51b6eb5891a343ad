/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The signature at the end of the file, and what becomes of a module that has none which counts.
 * The checks themselves are those of src/sign.
 */
#include <errno.h>

#include "load/walk.h"

static const char *fix_of(const struct sign_verdict *verdict)
{
	if (verdict->id && strcmp(verdict->id, "L-SIG-18") == 0)
		return "get another build of the module: this one is refused for what it is, "
		       "whoever signs it";
	switch (verdict->code) {
	case -ENODATA:
		return "sign it with a key that the kernel trusts: lkm sign -k KEY -c CERT MODULE; "
		       "your own is trusted after mokutil --import CERT.der and a reboot";
	case -ENOKEY:
		return "if it is your key, enrol its certificate: mokutil --import CERT.der, then "
		       "reboot and confirm; else sign the module with a key that the kernel has";
	case -ENOPKG:
	case -ENOENT:
		return "sign it with a key of RSA and with sha256, which every kernel has: lkm "
		       "sign --replace -k KEY -c CERT "
		       "MODULE";
	case -EKEYREJECTED:
		return "sign it again, and strip it before and not after: lkm sign --replace "
		       "[--strip] -k KEY -c CERT MODULE";
	default:
		return "get the module again, or sign it again: lkm sign --replace -k KEY -c CERT "
		       "MODULE";
	}
}

/* What the verdict comes to; an error that makes the module an unsigned one is no refusal yet. */
static void tell(struct walk *walk, const struct sign_verdict *verdict)
{
	bool is_unsigned = sign_counts_as_unsigned(verdict->code);
	struct load_reason *reason = walk_reason(walk, verdict->id, is_unsigned ? 0 : verdict->code,
						 "%s", verdict->sentence);

	reason->fix = fix_of(verdict);
}

/* The name that the kernel's refusal has for it. */
static const char *kind_of(int code)
{
	return code == -ENOPKG	 ? "module with unsupported crypto"
	       : code == -ENOKEY ? "module with unavailable key"
				 : "unsigned module";
}

/* The loader goes on with what is in front of the signature, as far as it understood where that is.
 */
static void cut(struct walk *walk, const struct ko_signature *signature)
{
	if (signature->trailer == KO_TRAILER_TYPE)
		walk->file.n -= ko_signature_marker.n;
	else
		walk->file = signature->content;
}

/* The kernel as it is with the modules that are loaded. */
static struct sign_kernel signing_of(const struct walk *walk)
{
	struct sign_kernel signing = walk->kernel->signing;

	for (size_t i = 0; i < walk->request->provider_count; i++)
		load_keys_bring(&signing, walk->request->providers[i]->name);
	return signing;
}

static const char *const unseen[] = {
	[HELD_UNKNOWN] = "which keys are built into the kernel cannot be seen",
	[HELD_NAME] =
		"the kernel holds a key of the signer's name, but that cannot be had to check it",
	[HELD_ID] = "the kernel holds the key of its signer, but that cannot be had to check it",
};

static void verify(struct walk *walk, struct sign_verdict *verdict)
{
	const struct load_kernel *kernel = walk->kernel;
	struct sign_kernel signing = signing_of(walk);
	struct ko_signature signature;
	struct err err = {0};
	int code = sign_verify(kernel->keys, &signing, walk->file, &signature, verdict, &err);

	if (code == -ENOMEM)
		walk->no_memory = true;
	cut(walk, &signature);
	walk->unsigned_why = kind_of(verdict->code);
	if (code < 0 ||
	    (verdict->code == -ENOKEY && !kernel->keys_known && verdict->held != HELD_NOT)) {
		walk_reason(walk, "L-SIG-15", 0, "the signature is taken as good: %s",
			    code < 0 ? err.text : unseen[verdict->held]);
		walk->is_signed = true;
		return;
	}
	walk->is_signed = verdict->code == 0;
	if (verdict->code < 0 && verdict->code != -ENODATA)
		tell(walk, verdict);
	for (size_t i = 0; i < verdict->line_count; i++)
		walk_line(walk, verdict->lines[i].level, "%s", verdict->lines[i].text);
}

/* A kernel that takes signed modules only, by its configuration or for now. */
static void refuse_unsigned(struct walk *walk, const struct sign_verdict *verdict)
{
	if (walk->kernel->sig_force || walk->request->policy.sig_enforce) {
		walk_reason(walk, "L-SIG-19", -EKEYREJECTED,
			    "the kernel takes signed modules only: %s", verdict->sentence)
			->fix = fix_of(verdict);
		walk_line(walk, 5, "Loading of %s is rejected", walk->unsigned_why);
	} else if (walk->request->policy.lockdown) {
		walk_reason(walk, "L-SIG-21", -EPERM,
			    "the kernel is locked down and takes signed modules only: %s",
			    verdict->sentence)
			->fix = fix_of(verdict);
		walk_line(walk, 5,
			  "Lockdown: insmod: unsigned module loading is restricted; see man "
			  "kernel_lockdown.7");
	}
}

bool signature_step(struct walk *walk)
{
	bool mangled = walk->request->flags & (LOAD_IGNORE_MODVERSIONS | LOAD_IGNORE_VERMAGIC);
	struct sign_verdict verdict = {
		.code = -ENODATA,
		.sentence = "a signature does not count when versions are ignored",
	};

	walk->unsigned_why = kind_of(verdict.code);
	if (!walk->kernel->signatures)
		return true;
	if (!mangled)
		verify(walk, &verdict);
	if (walk->step_code == 0 && !walk->is_signed)
		refuse_unsigned(walk, &verdict);
	return true;
}

bool unsigned_step(struct walk *walk)
{
	if (!walk->kernel->signatures || walk->is_signed)
		return true;
	walk_reason(walk, "L-SIG-20", 0, "the module counts as not signed");
	if (!walk_has_taint(walk, LOAD_TAINT_E))
		walk_line(walk, 5,
			  "%s: module verification failed: signature and/or required key missing - "
			  "tainting kernel",
			  walk->name);
	walk_taint(walk, LOAD_TAINT_E);
	return true;
}
