/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compat/libkmod/entry.h"

#include <errno.h>

int entry_push(struct kmod_list **list, const struct entry *entry, const char *name)
{
	size_t name_size = strlen(name) + 1, text_size = entry->text ? strlen(entry->text) + 1 : 0;
	struct entry *copy = mem_alloc(sizeof(*copy) + name_size + text_size);

	if (copy && kmod_list_push(list, copy)) {
		copy->number = entry->number;
		copy->bind = entry->bind;
		copy->text = text_size ? copy->name + name_size : NULL;
		memcpy(copy->name, name, name_size);
		if (text_size)
			memcpy(copy->name + name_size, entry->text, text_size);
		return 0;
	}
	mem_free(copy);
	entry_list_free(*list);
	*list = NULL;
	return -ENOMEM;
}

const char *entry_name(const struct kmod_list *entry)
{
	return entry ? ((const struct entry *)entry->data)->name : NULL;
}

uint64_t entry_number(const struct kmod_list *entry)
{
	return entry ? ((const struct entry *)entry->data)->number : 0;
}

void entry_list_free(struct kmod_list *list)
{
	kmod_list_free(list, mem_free);
}
