/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EFI signature lists (UEFI specification 32.4.1), in which firmware and shim keep what they trust
 * (db, MokListRT) and what they do not (dbx, MokListXRT). One after the other, each
 *
 *	GUID of the type | le32 size of the list | le32 size of the header |
 *	le32 size of a signature | header |
 *	signatures: GUID of the owner, then the certificate or hash
 */
#ifndef LKM_SIGN_EFI_H
#define LKM_SIGN_EFI_H

#include "base/span.h"

enum efi_type { EFI_OTHER, EFI_X509, EFI_SHA256, EFI_X509_SHA256 };

struct efi_list {
	enum efi_type type;
	struct span signatures;
	uint32_t each; /* bytes of one, with its owner */
};
/* Takes the first list off *rest; false: there is no sound one. */
bool efi_list_next(struct span *rest, struct efi_list *out);
/* A signature without its owner; false: there is none of this number. */
bool efi_list_get(const struct efi_list *list, size_t number, struct span *out);

#endif
