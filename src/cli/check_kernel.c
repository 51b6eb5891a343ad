/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernels that modules are checked against, and the modules that are loaded before. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/check.h"
#include "image/fetch.h"

static void on_progress(void *context, const char *what, int percent)
{
	progress_show(context, "%s", what);
}

static bool is_package(const char *spec)
{
	size_t length = strlen(spec);

	return length > 4 && strcmp(spec + length - 4, ".deb") == 0;
}

/* A package is unpacked for catalogue_find(). */
static int find_in_package(struct check_kernel *kernel, const char *spec, const char *cache_dir,
			   struct progress *progress, struct err *err)
{
	const struct fetch fetch = {
		.cache_dir = cache_dir, .progress = on_progress, .context = progress};
	DEFER(mem_freep) char *root = NULL;
	int code;

	if (!cache_dir)
		return err_set(err, -ENOENT,
			       "there is no cache directory to unpack %s in (set XDG_CACHE_HOME)",
			       spec);
	code = fetch_package(&fetch, spec, &root, err);
	return code < 0 ? code : catalogue_find(&kernel->kernel, root, err);
}

/* The headers stand in for an image that is not at hand, or may not be read. */
static int find_headers(struct check_kernel *kernel, const char *release)
{
	struct kernel *found = kernel->kernel;
	char *directory = NULL;

	if (found && found->headers)
		return 0;
	if (catalogue_headers(&directory, found ? found->release : release, NULL) < 0)
		return -ENOENT;
	if (!found)
		return catalogue_find(&kernel->kernel, directory, NULL);
	found->headers = directory;
	return 0;
}

static int find_kernel(struct check_kernel *kernel, const char *spec, const char *cache_dir,
		       struct progress *progress, struct err *err)
{
	int code = is_package(spec) ? find_in_package(kernel, spec, cache_dir, progress, err)
				    : catalogue_find(&kernel->kernel, spec, err);

	if (code == 0 && kernel->kernel->vmlinuz)
		return 0;
	if (code == 0 || code == -ENOENT || code == -EACCES) {
		if (find_headers(kernel, spec) == 0)
			return 0;
		if (code == 0)
			code = err_set(err, -ENOENT,
				       "of kernel %s only the modules are at hand; get the rest "
				       "with: lkm kernel fetch %s",
				       kernel->kernel->release, kernel->kernel->release);
	}
	return code;
}

static int open_image(struct check_kernel *kernel, const char *cache_dir, struct err *err)
{
	const struct kernel *found = kernel->kernel;
	int code;

	if (!found->vmlinuz)
		return image_open_headers(&kernel->image, found->headers, err);
	code = image_open(&kernel->image, found->vmlinuz, cache_dir, err);
	if (code == 0 && found->config)
		code = image_add_config(kernel->image, found->config, err);
	return code;
}

/* What /proc tells stands in for an image and headers that are not at hand. */
static int open_proc(struct check_kernel *kernel, const char *release)
{
	struct kernel *found = kernel->kernel;
	bool gpl_known;
	int code = image_open_running(&kernel->image, "", found ? found->config : NULL, &gpl_known,
				      NULL);

	if (code < 0)
		return code;
	if (!found)
		found = kernel->kernel = mem_zalloc(sizeof(*found));
	if (!found || (!found->release && !(found->release = mem_strdup(release))))
		return -ENOMEM;
	check_running_note(&kernel->running,
			   "the versions and namespaces of symbols: /proc does not tell them; get "
			   "the kernel or its headers");
	if (!gpl_known)
		check_running_note(&kernel->running,
				   "which symbols are for modules under the GPL only: "
				   "/proc/kallsyms shows addresses to root only");
	return 0;
}

static int find_image(struct check_kernel *kernel, const char *spec, const char *cache_dir,
		      struct progress *progress, struct err *err)
{
	int code = find_kernel(kernel, spec, cache_dir, progress, err);

	if (code == 0)
		return open_image(kernel, cache_dir, err);
	return kernel->is_running && open_proc(kernel, spec) == 0 ? 0 : code;
}

static int open_parts(struct check_kernel *kernel, const char *spec, struct progress *progress,
		      struct err *err)
{
	DEFER(mem_freep) char *cache_dir = NULL;
	struct utsname system;
	int code = 0;

	kernel->is_running = strcmp(spec, "running") == 0 && uname(&system) == 0;
	if (kernel->is_running) {
		spec = system.release;
		code = check_running_read(&kernel->running, "", err);
	}
	file_cache_dir(&cache_dir, NULL);
	if (code == 0)
		code = find_image(kernel, spec, cache_dir, progress, err);
	if (code == 0)
		code = load_kernel_open(&kernel->load, kernel->image, err);
	if (code == 0 && kernel->is_running)
		code = load_kernel_enrol(kernel->load, "", err);
	if (code == 0)
		code = check_fix_prepare(kernel, err);
	if (code == 0 && kernel->kernel->modules_dir)
		db_open(&kernel->db, kernel->kernel->modules_dir, NULL);
	return code;
}

int check_kernel_open(struct check_kernel **out, const char *spec, struct progress *progress,
		      struct err *err)
{
	struct check_kernel *kernel = mem_zalloc(sizeof(*kernel));
	int code;

	if (!kernel)
		return err_no_memory(err);
	pthread_mutex_init(&kernel->lock, NULL);
	code = open_parts(kernel, spec, progress, err);
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
	check_running_free(&kernel->running);
	pthread_mutex_destroy(&kernel->lock);
	mem_free(kernel->rebuild);
	mem_free(kernel);
}
