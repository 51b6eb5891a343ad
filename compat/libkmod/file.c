/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a module's file has: strings, the symbols it exports and needs, and their CRCs. */
#include <errno.h>
#include <fcntl.h>

#include "compat/libkmod/entry.h"
#include "db/builtin.h"

/* The opened file of a module, for a function that fills a list. */
static int file_of(const struct kmod_module *module, struct kmod_list **list, const struct ko **out)
{
	struct kmod_module *own = (struct kmod_module *)module;
	const char *path;
	struct err err = {0};
	int code;

	if (!module || !list)
		return -ENOENT;
	path = kmod_module_get_path(module);
	code = own->ko ? 0 : path ? ko_open_at(&own->ko, AT_FDCWD, path, NULL, &err) : -ENOENT;
	if (code < 0)
		LOG(module->ctx, LOG_DEBUG, "%s: %s\n", module->name,
		    path ? err.text : "it has no file");
	else
		*out = own->ko;
	return code;
}

/* Strings ---------------------------------------------------------------------------------- */

static int push_infos(const struct ko_info *infos, size_t n, struct kmod_list **list)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < n; i++) {
		const struct entry entry = {.text = infos[i].value};

		code = entry_push(list, &entry, infos[i].key);
	}
	return code < 0 ? code : (int)n;
}

static int get_builtin_info(const struct kmod_module *module, struct kmod_list **list)
{
	DEFER(arena_freep) struct arena *arena = arena_new();
	struct ko_info *infos;
	size_t n;
	int code = arena ? db_builtin_infos(module->ctx->dirname, module->name, arena, &infos, &n,
					    NULL)
			 : -ENOMEM;

	return code < 0 ? code : push_infos(infos, n, list);
}

EXPORT int kmod_module_get_info(const struct kmod_module *module, struct kmod_list **list)
{
	const struct ko_info *infos;
	const struct ko *ko;
	size_t n;
	int code;

	if (module && list && kmod_module_is_builtin((struct kmod_module *)module))
		return get_builtin_info(module, list);
	code = file_of(module, list, &ko);
	if (code < 0)
		return code;
	if (!ko_section_named(ko, ".modinfo"))
		return -ENODATA;
	infos = ko_description(ko, &n);
	return infos ? push_infos(infos, n, list) : -ENOMEM;
}

EXPORT const char *kmod_module_info_get_key(const struct kmod_list *entry)
{
	return entry_name(entry);
}

EXPORT const char *kmod_module_info_get_value(const struct kmod_list *entry)
{
	return entry ? ((const struct entry *)entry->data)->text : NULL;
}

EXPORT void kmod_module_info_free_list(struct kmod_list *list)
{
	entry_list_free(list);
}

/* Versions --------------------------------------------------------------------------------- */

EXPORT int kmod_module_get_versions(const struct kmod_module *module, struct kmod_list **list)
{
	const struct ko_version *versions;
	const struct ko *ko;
	size_t n;
	int code = file_of(module, list, &ko);

	if (code < 0)
		return code;
	versions = ko_versions(ko, &n);
	if (n == 0)
		return versions ? (ko_section_named(ko, "__versions") ? 0 : -ENODATA) : -ENOMEM;
	for (size_t i = 0; code == 0 && i < n; i++) {
		const struct entry entry = {.number = versions[i].crc};

		code = entry_push(list, &entry, versions[i].name + (versions[i].name[0] == '.'));
	}
	return code < 0 ? code : (int)n;
}

EXPORT const char *kmod_module_version_get_symbol(const struct kmod_list *entry)
{
	return entry_name(entry);
}

EXPORT uint64_t kmod_module_version_get_crc(const struct kmod_list *entry)
{
	return entry_number(entry);
}

EXPORT void kmod_module_versions_free_list(struct kmod_list *list)
{
	entry_list_free(list);
}

/* Symbols ---------------------------------------------------------------------------------- */

static int push_links(const struct ko_link *links, size_t n, struct kmod_list **list)
{
	int code = links ? 0 : -ENOMEM;

	for (size_t i = 0; code == 0 && i < n; i++) {
		const struct entry entry = {
			.number = links[i].crc,
			.bind = links[i].weak ? KMOD_SYMBOL_WEAK : KMOD_SYMBOL_UNDEF,
		};

		code = entry_push(list, &entry, links[i].name);
	}
	return code < 0 ? code : (int)n;
}

EXPORT int kmod_module_get_symbols(const struct kmod_module *module, struct kmod_list **list)
{
	const struct ko_link *links;
	const struct ko *ko;
	size_t n;
	int code = file_of(module, list, &ko);

	if (code < 0)
		return code;
	if (!ko_has_exports(ko))
		return -EINVAL;
	links = ko_exported(ko, &n);
	if (links && n == 0 && !ko_section_named(ko, "__ksymtab_strings"))
		return -ENODATA;
	return push_links(links, n, list);
}

EXPORT const char *kmod_module_symbol_get_symbol(const struct kmod_list *entry)
{
	return entry_name(entry);
}

EXPORT uint64_t kmod_module_symbol_get_crc(const struct kmod_list *entry)
{
	return entry_number(entry);
}

EXPORT void kmod_module_symbols_free_list(struct kmod_list *list)
{
	entry_list_free(list);
}

EXPORT int kmod_module_get_dependency_symbols(const struct kmod_module *module,
					      struct kmod_list **list)
{
	const struct ko_link *links;
	const struct ko *ko;
	size_t n;
	int code = file_of(module, list, &ko);

	if (code < 0)
		return code;
	if (!ko_has_imports(ko))
		return -EINVAL;
	links = ko_imported(ko, &n);
	return push_links(links, n, list);
}

EXPORT const char *kmod_module_dependency_symbol_get_symbol(const struct kmod_list *entry)
{
	return entry_name(entry);
}

EXPORT uint64_t kmod_module_dependency_symbol_get_crc(const struct kmod_list *entry)
{
	return entry_number(entry);
}

EXPORT int kmod_module_dependency_symbol_get_bind(const struct kmod_list *entry)
{
	return entry ? ((const struct entry *)entry->data)->bind : 0;
}

EXPORT void kmod_module_dependency_symbols_free_list(struct kmod_list *list)
{
	entry_list_free(list);
}
