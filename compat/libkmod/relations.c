/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What should come with a module, and which modules of a list are wanted. */
#include <errno.h>

#include "compat/libkmod/internal.h"

/* The modules of a word, behind those of *list. A word that stands for nothing is left out. */
static void add_word(struct kmod_ctx *ctx, struct span word, struct kmod_list **list)
{
	DEFER(mem_freep) char *text = mem_format("%.*s", (int)word.n, (const char *)word.p);
	struct kmod_list *found = NULL;

	if (!text || kmod_module_new_from_lookup(ctx, text, &found) < 0)
		LOG(ctx, LOG_ERR, "failed to lookup dependency '%.*s', continuing anyway.\n",
		    (int)word.n, (const char *)word.p);
	kmod_list_join(list, found);
}

static void add_words(const struct kmod_module *module, enum db_rule_kind kind,
		      enum db_dep_place place, struct kmod_list **list)
{
	struct db_dep_words words = {db_config_value(module->ctx->config, kind, module->name),
				     DB_DEP_UNPLACED};
	struct span word;

	while (words.rest && db_dep_next(&words, kind, &word))
		if (words.place == place)
			add_word(module->ctx, word, list);
}

EXPORT int kmod_module_get_softdeps(const struct kmod_module *module, struct kmod_list **pre,
				    struct kmod_list **post)
{
	if (!module || !pre || !post)
		return -ENOENT;
	add_words(module, DB_SOFTDEP, DB_DEP_PRE, pre);
	add_words(module, DB_SOFTDEP, DB_DEP_POST, post);
	return 0;
}

EXPORT int kmod_module_get_weakdeps(const struct kmod_module *module, struct kmod_list **weak)
{
	if (!module || !weak)
		return -ENOENT;
	add_words(module, DB_WEAKDEP, DB_DEP_UNPLACED, weak);
	return 0;
}

EXPORT int kmod_module_apply_filter(const struct kmod_ctx *ctx, enum kmod_filter filter,
				    const struct kmod_list *input, struct kmod_list **output)
{
	const struct kmod_list *entry;

	if (!ctx || !output)
		return -ENOENT;
	*output = NULL;
	kmod_list_foreach(entry, input)
	{
		struct kmod_module *module = entry->data;

		if ((filter & KMOD_FILTER_BLACKLIST) && kmod_module_is_blacklisted(module))
			continue;
		if ((filter & KMOD_FILTER_BUILTIN) && kmod_module_is_builtin(module))
			continue;
		if (!kmod_list_push(output, module)) {
			kmod_module_unref_list(*output);
			*output = NULL;
			return -ENOMEM;
		}
		kmod_module_ref(module);
	}
	return 0;
}

EXPORT int kmod_module_get_filtered_blacklist(const struct kmod_ctx *ctx,
					      const struct kmod_list *input,
					      struct kmod_list **output)
{
	return kmod_module_apply_filter(ctx, KMOD_FILTER_BLACKLIST, input, output);
}
