/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A module: one object per name and context, or per name and alias that led to it, as long as
 * somebody holds a reference. What is not its name is found out when it is asked for.
 */
#include <errno.h>

#include "base/hash.h"
#include "compat/libkmod/internal.h"

static struct kmod_module **pool_slot(struct kmod_ctx *ctx, const char *key)
{
	struct kmod_module **slot = &ctx->pool[hash_bytes(span_text(key)) % POOL_SIZE];

	while (*slot && strcmp((*slot)->key, key) != 0)
		slot = &(*slot)->next;
	return slot;
}

static void free_module(struct kmod_module *module)
{
	ko_close(module->ko);
	mem_free(module->key);
	mem_free(module->name);
	mem_free(module->alias);
	mem_free(module->path);
	mem_free(module->options);
	mem_free(module);
}

/* Takes key over. */
static struct kmod_module *new_module(struct kmod_ctx *ctx, char *key, struct span name,
				      const char *alias)
{
	struct kmod_module *module = mem_zalloc(sizeof(*module));

	if (!module) {
		mem_free(key);
		return NULL;
	}
	module->key = key;
	module->name = mem_format("%.*s", (int)name.n, (const char *)name.p);
	module->alias = alias ? mem_strdup(alias) : NULL;
	if (!module->name || (alias && !module->alias)) {
		free_module(module);
		return NULL;
	}
	module->ctx = kmod_ref(ctx);
	module->references = 1;
	return module;
}

int kmod_module_make(struct kmod_ctx *ctx, struct span name, const char *alias,
		     struct kmod_module **out)
{
	char *key = mem_format("%.*s%s%s", (int)name.n, (const char *)name.p, alias ? "\\" : "",
			       alias ? alias : "");
	struct kmod_module **slot = key ? pool_slot(ctx, key) : NULL;

	if (!slot)
		return -ENOMEM;
	if (*slot) {
		mem_free(key);
		*out = kmod_module_ref(*slot);
		return 0;
	}
	*slot = new_module(ctx, key, name, alias);
	*out = *slot;
	return *slot ? 0 : -ENOMEM;
}

EXPORT struct kmod_module *kmod_module_ref(struct kmod_module *module)
{
	if (module)
		module->references++;
	return module;
}

EXPORT struct kmod_module *kmod_module_unref(struct kmod_module *module)
{
	struct kmod_ctx *ctx;

	if (!module || --module->references > 0)
		return module;
	ctx = module->ctx;
	*pool_slot(ctx, module->key) = module->next;
	kmod_module_unref_list(module->dependencies);
	free_module(module);
	kmod_unref(ctx);
	return NULL;
}

void kmod_module_release(void *module)
{
	kmod_module_unref(module);
}

EXPORT int kmod_module_unref_list(struct kmod_list *list)
{
	kmod_list_free(list, kmod_module_release);
	return 0;
}

EXPORT struct kmod_module *kmod_module_get_module(const struct kmod_list *entry)
{
	return entry ? kmod_module_ref(entry->data) : NULL;
}

EXPORT const char *kmod_module_get_name(const struct kmod_module *module)
{
	return module ? module->name : NULL;
}

bool kmod_module_is_builtin(struct kmod_module *module)
{
	if (module->builtin == BUILTIN_UNKNOWN) {
		struct db_indexes *indexes = kmod_indexes(module->ctx);
		bool found = indexes && db_indexes_is_builtin(indexes, module->name, NULL) == 1;

		module->builtin = found ? BUILTIN_YES : BUILTIN_NO;
	}
	return module->builtin == BUILTIN_YES;
}

bool kmod_module_is_blacklisted(const struct kmod_module *module)
{
	return db_config_is_blacklisted(module->ctx->config, module->name);
}

/* What the configuration says of it -------------------------------------------------------- */

EXPORT const char *kmod_module_get_options(const struct kmod_module *module)
{
	struct kmod_module *own = (struct kmod_module *)module;
	DEFER(buf_free) struct buf text = {0};

	if (!module || module->has_options)
		return module ? module->options : NULL;
	db_config_options_of(module->ctx->config, module->name, module->alias, &text);
	if (buf_failed(&text)) {
		LOG(module->ctx, LOG_ERR, "out of memory\n");
		return NULL;
	}
	own->has_options = true;
	own->options = take_ptr(&text.p);
	return module->options;
}

EXPORT const char *kmod_module_get_install_commands(const struct kmod_module *module)
{
	struct kmod_module *own = (struct kmod_module *)module;

	if (!module)
		return NULL;
	if (!module->has_install)
		own->install = db_config_value(module->ctx->config, DB_INSTALL, module->name);
	own->has_install = true;
	return module->install;
}

EXPORT const char *kmod_module_get_remove_commands(const struct kmod_module *module)
{
	struct kmod_module *own = (struct kmod_module *)module;

	if (!module)
		return NULL;
	if (!module->has_remove)
		own->remove = db_config_value(module->ctx->config, DB_REMOVE, module->name);
	own->has_remove = true;
	return module->remove;
}

/* What modules.dep says of it -------------------------------------------------------------- */

static int add_dependency(struct kmod_module *module, struct span path, struct kmod_list **list)
{
	DEFER(mem_freep) char *file = db_indexes_file(module->ctx->indexes, path);
	struct kmod_module *dependency;
	int code = file ? kmod_module_new_from_path(module->ctx, file, &dependency) : -ENOMEM;

	if (code < 0) {
		LOG(module->ctx, LOG_ERR, "%s needs %s: %s\n", module->name,
		    file ? file : "more memory", strerror(-code));
		return code;
	}
	if (kmod_list_push_front(list, dependency))
		return 0;
	kmod_module_unref(dependency);
	return -ENOMEM;
}

/* The line lives in an index that is not asked for anything else meanwhile. */
static int set_line(struct kmod_module *module, const char *line)
{
	struct kmod_list *list = NULL;
	size_t length = strcspn(line, ":");
	int code = 0;

	if (!module->path)
		module->path = db_indexes_file(module->ctx->indexes, span_of(line, length));
	if (!module->path)
		return -ENOMEM;
	for (const char *p = line + length + (line[length] == ':'); code == 0 && *p; p += length) {
		p += strspn(p, " \t");
		length = strcspn(p, " \t");
		if (length)
			code = add_dependency(module, span_of(p, length), &list);
	}
	if (code < 0) {
		kmod_module_unref_list(list);
		return code;
	}
	module->has_dependencies = true;
	module->dependencies = list;
	return 0;
}

static void look_up_line(const struct kmod_module *module)
{
	struct kmod_module *own = (struct kmod_module *)module;
	struct db_indexes *indexes = module->has_dependencies ? NULL : kmod_indexes(module->ctx);
	const char *line;

	if (indexes && db_indexes_dep_line(indexes, module->name, &line, NULL) == 1)
		set_line(own, line);
}

EXPORT const char *kmod_module_get_path(const struct kmod_module *module)
{
	if (module && !module->path)
		look_up_line(module);
	return module ? module->path : NULL;
}

EXPORT struct kmod_list *kmod_module_get_dependencies(const struct kmod_module *module)
{
	struct kmod_list *entry, *list = NULL;

	if (!module)
		return NULL;
	look_up_line(module);
	kmod_list_foreach(entry, module->dependencies)
	{
		if (kmod_list_push(&list, entry->data)) {
			kmod_module_ref(entry->data);
			continue;
		}
		LOG(module->ctx, LOG_ERR, "out of memory\n");
		kmod_module_unref_list(list);
		return NULL;
	}
	return list;
}
