/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inserting and removing one module. */
#include <errno.h>

#include "compat/libkmod/internal.h"

static unsigned int host_flags(unsigned int flags)
{
	return (flags & KMOD_INSERT_FORCE_VERMAGIC ? HOST_IGNORE_VERMAGIC : 0) |
	       (flags & KMOD_INSERT_FORCE_MODVERSION ? HOST_IGNORE_VERSIONS : 0);
}

EXPORT int kmod_module_insert_module(struct kmod_module *module, unsigned int flags,
				     const char *options)
{
	const char *path = kmod_module_get_path(module);
	struct err err = {0};
	int code;

	if (!module)
		return -ENOENT;
	if (!path) {
		LOG(module->ctx, LOG_ERR, "could not find module by name='%s'\n", module->name);
		return -ENOENT;
	}
	code = host_insert(&kmod_host, path, options ? options : "", host_flags(flags), &err);
	if (code < 0)
		LOG(module->ctx, LOG_INFO, "Failed to insert module '%s': %s\n", path, err.text);
	return code;
}

EXPORT int kmod_module_remove_module(struct kmod_module *module, unsigned int flags)
{
	int code = module ? host_remove(module->name, flags & KMOD_REMOVE_FORCE, NULL) : -ENOENT;

	if (module && code < 0 && !(flags & KMOD_REMOVE_NOLOG))
		LOG(module->ctx, LOG_ERR, "could not remove '%s': %s\n", module->name,
		    strerror(-code));
	return code;
}
