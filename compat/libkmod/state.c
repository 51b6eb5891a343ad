/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A module in the running kernel. */
#include <errno.h>

#include "compat/libkmod/entry.h"

EXPORT const char *kmod_module_initstate_str(enum kmod_module_initstate state)
{
	static const char *const names[] = {
		[KMOD_MODULE_BUILTIN] = "builtin",
		[KMOD_MODULE_LIVE] = "live",
		[KMOD_MODULE_COMING] = "coming",
		[KMOD_MODULE_GOING] = "going",
	};

	return (unsigned int)state < sizeof(names) / sizeof(names[0]) ? names[state] : NULL;
}

EXPORT int kmod_module_get_initstate(const struct kmod_module *module)
{
	static const int states[] = {
		[HOST_LIVE] = KMOD_MODULE_LIVE,
		[HOST_COMING] = KMOD_MODULE_COMING,
		[HOST_GOING] = KMOD_MODULE_GOING,
		[HOST_UNSTATED] = KMOD_MODULE_COMING,
	};
	struct err err = {0};
	enum host_state state;
	int code;

	if (!module)
		return -ENOENT;
	if (kmod_module_is_builtin((struct kmod_module *)module))
		return KMOD_MODULE_BUILTIN;
	code = host_state(&kmod_host, module->name, &state, &err);
	if (code == 0)
		return states[state];
	LOG(module->ctx, code == -ENOENT ? LOG_DEBUG : LOG_ERR, "%s\n", err.text);
	return code;
}

EXPORT int kmod_module_get_refcnt(const struct kmod_module *module)
{
	struct err err = {0};
	long references;
	int code = module ? host_references(&kmod_host, module->name, &references, &err) : -ENOENT;

	if (module && code < 0)
		LOG(module->ctx, code == -ENOENT ? LOG_DEBUG : LOG_ERR, "%s\n", err.text);
	return code < 0 ? code : (int)references;
}

/* From /proc/modules: kernels before 3.3 have no coresize. */
static long listed_size(const struct kmod_module *module)
{
	DEFER(host_modules_free) struct host_modules modules = {0};
	struct err err = {0};
	int code = host_modules_read(&kmod_host, &modules, &err);

	if (code < 0) {
		LOG(module->ctx, LOG_ERR, "could not open /proc/modules: %s\n", strerror(-code));
		return code;
	}
	vec_foreach (&modules.list, one)
		if (strcmp(one->name, module->name) == 0)
			return (long)one->size;
	return -ENOENT;
}

EXPORT long kmod_module_get_size(const struct kmod_module *module)
{
	enum host_state state;
	uint64_t size;
	int code;

	if (!module)
		return -ENOENT;
	code = host_size(&kmod_host, module->name, &size, NULL);
	if (code == 0)
		return (long)size;
	if (code == -ENOENT && host_state(&kmod_host, module->name, &state, NULL) != -ENOENT)
		return listed_size(module);
	return code;
}

EXPORT struct kmod_list *kmod_module_get_holders(const struct kmod_module *module)
{
	DEFER(host_names_free) struct host_names names = {0};
	struct kmod_list *list = NULL;
	struct kmod_module *holder;
	struct err err = {0};

	if (!module)
		return NULL;
	if (host_holders(&kmod_host, module->name, &names, &err) < 0) {
		LOG(module->ctx, LOG_ERR, "%s\n", err.text);
		return NULL;
	}
	vec_foreach (&names.list, name) {
		if (kmod_module_new_from_name(module->ctx, *name, &holder) == 0) {
			if (kmod_list_push(&list, holder))
				continue;
			kmod_module_unref(holder);
		}
		LOG(module->ctx, LOG_ERR, "out of memory\n");
		kmod_module_unref_list(list);
		return NULL;
	}
	return list;
}

EXPORT struct kmod_list *kmod_module_get_sections(const struct kmod_module *module)
{
	DEFER(host_sections_free) struct host_sections sections = {0};
	struct kmod_list *list = NULL;
	struct err err = {0};

	if (!module)
		return NULL;
	if (host_sections(&kmod_host, module->name, &sections, &err) < 0) {
		LOG(module->ctx, LOG_ERR, "%s\n", err.text);
		return NULL;
	}
	vec_foreach (&sections.list, section) {
		const struct entry entry = {.number = section->address};

		if (entry_push(&list, &entry, section->name) < 0)
			return NULL;
	}
	return list;
}

EXPORT const char *kmod_module_section_get_name(const struct kmod_list *entry)
{
	return entry_name(entry);
}

EXPORT unsigned long kmod_module_section_get_address(const struct kmod_list *entry)
{
	return (unsigned long)entry_number(entry);
}

EXPORT void kmod_module_section_free_list(struct kmod_list *list)
{
	entry_list_free(list);
}
