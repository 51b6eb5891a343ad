/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a machine deals with unsigned modules, as far as its files tell:
 *
 *	/sys/module/module/parameters/sig_enforce	"Y" or "N"
 *	/sys/kernel/security/lockdown			"none [integrity] confidentiality"
 *	/sys/firmware/efi/efivars/SecureBoot-GUID	u32 attributes, u8 (1: on)
 *	/proc/keys					what the kernel refuses (revoked.h)
 *
 * and which keys its firmware and the owner's shim have enrolled (db, MokListRT) and refuse (dbx,
 * MokListXRT; efi.h has the form).
 */
#ifndef LKM_SIGN_MACHINE_H
#define LKM_SIGN_MACHINE_H

#include "base/err.h"
#include "sign/keyring.h"
#include "sign/verify.h"

enum sign_known { SIGN_UNKNOWN, SIGN_NO, SIGN_YES };
enum sign_lockdown {
	SIGN_LOCKDOWN_UNKNOWN,
	SIGN_LOCKDOWN_NONE,
	SIGN_LOCKDOWN_INTEGRITY,
	SIGN_LOCKDOWN_CONFIDENTIALITY
};

struct sign_machine {
	enum sign_known enforce, secure_boot;
	enum sign_lockdown lockdown;
	size_t enrolled; /* certificates that firmware and shim have */
};

/* root is where the machine's files are, "" for this one. Enrolled certificates and what is refused
 * go into ring. What cannot be read stays unknown. */
int sign_machine_read(struct sign_machine *out, const char *root, struct keyring *ring,
		      struct err *err);

/* What loading a module with this verdict comes to: 0, or the negative errno. */
int sign_machine_decide(const struct sign_machine *machine, const struct sign_verdict *verdict);

/* Adds the X.509 certificates of EFI signature lists to ring; returns their number, or an error. */
int sign_machine_add_lists(struct keyring *ring, struct span lists, const char *where,
			   struct err *err);

const char *sign_lockdown_name(enum sign_lockdown lockdown);

#endif
