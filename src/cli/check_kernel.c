/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernels that modules are checked against, and the modules that are loaded before. */
#include <errno.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/check.h"

static int open_parts(struct check_kernel *kernel, const char *spec, struct err *err)
{
	DEFER(mem_freep) char *cache_dir = NULL;
	int code = catalogue_find(&kernel->kernel, spec, err);

	if (code < 0)
		return code;
	if (!kernel->kernel->vmlinuz)
		return err_set(err, -ENOENT,
			       "of kernel %s only the modules are at hand; get the rest with: lkm "
			       "kernel fetch %s",
			       kernel->kernel->release, kernel->kernel->release);
	file_cache_dir(&cache_dir, NULL);
	code = image_open(&kernel->image, kernel->kernel->vmlinuz, cache_dir, err);
	if (code == 0 && kernel->kernel->config)
		code = image_add_config(kernel->image, kernel->kernel->config, err);
	if (code == 0)
		code = load_kernel_open(&kernel->load, kernel->image, err);
	if (code == 0 && kernel->kernel->modules_dir)
		db_open(&kernel->db, kernel->kernel->modules_dir, NULL);
	return code;
}

int check_kernel_open(struct check_kernel **out, const char *spec, struct err *err)
{
	struct check_kernel *kernel = mem_zalloc(sizeof(*kernel));
	int code;

	if (!kernel)
		return err_no_memory(err);
	pthread_mutex_init(&kernel->lock, NULL);
	code = open_parts(kernel, spec, err);
	if (code < 0)
		check_kernel_close(kernel);
	else
		*out = kernel;
	return code;
}

void check_kernel_close(struct check_kernel *kernel)
{
	if (!kernel)
		return;
	vec_foreach (&kernel->providers, provider)
		check_provider_close(*provider);
	vec_free(&kernel->providers);
	map_free(&kernel->by_path);
	db_close(kernel->db);
	load_kernel_close(kernel->load);
	image_close(kernel->image);
	kernel_free(kernel->kernel);
	pthread_mutex_destroy(&kernel->lock);
	mem_free(kernel);
}

struct check_provider *check_provider_open(const char *path, struct err *err)
{
	struct check_provider *provider = mem_zalloc(sizeof(*provider));

	if (!provider) {
		err_no_memory(err);
		return NULL;
	}
	if (ko_open(&provider->ko, path, err) < 0 ||
	    load_provider_open(&provider->provider, provider->ko, err) < 0) {
		check_provider_close(provider);
		return NULL;
	}
	return provider;
}

void check_provider_close(struct check_provider *provider)
{
	if (!provider)
		return;
	load_provider_close(provider->provider);
	ko_close(provider->ko);
	mem_free(provider);
}

static int provider_of(struct check_kernel *kernel, const char *path,
		       const struct load_provider **out, struct err *err)
{
	struct check_provider *provider = map_get(&kernel->by_path, span_text(path)), **slot;

	if (!provider) {
		provider = check_provider_open(path, err);
		if (!provider)
			return err->code;
		slot = vec_push(&kernel->providers);
		if (!slot || !map_add(&kernel->by_path, span_text(path), provider)) {
			kernel->providers.n -= slot != NULL;
			check_provider_close(provider);
			return err_no_memory(err);
		}
		*slot = provider;
	}
	*out = provider->provider;
	return 0;
}

static int add_dependencies(struct check_kernel *kernel, const struct ko *ko,
			    struct check_providers *out, struct err *err)
{
	DEFER(db_list_free) struct db_list list = {0};
	int code = db_dependencies_of(kernel->db, ko, &list, err);

	if (code == -ENOMEM)
		return code;
	for (size_t i = list.modules.n; i-- > 0;) {
		const struct load_provider *provider = NULL;

		code = provider_of(kernel, list.modules.p[i]->path, &provider, err);
		if (code == -ENOMEM)
			return code;
		if (code < 0)
			continue; /* then its symbols are unknown */
		const struct load_provider **slot = vec_push(&out->list);

		if (!slot)
			return err_no_memory(err);
		*slot = provider;
	}
	return 0;
}

int check_dependencies(struct check_kernel *kernel, const struct ko *ko,
		       struct check_providers *out, struct err *err)
{
	int code;

	if (!kernel->db)
		return 0;
	pthread_mutex_lock(&kernel->lock);
	code = add_dependencies(kernel, ko, out, err);
	pthread_mutex_unlock(&kernel->lock);
	return code;
}
