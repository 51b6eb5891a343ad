/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Iterators over the configuration. */
#include "compat/libkmod/internal.h"

struct kmod_config_iter {
	enum db_rule_kind kind;
	const struct db_rule *rules;
	size_t n, at;	 /* at: of the one behind the current */
	struct buf text; /* the current value, where it is put together */
};

static struct kmod_config_iter *new_iter(const struct kmod_ctx *ctx, enum db_rule_kind kind)
{
	struct kmod_config_iter *iter = ctx ? mem_zalloc(sizeof(*iter)) : NULL;

	if (!iter)
		return NULL;
	iter->kind = kind;
	iter->rules = db_config_rules(ctx->config, kind, &iter->n);
	return iter;
}

EXPORT struct kmod_config_iter *kmod_config_get_blacklists(const struct kmod_ctx *ctx)
{
	return new_iter(ctx, DB_BLACKLIST);
}

EXPORT struct kmod_config_iter *kmod_config_get_install_commands(const struct kmod_ctx *ctx)
{
	return new_iter(ctx, DB_INSTALL);
}

EXPORT struct kmod_config_iter *kmod_config_get_remove_commands(const struct kmod_ctx *ctx)
{
	return new_iter(ctx, DB_REMOVE);
}

EXPORT struct kmod_config_iter *kmod_config_get_aliases(const struct kmod_ctx *ctx)
{
	return new_iter(ctx, DB_ALIAS);
}

EXPORT struct kmod_config_iter *kmod_config_get_options(const struct kmod_ctx *ctx)
{
	return new_iter(ctx, DB_OPTIONS);
}

EXPORT struct kmod_config_iter *kmod_config_get_softdeps(const struct kmod_ctx *ctx)
{
	return new_iter(ctx, DB_SOFTDEP);
}

EXPORT struct kmod_config_iter *kmod_config_get_weakdeps(const struct kmod_ctx *ctx)
{
	return new_iter(ctx, DB_WEAKDEP);
}

static const struct db_rule *current(const struct kmod_config_iter *iter)
{
	return iter && iter->at > 0 && iter->at <= iter->n ? &iter->rules[iter->at - 1] : NULL;
}

EXPORT const char *kmod_config_iter_get_key(const struct kmod_config_iter *iter)
{
	const struct db_rule *rule = current(iter);

	return rule ? rule->key : NULL;
}

EXPORT const char *kmod_config_iter_get_value(const struct kmod_config_iter *iter)
{
	const struct db_rule *rule = current(iter);
	struct kmod_config_iter *own = (struct kmod_config_iter *)iter;

	if (!rule || !rule->value)
		return NULL;
	buf_clear(&own->text);
	db_config_show(iter->kind, rule->value, &own->text);
	return buf_failed(&own->text) ? NULL : buf_string(&own->text);
}

/* Behind the last entry it begins anew. */
EXPORT bool kmod_config_iter_next(struct kmod_config_iter *iter)
{
	if (!iter)
		return false;
	iter->at = iter->at > iter->n ? 1 : iter->at + 1;
	return current(iter) != NULL;
}

EXPORT void kmod_config_iter_free_iter(struct kmod_config_iter *iter)
{
	if (!iter)
		return;
	buf_free(&iter->text);
	mem_free(iter);
}
