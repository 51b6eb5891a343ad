/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The certificates that are built into a kernel, whose keys sign its modules: one after the other
 * in DER, from the symbol system_certificate_list on; system_certificate_list_size (an unsigned
 * long) has their bytes. (Source: certs/system_certificates.S.)
 */
#include "image/internal.h"

enum { HASH_LONGEST = 140 }; /* kind, colon, 128 digits and the end */

struct span image_certificates(const struct image *image)
{
	uint64_t list = image_address(image, "system_certificate_list");
	uint64_t size = image_address(image, "system_certificate_list_size");

	if (!list || !size)
		return span_of(NULL, 0);
	return image_at(image, list, span_le64(image_at(image, size, 8), 0));
}

/* What the kernel refuses by its hash: an array of pointers to strings, up to NULL (source:
 * certs/blacklist_hashes.c). */
const char *image_revoked_hash(const struct image *image, size_t number)
{
	uint64_t list = image_address(image, "blacklist_hashes");
	struct span entry = list ? image_at(image, list + 8 * number, 8) : span_of(NULL, 0);
	uint64_t address = span_le64(entry, 0);

	return address ? span_string(image_at(image, address, HASH_LONGEST), 0) : NULL;
}
