/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which packages make up a kernel, and what is done with their content.
 *
 *	linux-image-amd64	a metapackage, depends on linux-image-REL
 *	linux-image-REL		kernel and modules; from 7.0 on it depends on linux-binary-REL,
 *				linux-modules-REL and linux-base-REL, which hold them
 *	linux-headers-REL	depends on linux-headers-...-common and linux-kbuild-...
 *
 * So dependencies are followed as long as they have one of these names.
 */
#include "image/fetch.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/program.h"
#include "image/catalogue.h"
#include "image/image.h"
#include "image/package.h"

static const char *const kernel_parts[] = {"linux-image-", "linux-binary-", "linux-modules-",
					   "linux-base-", NULL};

/* The release in the packages' names, NULL when there is none. */
static char *release_in(const struct names *packages)
{
	for (size_t i = 0; i < packages->n; i++) {
		const char *rest = package_part(packages->p[i], kernel_parts);
		const char *end = rest ? strstr(rest, "-unsigned") : NULL;

		if (rest && isdigit((unsigned char)rest[0]))
			return mem_format("%.*s", (int)(end ? (size_t)(end - rest) : strlen(rest)),
					  rest);
	}
	return NULL;
}

/* A kernel in the stage. */

/* Newer packages have their modules below usr/lib only, where depmod does not look. */
static int join_usr(const struct stage *stage, struct err *err)
{
	DEFER(mem_freep) char *modules = mem_format("%s/lib/modules", stage->root);
	DEFER(mem_freep) char *usr = mem_format("%s/usr/lib/modules", stage->root);
	DEFER(mem_freep) char *lib = mem_format("%s/lib", stage->root);

	if (!modules || !usr || !lib)
		return err_no_memory(err);
	if (access(modules, F_OK) == 0 || access(usr, F_OK) < 0)
		return 0;
	return file_link("usr/lib", lib, err);
}

static int run_depmod(const struct fetch *fetch, const struct stage *stage, const char *release,
		      struct err *err)
{
	const char *const argv[] = {"depmod", "-b", stage->root, release, NULL};
	struct program program = {.argv = argv};
	int code;

	fetch_tell(fetch, "indexing the modules");
	code = program_run(&program, err);
	return code == -ENOENT ? 0 : code; /* dependencies are found without it, too */
}

static bool has_kernel(const struct fetch *fetch, const char *release)
{
	DEFER(mem_freep)
	char *root = mem_format("%s/kernels/%s", fetch->cache_dir, release);
	DEFER(kernel_freep) struct kernel *kernel = NULL;

	return root && catalogue_find(&kernel, root, NULL) == 0 && kernel->vmlinuz &&
	       kernel->modules_dir;
}

/* What is fetched or added again may be newer, but a bare image is less than an image with modules.
 */
static int check_not_less(const struct fetch *fetch, const struct kernel *kernel, const char *from,
			  struct err *err)
{
	if (kernel->modules_dir || !has_kernel(fetch, kernel->release))
		return 0;
	return err_set(
		err, -EEXIST,
		"kernel %s is in the cache with its modules, and %s has none; to have it all "
		"the same, remove the other one first: lkm kernel rm %s",
		kernel->release, from, kernel->release);
}

/* Checks that what lies in the stage is a kernel, makes it one of the cache. Opening the image
 * fills the cache of images, so that the first run need not wait for it. */
static int settle_kernel(const struct fetch *fetch, struct stage *stage, const char *from,
			 const char *name, char **release, struct err *err)
{
	DEFER(kernel_freep) struct kernel *kernel = NULL;
	DEFER(image_closep) struct image *image = NULL;
	int code = join_usr(stage, err);

	if (code == 0)
		code = catalogue_find(&kernel, stage->root, err);
	if (code == 0 && !kernel->vmlinuz)
		code = -ENOENT;
	if (code == -ENOENT)
		return err_set(err, code, "%s holds no kernel image", from);
	if (code == 0 && !name)
		code = check_not_less(fetch, kernel, from, err);
	if (code == 0 && kernel->modules_dir)
		code = run_depmod(fetch, stage, kernel->release, err);
	fetch_tell(fetch, "reading the kernel");
	if (code == 0)
		code = image_open(&image, kernel->vmlinuz, fetch->cache_dir, err);
	if (code == 0)
		code = stage_commit(stage, name ? name : kernel->release, err);
	if (code == 0)
		*release = take_ptr(&kernel->release);
	return code;
}

/* Whether the release that the packages name is in the cache. */
static bool is_at_hand(const struct fetch *fetch, const struct names *packages, char **release)
{
	DEFER(mem_freep) char *known = release_in(packages);

	if (!known || !has_kernel(fetch, known))
		return false;
	*release = take_ptr(&known);
	return true;
}

static int fetch_packages(const struct apt *apt, const struct names *packages, char **release,
			  struct err *err)
{
	DEFER(signals_release) struct signals_held signals = {0};
	DEFER(stage_close) struct stage stage = {.lock = -1};
	int code;

	signals_hold(&signals);
	code = stage_open(&stage, apt->fetch->cache_dir, "kernels", err);
	if (code == 0)
		code = package_fetch(apt, packages, &stage, err);
	if (code == 0)
		code = settle_kernel(apt->fetch, &stage, packages->p[0], NULL, release, err);
	return code;
}

int fetch_kernel(const struct fetch *fetch, const char *name, char **release, struct err *err)
{
	bool is_release = isdigit((unsigned char)name[0]);
	DEFER(mem_freep) char *package = mem_format("%s%s", is_release ? "linux-image-" : "", name);
	DEFER(apt_close) struct apt apt = {0};
	DEFER(names_free) struct names packages = {0};
	int code;

	if (!package || !names_add(&packages, package, strlen(package)))
		return err_no_memory(err);
	if (is_at_hand(fetch, &packages, release))
		return 0;
	fetch_tell(fetch, "asking apt");
	code = apt_open(&apt, fetch, err);
	if (code == 0)
		code = package_collect(&apt, package, kernel_parts, &packages, err);
	if (code < 0 || is_at_hand(fetch, &packages, release))
		return code;
	return fetch_packages(&apt, &packages, release, err);
}

/* A vmlinuz alone, with the configuration that lies beside it. */
static int copy_kernel(const struct fetch *fetch, const char *path, const struct stage *stage,
		       struct err *err)
{
	DEFER(kernel_freep) struct kernel *kernel = NULL;
	DEFER(mem_freep) char *boot = mem_format("%s/boot", stage->root);
	DEFER(mem_freep) char *vmlinuz = NULL;
	DEFER(mem_freep) char *config = NULL;
	DEFER(file_unmap) struct file_map map = {0};
	int code = boot ? file_make_dirs(boot, 0755, err) : err_no_memory(err);

	fetch_tell(fetch, "reading the kernel");
	if (code == 0)
		code = catalogue_find(&kernel, path, err);
	if (code < 0)
		return code;
	vmlinuz = mem_format("%s/vmlinuz-%s", boot, kernel->release);
	config = mem_format("%s/config-%s", boot, kernel->release);
	if (!vmlinuz || !config)
		return err_no_memory(err);
	code = file_map(path, &map, err);
	if (code == 0)
		code = file_replace(vmlinuz, map.bytes, 0644, err);
	file_unmap(&map);
	if (code == 0 && kernel->config && file_map(kernel->config, &map, NULL) == 0)
		code = file_replace(config, map.bytes, 0644, err);
	return code;
}

static bool is_package(const char *path)
{
	size_t length = strlen(path);

	return length > 4 && strcmp(path + length - 4, ".deb") == 0;
}

int fetch_add(const struct fetch *fetch, const char *const *files, char **release, struct err *err)
{
	DEFER(signals_release) struct signals_held signals = {0};
	DEFER(stage_close) struct stage stage = {.lock = -1};
	int code;

	signals_hold(&signals);
	code = stage_open(&stage, fetch->cache_dir, "kernels", err);
	for (const char *const *file = files; *file && code == 0; file++) {
		if (access(*file, R_OK) < 0)
			code = err_errno(err, "cannot read %s", *file);
		else if (is_package(*file))
			code = package_unpack(fetch, *file, &stage, err);
		else
			code = copy_kernel(fetch, *file, &stage, err);
	}
	return code < 0 ? code : settle_kernel(fetch, &stage, files[0], NULL, release, err);
}

int fetch_package(const struct fetch *fetch, const char *file, char **root, struct err *err)
{
	DEFER(signals_release) struct signals_held signals = {0};
	DEFER(stage_close) struct stage stage = {.lock = -1};
	DEFER(mem_freep) char *name = NULL;
	DEFER(mem_freep) char *release = NULL;
	struct stat st;
	int code;

	if (stat(file, &st) < 0)
		return err_errno(err, "cannot read %s", file);
	name = mem_format("%llx-%llx-%llx-%llx", (unsigned long long)st.st_dev,
			  (unsigned long long)st.st_ino, (unsigned long long)st.st_size,
			  (unsigned long long)st.st_mtim.tv_sec);
	*root = name ? mem_format("%s/packages/%s", fetch->cache_dir, name) : NULL;
	if (!*root)
		return err_no_memory(err);
	if (access(*root, F_OK) == 0)
		return 0;
	signals_hold(&signals);
	code = stage_open(&stage, fetch->cache_dir, "packages", err);
	if (code == 0)
		code = package_unpack(fetch, file, &stage, err);
	return code < 0 ? code : settle_kernel(fetch, &stage, file, name, &release, err);
}

/* With what the cache keeps of its image. */
static int remove_kernel(const char *root, const char *cache_dir, struct err *err)
{
	DEFER(kernel_freep) struct kernel *kernel = NULL;

	if (catalogue_find(&kernel, root, NULL) == 0 && kernel->vmlinuz)
		image_forget(kernel->vmlinuz, cache_dir);
	return file_remove_tree(root, err);
}

int fetch_remove(const struct fetch *fetch, const char *release, struct err *err)
{
	DEFER(mem_freep) char *root = mem_format("%s/kernels/%s", fetch->cache_dir, release);
	DEFER(mem_freep) char *headers = mem_format("%s/headers/%s", fetch->cache_dir, release);
	int code;

	if (!root || !headers)
		return err_no_memory(err);
	if (!release[0])
		return err_set(err, -EINVAL, "which kernel? Its name is empty");
	if (strchr(release, '/') || release[0] == '.' || access(root, F_OK) < 0)
		return err_set(
			err, -ENOENT,
			"there is no kernel %s in the cache (installed ones are removed with "
			"apt)",
			release);
	code = remove_kernel(root, fetch->cache_dir, err);
	return code < 0 ? code : file_remove_tree(headers, err);
}

struct removal {
	const char *cache_dir, *packages;
};

static int remove_package(void *context, const struct dir_entry *entry, struct err *err)
{
	const struct removal *removal = context;
	DEFER(mem_freep) char *root = mem_format("%s/%s", removal->packages, entry->name);

	if (!root)
		return err_no_memory(err);
	return entry->name[0] == '.' ? 0 : remove_kernel(root, removal->cache_dir, err);
}

int fetch_remove_packages(const struct fetch *fetch, struct err *err)
{
	DEFER(mem_freep) char *packages = mem_format("%s/packages", fetch->cache_dir);
	struct removal removal = {fetch->cache_dir, packages};

	if (!packages)
		return err_no_memory(err);
	return access(packages, F_OK) < 0 ? 0 : dir_scan(packages, remove_package, &removal, err);
}
