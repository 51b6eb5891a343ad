/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels lie. A root is "/" or a directory CACHE/kernels/REL; below it Debian's packages put
 * the parts of a release in one of these places:
 *
 *	vmlinuz		boot/vmlinuz-REL, or [usr/]lib/modules/REL/vmlinuz (7.0 and later)
 *	config		boot/config-REL, or [usr/]lib/modules/REL/config
 *	modules		[usr/]lib/modules/REL (one with headers only has no "kernel" in it)
 */
#include "image/catalogue.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"

static const char *const module_roots[] = {"lib/modules", "usr/lib/modules"};
enum { MODULE_ROOTS = sizeof(module_roots) / sizeof(*module_roots) };

void kernel_free(struct kernel *kernel)
{
	if (!kernel)
		return;
	mem_free(kernel->release);
	mem_free(kernel->vmlinuz);
	mem_free(kernel->modules_dir);
	mem_free(kernel->config);
	mem_free(kernel->headers);
	mem_free(kernel);
}

void kernel_list_free(struct kernel_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		kernel_free(list->p[i]);
	vec_free(list);
}

/* Takes path, which may be NULL; *slot gets it when it is there and the slot is empty. */
static void offer(char **slot, char *path)
{
	if (path && !*slot && access(path, F_OK) == 0)
		*slot = path;
	else
		mem_free(path);
}

static void offer_modules(char **slot, const char *root, const char *place, const char *release)
{
	DEFER(mem_freep) char *kernel = mem_format("%s/%s/%s/kernel", root, place, release);

	if (kernel && access(kernel, F_OK) == 0)
		offer(slot, mem_format("%s/%s/%s", root, place, release));
}

/* What a root has of a release; NULL only without memory. */
static struct kernel *look(const char *root, const char *release, bool in_cache)
{
	struct kernel *kernel = mem_zalloc(sizeof(*kernel));

	if (!kernel || !(kernel->release = mem_strdup(release))) {
		mem_free(kernel);
		return NULL;
	}
	kernel->in_cache = in_cache;
	offer(&kernel->vmlinuz, mem_format("%s/boot/vmlinuz-%s", root, release));
	offer(&kernel->vmlinuz, mem_format("%s/boot/vmlinux-%s", root, release));
	offer(&kernel->config, mem_format("%s/boot/config-%s", root, release));
	for (int i = 0; i < MODULE_ROOTS; i++) {
		const char *place = module_roots[i];

		offer(&kernel->vmlinuz, mem_format("%s/%s/%s/vmlinuz", root, place, release));
		offer(&kernel->config, mem_format("%s/%s/%s/config", root, place, release));
		offer_modules(&kernel->modules_dir, root, place, release);
	}
	return kernel;
}

static bool is_readable(const struct kernel *kernel)
{
	return kernel->vmlinuz && access(kernel->vmlinuz, R_OK) == 0;
}

/* How much of a kernel is at hand, to choose between two places. */
static int worth(const struct kernel *kernel)
{
	return 4 * is_readable(kernel) + 2 * !!kernel->modules_dir + !!kernel->vmlinuz;
}

static struct kernel **slot_of(const struct kernel_list *list, const char *release)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->p[i]->release, release) == 0)
			return &list->p[i];
	return NULL;
}

/* Adds what a root has of a release; the more complete one of two places stays. */
static int add(struct kernel_list *list, const char *root, const char *release, bool in_cache,
	       struct err *err)
{
	struct kernel **slot = slot_of(list, release);
	DEFER(kernel_freep) struct kernel *kernel = look(root, release, in_cache);
	struct kernel *other;

	if (!kernel)
		return err_no_memory(err);
	if (worth(kernel) == 0)
		return 0;
	if (!slot) {
		slot = vec_push(list);
		if (!slot)
			return err_no_memory(err);
		*slot = take_ptr(&kernel);
	} else if (worth(kernel) > worth(*slot)) {
		other = *slot;
		*slot = kernel;
		kernel = other;
	}
	return 0;
}

/* Calls add() for each entry of a directory that begins with prefix; the rest is the release. With
 * root NULL the entry itself is the root. */
static int add_entries(struct kernel_list *list, const char *directory, const char *prefix,
		       const char *root, struct err *err)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int code = 0;

	while (dir && code == 0 && (entry = readdir(dir))) {
		DEFER(mem_freep) char *own = mem_format("%s/%s", directory, entry->d_name);
		const char *release = entry->d_name + strlen(prefix);

		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		code = own ? add(list, root ? root : own, release, !root, err) : err_no_memory(err);
	}
	if (dir)
		closedir(dir);
	return code;
}

static int by_version(const void *a, const void *b)
{
	const struct kernel *const *left = a, *const *right = b;

	return strverscmp((*left)->release, (*right)->release);
}

int catalogue_list(struct kernel_list *out, struct err *err)
{
	DEFER(kernel_list_free) struct kernel_list list = {0};
	DEFER(mem_freep) char *cache = NULL;
	DEFER(mem_freep) char *kernels = NULL;
	int code = add_entries(&list, "/boot", "vmlinuz-", "", err);

	for (int i = 0; i < MODULE_ROOTS && code == 0; i++) {
		DEFER(mem_freep) char *directory = mem_format("/%s", module_roots[i]);

		code = directory ? add_entries(&list, directory, "", "", err) : err_no_memory(err);
	}
	if (code == 0 && file_cache_dir(&cache, NULL) == 0) {
		kernels = mem_format("%s/kernels", cache);
		code = kernels ? add_entries(&list, kernels, "", NULL, err) : err_no_memory(err);
	}
	if (code < 0)
		return code;
	if (list.n)
		qsort(list.p, list.n, sizeof(*list.p), by_version);
	*out = list;
	list = (struct kernel_list){0};
	return 0;
}

/* A file given: the other parts are looked for around it, in the layouts above. */
static int find_file(struct kernel **out, const char *path, struct err *err)
{
	DEFER(mem_freep) char *cache = NULL;
	DEFER(image_closep) struct image *image = NULL;
	DEFER(kernel_freep) struct kernel *kernel = NULL;
	DEFER(mem_freep) char *real = realpath(path, NULL);
	const char *slash = real ? strrchr(real, '/') : NULL;
	DEFER(mem_freep) char *root = NULL;
	int code;

	file_cache_dir(&cache, NULL);
	code = image_open(&image, path, cache, err);
	if (code < 0)
		return code;
	root = mem_format("%.*s/..", slash ? (int)(slash - real) : 1, slash ? real : ".");
	kernel = root ? look(root, image_release(image), false) : NULL;
	if (!kernel)
		return err_no_memory(err);
	mem_free(kernel->vmlinuz);
	kernel->vmlinuz = mem_strdup(path);
	if (!kernel->config && slash)
		offer(&kernel->config, mem_format("%.*s/config", (int)(slash - real), real));
	if (!kernel->modules_dir && slash)
		offer_modules(&kernel->modules_dir, root, ".", image_release(image));
	if (!kernel->vmlinuz)
		return err_no_memory(err);
	*out = take_ptr(&kernel);
	return 0;
}

/* The newest kernel below a directory that is a root. */
static int find_directory(struct kernel **out, const char *path, struct err *err)
{
	DEFER(kernel_list_free) struct kernel_list list = {0};
	DEFER(mem_freep) char *boot = mem_format("%s/boot", path);
	int code = boot ? add_entries(&list, boot, "vmlinuz-", path, err) : err_no_memory(err);

	if (code == 0)
		code = add_entries(&list, boot, "vmlinux-", path, err);
	for (int i = 0; i < MODULE_ROOTS && code == 0; i++) {
		DEFER(mem_freep) char *directory = mem_format("%s/%s", path, module_roots[i]);

		code = directory ? add_entries(&list, directory, "", path, err)
				 : err_no_memory(err);
	}
	if (code < 0)
		return code;
	if (list.n == 0)
		return err_set(err, -ENOENT,
			       "there is no kernel in %s: neither boot/vmlinuz-RELEASE nor "
			       "lib/modules/RELEASE",
			       path);
	qsort(list.p, list.n, sizeof(*list.p), by_version);
	*out = take_ptr(&list.p[list.n - 1]);
	return 0;
}

/* For real time, for the cloud, or for another architecture than Debian's amd64. */
static bool is_variant(const char *release)
{
	static const char *const marks[] = {"-rt-", "-cloud-", "-arm64", "-riscv64"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (strstr(release, marks[i]))
			return true;
	return false;
}

/* The newest one whose release goes on behind spec. */
static struct kernel **match_series(const struct kernel_list *list, const char *spec,
				    bool also_variants)
{
	size_t length = strlen(spec);

	for (size_t i = list->n; i-- > 0;) {
		const char *release = list->p[i]->release;

		if (strncmp(release, spec, length) == 0 &&
		    !isalnum((unsigned char)release[length]) &&
		    (also_variants || !is_variant(release)))
			return &list->p[i];
	}
	return NULL;
}

/* The kernel of exactly that release, else the newest of a series ("6.12" is
 * 6.12.95+deb12-amd64), the ordinary one before those for real time or the cloud. */
static struct kernel **match(const struct kernel_list *list, const char *spec)
{
	struct kernel **found = slot_of(list, spec);

	if (!found)
		found = match_series(list, spec, false);
	return found ? found : match_series(list, spec, true);
}

static int not_at_hand(const struct kernel_list *list, const char *spec, struct err *err)
{
	DEFER(buf_free) struct buf others = {0};

	for (size_t i = 0; i < list->n; i++)
		buf_format(&others, "%s%s", i ? ", " : "; at hand: ", list->p[i]->release);
	return err_set(err, -ENOENT,
		       "the kernel %s is not at hand (get it with: lkm kernel fetch %s%s)", spec,
		       spec, buf_string(&others));
}

static int find_release(struct kernel **out, const char *spec, struct err *err)
{
	DEFER(kernel_list_free) struct kernel_list list = {0};
	struct kernel **slot;
	int code = catalogue_list(&list, err);

	if (code < 0)
		return code;
	slot = match(&list, spec);
	if (!slot)
		return not_at_hand(&list, spec, err);
	if ((*slot)->vmlinuz && !is_readable(*slot))
		return err_set(err, -EACCES,
			       "%s may not be read by this user (get a copy with: lkm kernel fetch "
			       "%s)",
			       (*slot)->vmlinuz, (*slot)->release);
	*out = take_ptr(slot);
	return 0;
}

/* The directory that modules are built in; what is installed of the kernel goes with it. */
static int find_headers(struct kernel **out, const char *path, struct err *err)
{
	DEFER(image_closep) struct image *image = NULL;
	DEFER(kernel_freep) struct kernel *kernel = NULL;
	int code = image_open_headers(&image, path, err);

	if (code < 0)
		return code;
	kernel = look("", image_release(image), false);
	if (!kernel || !(kernel->headers = mem_strdup(path)))
		return err_no_memory(err);
	mem_free(take_ptr(&kernel->vmlinuz));
	*out = take_ptr(&kernel);
	return 0;
}

static bool is_headers(const char *path)
{
	DEFER(mem_freep) char *symvers = mem_format("%s/Module.symvers", path);

	return symvers && access(symvers, F_OK) == 0;
}

int catalogue_find(struct kernel **out, const char *spec, struct err *err)
{
	size_t length = strlen(spec);
	struct stat st;

	if (!length)
		return err_set(err, -EINVAL, "which kernel? Its name is empty");
	if (stat(spec, &st) < 0)
		return strchr(spec, '/') ? err_errno(err, "cannot open the kernel %s", spec)
					 : find_release(out, spec, err);
	if (length > 4 && strcmp(spec + length - 4, ".deb") == 0)
		return err_set(err, -EINVAL,
			       "%s is a package (take it with: lkm kernel add %s; then name its "
			       "release)",
			       spec, spec);
	if (S_ISDIR(st.st_mode) && is_headers(spec))
		return find_headers(out, spec, err);
	return S_ISDIR(st.st_mode) ? find_directory(out, spec, err) : find_file(out, spec, err);
}

int catalogue_running(struct kernel **out, struct err *err)
{
	DEFER(kernel_list_free) struct kernel_list list = {0};
	struct kernel **slot;
	struct utsname system;
	int code = uname(&system) < 0 ? err_errno(err, "cannot ask for the running kernel")
				      : catalogue_list(&list, err);

	if (code < 0)
		return code;
	slot = slot_of(&list, system.release);
	*out = slot ? take_ptr(slot) : look("", system.release, false);
	return *out ? 0 : err_no_memory(err);
}

static bool offer_build(char **out, const char *root, const char *place, const char *release)
{
	DEFER(mem_freep) char *makefile = NULL;
	char *build = mem_format("%s/%s/%s/build", root, place, release);

	makefile = build ? mem_format("%s/Makefile", build) : NULL;
	if (!makefile || access(makefile, R_OK) < 0) {
		mem_free(build);
		return false;
	}
	*out = build;
	return true;
}

int catalogue_headers(char **out, const char *release, struct err *err)
{
	DEFER(mem_freep) char *cache = NULL;
	DEFER(mem_freep) char *root = NULL;

	if (file_cache_dir(&cache, NULL) == 0)
		root = mem_format("%s/headers/%s", cache, release);
	for (int i = 0; i < MODULE_ROOTS; i++)
		if (offer_build(out, "", module_roots[i], release) ||
		    (root && offer_build(out, root, module_roots[i], release)))
			return 0;
	return err_set(err, -ENOENT,
		       "the headers of %s are not at hand (get them with: lkm kernel fetch "
		       "--headers %s)",
		       release, release);
}
