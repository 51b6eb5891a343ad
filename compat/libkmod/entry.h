/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lists of other things than modules hold: a name with a number (an address, a CRC), or with a
 * text.
 */
#ifndef LKM_COMPAT_LIBKMOD_ENTRY_H
#define LKM_COMPAT_LIBKMOD_ENTRY_H

#include "compat/libkmod/internal.h"

struct entry {
	uint64_t number;
	int bind; /* enum kmod_symbol_bind */
	const char *text;
	char name[]; /* and the text behind it */
};

/* Appends a copy; text may be NULL. -ENOMEM, and *list is freed and NULL. */
int entry_push(struct kmod_list **list, const struct entry *entry, const char *name);
/* Of a list's entry; NULL is accepted. */
const char *entry_name(const struct kmod_list *entry);
uint64_t entry_number(const struct kmod_list *entry);
void entry_list_free(struct kmod_list *list);

#endif
