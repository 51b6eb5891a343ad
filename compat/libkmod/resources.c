/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The indexes of the release: kept, or looked at anew; and as text. */
#include <errno.h>

#include "base/file.h"
#include "compat/libkmod/internal.h"

/* Forgets the files that are mapped. */
static bool renew(struct kmod_ctx *ctx)
{
	struct db_indexes *fresh;

	if (db_indexes_new(&fresh, ctx->dirname, NULL) < 0)
		return false;
	db_indexes_free(ctx->indexes);
	ctx->indexes = fresh;
	return true;
}

struct db_indexes *kmod_indexes(struct kmod_ctx *ctx)
{
	if (!ctx->resources_loaded && !renew(ctx))
		return NULL;
	return ctx->indexes;
}

EXPORT void kmod_unload_resources(struct kmod_ctx *ctx)
{
	if (!ctx)
		return;
	ctx->resources_loaded = false;
	renew(ctx);
}

/* Aliases of what is built in came late: they may be missing, whatever the reason. */
EXPORT int kmod_load_resources(struct kmod_ctx *ctx)
{
	const struct db_trie_view *view;
	struct err err = {0};
	int code = 0;

	if (!ctx)
		return -ENOENT;
	if (ctx->resources_loaded)
		return 0;
	if (!renew(ctx))
		return -ENOMEM;
	for (int i = 0; code == 0 && i < DB_INDEX_COUNT; i++) {
		code = db_indexes_view(ctx->indexes, (enum db_index)i, &view, &err);
		if (code == 0 && !view)
			code = -ENOENT;
		else if (code < 0)
			LOG(ctx, LOG_ERR, "%s\n", err.text);
		if (i == DB_INDEX_BUILTIN_ALIAS)
			code = 0;
	}
	ctx->resources_loaded = code == 0;
	if (code < 0)
		renew(ctx);
	return code;
}

EXPORT int kmod_validate_resources(struct kmod_ctx *ctx)
{
	if (!ctx || db_config_has_changed(ctx->config))
		return KMOD_RESOURCES_MUST_RECREATE;
	if (ctx->resources_loaded && db_indexes_have_changed(ctx->indexes))
		return KMOD_RESOURCES_MUST_RELOAD;
	return KMOD_RESOURCES_OK;
}

struct dump {
	struct buf text;
	const char *prefix;
};

static int dump_one(void *context, struct span key, const struct db_trie_hit *hit, struct err *err)
{
	struct dump *dump = context;

	buf_text(&dump->text, dump->prefix);
	buf_add(&dump->text, key.p, key.n);
	buf_add(&dump->text, " ", 1);
	buf_add(&dump->text, hit->value.p, hit->value.n);
	buf_add(&dump->text, "\n", 1);
	return buf_failed(&dump->text) ? err_no_memory(err) : 0;
}

EXPORT int kmod_dump_index(struct kmod_ctx *ctx, enum kmod_index type, int fd)
{
	static const char *const prefixes[DB_INDEX_COUNT] = {
		[DB_INDEX_ALIAS] = "alias ",
		[DB_INDEX_SYMBOL] = "alias ",
	};
	struct dump dump = {{0}, ""};
	const struct db_trie_view *view = NULL;
	struct db_indexes *indexes;
	struct err err = {0};
	int code;

	if (!ctx)
		return -ENOSYS;
	if ((unsigned int)type >= DB_INDEX_COUNT)
		return -ENOENT;
	if (prefixes[type])
		dump.prefix = prefixes[type];
	indexes = kmod_indexes(ctx);
	if (!indexes || db_indexes_view(indexes, (enum db_index)type, &view, &err) < 0 || !view)
		return -ENOSYS;
	code = db_trie_each(view, dump_one, &dump, &err);
	if (code == 0)
		code = file_write_all(fd, buf_string(&dump.text), dump.text.n, "the index", &err);
	if (code < 0)
		LOG(ctx, LOG_ERR, "%s\n", err.text);
	buf_free(&dump.text);
	return code;
}
