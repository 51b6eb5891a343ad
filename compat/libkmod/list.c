/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compat/libkmod/internal.h"

static bool push(struct kmod_list **list, void *data, bool front)
{
	struct kmod_list *entry = mem_alloc(sizeof(*entry)), *first = *list;

	if (!entry)
		return false;
	*entry = (struct kmod_list){entry, entry, data};
	if (first) {
		entry->next = first;
		entry->prev = first->prev;
		first->prev->next = entry;
		first->prev = entry;
	}
	if (!first || front)
		*list = entry;
	return true;
}

bool kmod_list_push(struct kmod_list **list, void *data)
{
	return push(list, data, false);
}

bool kmod_list_push_front(struct kmod_list **list, void *data)
{
	return push(list, data, true);
}

void kmod_list_join(struct kmod_list **list, struct kmod_list *other)
{
	struct kmod_list *last, *other_last;

	if (!*list || !other) {
		*list = *list ? *list : other;
		return;
	}
	last = (*list)->prev;
	other_last = other->prev;
	last->next = other;
	other->prev = last;
	other_last->next = *list;
	(*list)->prev = other_last;
}

void kmod_list_free(struct kmod_list *list, void (*free_data)(void *data))
{
	struct kmod_list *entry = list, *next;

	for (; entry; entry = next) {
		next = entry->next == list ? NULL : entry->next;
		free_data(entry->data);
		mem_free(entry);
	}
}

EXPORT struct kmod_list *kmod_list_next(const struct kmod_list *list, const struct kmod_list *curr)
{
	return list && curr && curr->next != list ? curr->next : NULL;
}

EXPORT struct kmod_list *kmod_list_prev(const struct kmod_list *list, const struct kmod_list *curr)
{
	return list && curr && curr != list ? curr->prev : NULL;
}

EXPORT struct kmod_list *kmod_list_last(const struct kmod_list *list)
{
	return list ? list->prev : NULL;
}
