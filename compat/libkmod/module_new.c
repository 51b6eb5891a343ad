/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a name, a path, a word or the running kernel to modules. */
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "compat/libkmod/internal.h"

EXPORT int kmod_module_new_from_name(struct kmod_ctx *ctx, const char *name,
				     struct kmod_module **out)
{
	DEFER(mem_freep) char *normal = NULL;

	if (!ctx || !name || !out)
		return -ENOENT;
	normal = mem_strdup(name);
	if (!normal)
		return -ENOMEM;
	ko_normal_name(normal);
	return kmod_module_make(ctx, span_text(normal), NULL, out);
}

/* Takes path over, which becomes the module's. */
static int set_path(struct kmod_module *module, char *path)
{
	int code = 0;

	if (!module->path) {
		module->path = path;
		module->builtin = BUILTIN_NO;
		return 0;
	}
	if (strcmp(module->path, path) != 0) {
		LOG(module->ctx, LOG_ERR,
		    "kmod_module '%s' already exists with different path: new-path='%s' "
		    "old-path='%s'\n",
		    module->name, path, module->path);
		code = -EEXIST;
	}
	mem_free(path);
	return code;
}

EXPORT int kmod_module_new_from_path(struct kmod_ctx *ctx, const char *path,
				     struct kmod_module **out)
{
	DEFER(mem_freep) char *whole = NULL;
	struct kmod_module *module;
	const char *slash;
	struct stat st;
	int code;

	if (!ctx || !path || !out)
		return -ENOENT;
	whole = file_absolute(path);
	if (!whole)
		return -ENOMEM;
	if (stat(whole, &st) < 0)
		return -errno;
	slash = strrchr(whole, '/');
	if (!slash[1])
		return -ENOENT;
	code = kmod_module_new_from_name(ctx, slash + 1, &module);
	if (code < 0)
		return code;
	code = set_path(module, take_ptr(&whole));
	if (code < 0)
		kmod_module_unref(module);
	else
		*out = module;
	return code;
}

static int add_candidate(struct kmod_ctx *ctx, const struct db_candidate *candidate,
			 struct kmod_list **list)
{
	struct kmod_module *module;
	int code = kmod_module_make(ctx, span_text(candidate->name), candidate->alias, &module);

	if (code < 0)
		return code;
	if (candidate->builtin)
		module->builtin = BUILTIN_YES;
	if (candidate->install) {
		module->install = candidate->install;
		module->has_install = true;
	}
	if (candidate->remove) {
		module->remove = candidate->remove;
		module->has_remove = true;
	}
	if (kmod_list_push(list, module))
		return 0;
	kmod_module_unref(module);
	return -ENOMEM;
}

static int add_candidates(struct kmod_ctx *ctx, const struct db_candidates *candidates,
			  struct kmod_list **list)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < candidates->list.n; i++)
		code = add_candidate(ctx, &candidates->list.p[i], list);
	if (code < 0) {
		kmod_module_unref_list(*list);
		*list = NULL;
	}
	return code;
}

EXPORT int kmod_module_new_from_lookup(struct kmod_ctx *ctx, const char *word,
				       struct kmod_list **list)
{
	DEFER(db_candidates_free) struct db_candidates found = {0};
	struct db_indexes *indexes;
	struct err err = {0};
	int code;

	if (!ctx || !word)
		return -ENOENT;
	if (!list || *list) {
		LOG(ctx, LOG_ERR, "An empty list is needed to create lookup\n");
		return -ENOSYS;
	}
	indexes = kmod_indexes(ctx);
	if (!indexes)
		return -ENOMEM;
	code = db_candidates_find(&found, indexes, ctx->config, word, &err);
	if (code < 0)
		LOG(ctx, code == -EINVAL ? LOG_DEBUG : LOG_ERR, "%s\n", err.text);
	return code < 0 ? code : add_candidates(ctx, &found, list);
}

/*
 * In two versions, as programs were linked to the one of kmod 30 to 32 or to that of later ones.
 * The linker wants a name of its own for each. gcc has an attribute for that, as its link-time
 * optimisation may part a function from assembler text about it.
 */
#if __has_attribute(symver)
#define VERSIONED(function, symbol)                                                                \
	EXPORT __typeof__(kmod_module_new_from_name_lookup) function __attribute__((symver(symbol)))
#else
#define VERSIONED(function, symbol)                                                                \
	EXPORT __typeof__(kmod_module_new_from_name_lookup) function;                              \
	__asm__(".symver " #function ", " symbol)
#endif
VERSIONED(kmod_name_lookup_5, "kmod_module_new_from_name_lookup@LIBKMOD_5");
VERSIONED(kmod_name_lookup_30, "kmod_module_new_from_name_lookup@@LIBKMOD_30");

EXPORT int kmod_name_lookup_30(struct kmod_ctx *ctx, const char *name, struct kmod_module **out)
{
	DEFER(db_candidates_free) struct db_candidates found = {0};
	struct kmod_list *list = NULL;
	struct db_indexes *indexes;
	struct err err = {0};
	int code;

	if (!ctx || !name || !out)
		return -ENOENT;
	indexes = kmod_indexes(ctx);
	if (!indexes)
		return -ENOMEM;
	code = db_candidates_find_name(&found, indexes, name, &err);
	if (code < 0)
		LOG(ctx, LOG_ERR, "%s\n", err.text);
	else
		code = add_candidates(ctx, &found, &list);
	if (list)
		*out = kmod_module_get_module(list);
	kmod_module_unref_list(list);
	return code;
}

EXPORT int kmod_name_lookup_5(struct kmod_ctx *ctx, const char *name, struct kmod_module **out)
{
	return kmod_name_lookup_30(ctx, name, out);
}

EXPORT int kmod_module_new_from_loaded(struct kmod_ctx *ctx, struct kmod_list **list)
{
	DEFER(host_modules_free) struct host_modules modules = {0};
	struct kmod_module *module;
	struct err err = {0};
	int code;

	if (!ctx || !list)
		return -ENOENT;
	code = host_modules_read(&kmod_host, &modules, &err);
	if (code < 0) {
		LOG(ctx, LOG_ERR, "could not open /proc/modules: %s\n", strerror(-code));
		return code;
	}
	*list = NULL;
	for (size_t i = 0; code == 0 && i < modules.list.n; i++) {
		code = kmod_module_new_from_name(ctx, modules.list.p[i].name, &module);
		if (code == 0 && !kmod_list_push(list, module)) {
			kmod_module_unref(module);
			code = -ENOMEM;
		}
	}
	if (code < 0) {
		kmod_module_unref_list(*list);
		*list = NULL;
	}
	return code;
}
