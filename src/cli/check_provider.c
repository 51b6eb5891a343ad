/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The modules that are loaded before another: what modprobe finds among the kernel's own, and what
 * was given to be checked with it, which comes first as a rebuilt module does.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "cli/check.h"

/* Longer chains exist in made-up files only. */
enum { CHAIN_MAX = 100 };

int check_given_add(struct check_given *given, struct arena *arena, const char *path,
		    struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *name = arena_strdup(arena, slash ? slash + 1 : path);

	if (!name)
		return err_no_memory(err);
	ko_normal_name(name);
	return map_add(&given->by_name, span_text(name), (void *)path) ? 0 : err_no_memory(err);
}

void check_given_free(struct check_given *given)
{
	map_free(&given->by_name);
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

static int keep_provider(struct check_kernel *kernel, const char *path,
			 struct check_provider *provider, struct err *err)
{
	struct check_provider **slot = vec_push(&kernel->providers);

	if (!slot || !map_add(&kernel->by_path, span_text(path), provider)) {
		kernel->providers.n -= slot != NULL;
		return err_no_memory(err);
	}
	*slot = provider;
	return 0;
}

/* To open one may take long, of unpacking; the kernel is not locked then, and another thread may
 * have come first. */
static int provider_of(struct check_kernel *kernel, const char *path, struct check_provider **out,
		       struct err *err)
{
	struct check_provider *provider;
	int code;

	*out = map_get(&kernel->by_path, span_text(path));
	if (*out)
		return 0;
	pthread_mutex_unlock(&kernel->lock);
	provider = check_provider_open(path, err);
	pthread_mutex_lock(&kernel->lock);
	if (!provider)
		return err->code;
	*out = map_get(&kernel->by_path, span_text(path));
	code = *out ? 0 : keep_provider(kernel, path, provider, err);
	if (*out || code < 0)
		check_provider_close(provider);
	else
		*out = provider;
	return code;
}

bool check_provider_bytes(struct check_kernel *kernel, const char *path, struct span *bytes)
{
	const struct check_provider *provider;

	pthread_mutex_lock(&kernel->lock);
	provider = map_get(&kernel->by_path, span_text(path));
	pthread_mutex_unlock(&kernel->lock);
	if (provider)
		*bytes = ko_bytes(provider->ko);
	return provider != NULL;
}

/* One call of check_dependencies(). */
struct finder {
	struct check_kernel *kernel;
	const struct check_given *given;
	struct check_providers *out; /* in order of loading */
	unsigned int depth;
	struct err *err;
};

static int add_dependencies(struct finder *finder, const struct ko *ko);

static bool is_there(const struct check_providers *providers, const struct load_provider *provider)
{
	vec_foreach (&providers->list, there)
		if (*there == provider)
			return true;
	return false;
}

/* Whether what was given takes the place of the kernel's own module at path. */
static const char *instead_of(const struct finder *finder, const char *name, const char *path)
{
	const char *given = map_get(&finder->given->by_name, span_text(name));

	return given && path && strcmp(given, path) == 0 ? NULL : given;
}

/* A file that cannot be read provides nothing: its symbols are unknown then. */
static int add_file(struct finder *finder, const char *path, bool with_dependencies)
{
	struct check_provider *found = NULL;
	const struct load_provider **slot;
	int code = provider_of(finder->kernel, path, &found, finder->err);

	if (code < 0)
		return code == -ENOMEM ? code : 0;
	if (is_there(finder->out, found->provider))
		return 0;
	if (with_dependencies && finder->depth < CHAIN_MAX) {
		finder->depth++;
		code = add_dependencies(finder, found->ko);
		finder->depth--;
	}
	if (code < 0)
		return code;
	slot = vec_push(&finder->out->list);
	if (!slot)
		return err_no_memory(finder->err);
	*slot = found->provider;
	return 0;
}

static int add_own(struct finder *finder, const struct ko *ko)
{
	DEFER(db_list_free) struct db_list list = {0};
	int code;

	if (!finder->kernel->db)
		return 0;
	code = db_dependencies_of(finder->kernel->db, ko, &list, finder->err);
	if (code == -ENOMEM)
		return code;
	code = 0;
	for (size_t i = 0; i < list.modules.n && code == 0; i++) {
		const struct db_module *module = list.modules.p[i];

		if (!instead_of(finder, module->name, module->path))
			code = add_file(finder, module->path, false);
	}
	return code;
}

static int add_given(struct finder *finder, const struct ko *ko)
{
	const char *const *names;
	size_t count = ko_depends(ko, &names);
	int code = count && !names ? err_no_memory(finder->err) : 0;

	for (size_t i = 0; i < count && code == 0; i++) {
		const struct db_module *module = NULL;
		const char *path;

		if (finder->kernel->db)
			db_find(finder->kernel->db, names[i], &module, NULL);
		path = instead_of(finder, names[i], module ? module->path : NULL);
		if (path)
			code = add_file(finder, path, true);
	}
	return code;
}

static int add_dependencies(struct finder *finder, const struct ko *ko)
{
	int code = add_own(finder, ko);

	return code < 0 ? code : add_given(finder, ko);
}

/* The modules that the running kernel has, as far as their files are there; youngest first there.
 */
static int add_loaded(struct finder *finder)
{
	const struct check_kernel *kernel = finder->kernel;
	int code = 0;

	for (size_t i = kernel->running.loaded.list.n; i-- > 0 && code == 0 && kernel->db;) {
		const struct db_module *module;

		if (db_find(kernel->db, kernel->running.loaded.list.p[i].name, &module, NULL) == 0)
			code = add_file(finder, module->path, false);
	}
	return code;
}

/* The kernel's own modules go with each other, also when those of another kernel are given. */
static bool is_own(const struct check_pair *pair, const struct ko *ko)
{
	const struct db_module *module;

	return pair->kernel->db && db_find(pair->kernel->db, ko_name(ko), &module, NULL) == 0 &&
	       strcmp(module->path, pair->path) == 0;
}

int check_dependencies(struct check_pair *pair, const struct check_given *given,
		       const struct ko *ko, struct check_providers *out)
{
	static const struct check_given nothing;
	struct finder finder = {pair->kernel, given, out, 0, &pair->err};
	int code;

	pthread_mutex_lock(&pair->kernel->lock);
	if (given->by_name.n <= 1 || is_own(pair, ko)) /* alone it stands in for nobody */
		finder.given = &nothing;
	code = add_loaded(&finder);
	if (code == 0)
		code = add_dependencies(&finder, ko);
	pthread_mutex_unlock(&pair->kernel->lock);
	return code;
}
