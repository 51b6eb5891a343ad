/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/efi.h"

enum { GUID = 16, LIST_HEAD = GUID + 12 };

static const struct {
	struct span guid;
	enum efi_type type;
} types[] = {
	{SPAN_LITERAL("\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72"),
	 EFI_X509},
	{SPAN_LITERAL("\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28"),
	 EFI_SHA256},
	{SPAN_LITERAL("\x92\xa4\xd2\x3b\xc0\x96\x79\x40\xb4\x20\xfc\xf9\x8e\xf1\x03\xed"),
	 EFI_X509_SHA256},
};

bool efi_list_next(struct span *rest, struct efi_list *out)
{
	uint32_t size = span_le32(*rest, GUID), head = span_le32(*rest, GUID + 4);

	*out = (struct efi_list){.each = span_le32(*rest, GUID + 8)};
	if (size < LIST_HEAD || head > size - LIST_HEAD ||
	    !span_cut(*rest, LIST_HEAD + (uint64_t)head, size - LIST_HEAD - head, &out->signatures))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (span_starts(*rest, types[i].guid))
			out->type = types[i].type;
	*rest = span_of(rest->p + size, rest->n - size);
	return true;
}

bool efi_list_get(const struct efi_list *list, size_t number, struct span *out)
{
	return list->each > GUID && span_cut(list->signatures, number * (uint64_t)list->each + GUID,
					     list->each - GUID, out);
}
