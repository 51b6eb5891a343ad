/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The certificates that are built into a kernel, whose keys sign its modules: one after the other
 * in DER, from the symbol system_certificate_list on; system_certificate_list_size (an unsigned
 * long) has their bytes. (Source: certs/system_certificates.S.)
 */
#include "image/internal.h"

struct span image_certificates(const struct image *image)
{
	uint64_t list = image_address(image, "system_certificate_list");
	uint64_t size = image_address(image, "system_certificate_list_size");

	if (!list || !size)
		return span_of(NULL, 0);
	return image_at(image, list, span_le64(image_at(image, size, 8), 0));
}
