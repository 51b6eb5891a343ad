/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The object identifiers that a kernel knows (lib/oid_registry.c): oid_data has them one after the
 * other, as in DER; oid_index has u16 offsets, one more than there are identifiers. An identifier's
 * place is its number in enum OID; the count is OID__NR, which stands for every other one.
 */
#include "image/internal.h"

static struct span symbol_bytes(const struct image *image, const char *name)
{
	struct image_symbol symbol;
	uint64_t size, address = image_address(image, name);

	if (!address || !image_symbol_at(image, address, &symbol, &size))
		return span_of(NULL, 0);
	return image_at(image, address, size);
}

unsigned int image_oid(const struct image *image, struct span oid, unsigned int *count)
{
	struct span index = symbol_bytes(image, "oid_index"),
		    data = symbol_bytes(image, "oid_data");
	unsigned int found;
	uint64_t n = 0;
	bool known = false;

	/* Offsets grow; behind the last there may be zeros up to the next symbol. */
	while (span_le16(index, 2 * (n + 1)) > span_le16(index, 2 * n)) {
		uint16_t start = span_le16(index, 2 * n), end = span_le16(index, 2 * (n + 1));
		struct span one = {0};

		if (!known && span_cut(data, start, end - start, &one) && span_equal(one, oid)) {
			found = n;
			known = true;
		}
		n++;
	}
	*count = n;
	return known ? found : n;
}
