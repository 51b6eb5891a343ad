/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which module, on which kernel. Most of what goes wrong with "lkm run" goes wrong here, hence each
 * sentence tells the way out.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/files.h"
#include "cli/run.h"
#include "db/db.h"

static bool is_file_name(const char *module)
{
	size_t length = strlen(module);

	return strchr(module, '/') || strstr(module, ".ko") ||
	       (length > 2 && strcmp(module + length - 2, ".c") == 0);
}

/* The only .ko file of a directory, or NULL. */
static char *only_module_in(struct arena *arena, const char *folder)
{
	DIR *dir = opendir(folder);
	char *found = NULL;
	size_t count = 0;

	if (!dir)
		return NULL;
	for (const struct dirent *entry; (entry = readdir(dir));) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && strcmp(dot, ".ko") == 0 && count++ == 0)
			found = arena_format(arena, "%s/%s", folder, entry->d_name);
	}
	closedir(dir);
	return count == 1 ? found : NULL;
}

static enum cli_exit is_directory(struct run *run, const char *path, struct err *err)
{
	const char *only = only_module_in(run->arena, path);

	if (only)
		err_set(err, -EISDIR, "%s is a directory; the module in it is %s", path, only);
	else
		err_set(err, -EISDIR, "%s is a directory; give the .ko file of a module", path);
	return CLI_USAGE;
}

static enum cli_exit is_source(const struct run *run, const char *path, struct err *err)
{
	err_set(err, -EINVAL,
		"%s is source code; build the module first (make -C \"$(lkm kernel path --headers "
		"%s)\" M=$PWD modules) and give the .ko file",
		path, run->options->kernel ? run->options->kernel : "RELEASE");
	return CLI_USAGE;
}

static enum cli_exit open_file(struct run *run, const char *path, struct err *err)
{
	struct stat st;
	size_t length = strlen(path);

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return is_directory(run, path, err);
	if (length > 2 && strcmp(path + length - 2, ".c") == 0)
		return is_source(run, path, err);
	if (stat(path, &st) < 0 && errno == ENOENT) {
		cli_files_missing(path, err);
		return CLI_USAGE;
	}
	run->path = path;
	switch (ko_open(&run->ko, path, err)) {
	case 0:
		return CLI_OK;
	case -ENOEXEC:
	case -EBADMSG:
	case -EFBIG:
		return CLI_REFUSED;
	case -EINVAL: /* no regular file */
	case -ENAMETOOLONG:
		return CLI_USAGE;
	default:
		return CLI_UNAVAILABLE;
	}
}

/* Object files pass the gate, but a module has more. */
static enum cli_exit check_module(const struct run *run, struct err *err)
{
	if (ko_machine(run->ko) != EM_X86_64) {
		err_set(err, -ENOTSUP,
			"%s is built for %s, and here kernels for x86-64 are run; build it for "
			"x86-64",
			run->path, ko_machine_name(ko_machine(run->ko)));
		return CLI_UNAVAILABLE;
	}
	if (!ko_section_named(run->ko, ".gnu.linkonce.this_module")) {
		err_set(err, -ENOEXEC,
			"%s is an object file, not yet a module: it has no struct module; give "
			"the .ko file that the kernel's build makes of it",
			run->path);
		return CLI_REFUSED;
	}
	return CLI_OK;
}

static enum cli_exit find_running(struct run *run, struct err *err)
{
	const char *spec = run->options->kernel;

	if (catalogue_running(&run->kernel, err) < 0)
		return CLI_UNAVAILABLE;
	if (!spec || strcmp(spec, run->kernel->release) == 0)
		return CLI_OK;
	err_set(err, -EINVAL,
		"the engine host has one kernel, the machine's own: %s; -k %s is for the engine "
		"process",
		run->kernel->release, spec);
	return CLI_USAGE;
}

static enum cli_exit find_image(struct run *run, const char *spec, struct err *err)
{
	int rc = catalogue_find(&run->kernel, spec, err);

	if (rc == -ENOMEM)
		return CLI_UNAVAILABLE;
	if (rc < 0) {
		if (!run->options->kernel)
			err_add(err, "%s is built for kernel %s", run->path, spec);
		return CLI_UNAVAILABLE;
	}
	if (!run->kernel->vmlinuz) {
		err_set(err, -ENOENT,
			"of kernel %s only the modules are at hand; get the rest with: lkm kernel "
			"fetch %s",
			run->kernel->release, run->kernel->release);
		return CLI_UNAVAILABLE;
	}
	return CLI_OK;
}

static enum cli_exit find_kernel(struct run *run, const char *spec, struct err *err)
{
	return run->on_host ? find_running(run, err) : find_image(run, spec, err);
}

/* What the kernel of a machine gets is built for it, even where it would take another. */
static enum cli_exit check_release(const struct run *run, struct err *err)
{
	const char *release = ko_release(run->ko);

	if (!run->on_host || strcmp(release, run->kernel->release) == 0)
		return CLI_OK;
	err_set(err, -ENOEXEC, "%s is built for %s, and this machine runs %s", run->path,
		release[0] ? release : "no release that it tells", run->kernel->release);
	return CLI_UNAVAILABLE;
}

/* The db is only a help, unless a stock module is asked for. */
static enum cli_exit open_db(struct run *run, struct err *err)
{
	if (!run->kernel->modules_dir) {
		err_set(err, -ENOENT,
			"the modules of kernel %s are not at hand; get them with: lkm kernel fetch "
			"%s",
			run->kernel->release, run->kernel->release);
		return CLI_UNAVAILABLE;
	}
	return db_open(&run->db, run->kernel->modules_dir, err) < 0 ? CLI_UNAVAILABLE : CLI_OK;
}

static enum cli_exit no_such_module(struct run *run, const char *name, struct err *err)
{
	const char *near;

	if (db_is_builtin(run->db, name, NULL) == 1) {
		err_set(err, -EEXIST,
			"%s is built into kernel %s: it is always there and cannot be loaded", name,
			run->kernel->release);
		return CLI_REFUSED;
	}
	near = db_similar(run->db, name);
	err_set(err, -ENOENT, "kernel %s has no module %s%s%s%s", run->kernel->release, name,
		near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	return CLI_USAGE;
}

static enum cli_exit open_stock(struct run *run, const char *name, struct err *err)
{
	const struct db_module *module;
	enum cli_exit status = find_kernel(run, run->options->kernel, err);
	int rc;

	if (status == CLI_OK)
		status = open_db(run, err);
	if (status != CLI_OK)
		return status;
	rc = db_find(run->db, name, &module, err);
	if (rc == -ENOENT)
		return no_such_module(run, name, err);
	if (rc < 0)
		return CLI_UNAVAILABLE;
	run->is_stock = true;
	return open_file(run, module->path, err);
}

static void add_name(struct buf *names, const char *name)
{
	buf_format(names, "%s%s", names->n ? ", " : "", name);
}

static enum cli_exit which_kernel(const char *module, struct err *err)
{
	DEFER(kernel_list_free) struct kernel_list kernels = {0};
	DEFER(buf_free) struct buf names = {0};

	if (catalogue_list(&kernels, NULL) == 0) {
		vec_foreach (&kernels, kernel)
			add_name(&names, (*kernel)->release);
	}
	err_set(err, -EINVAL,
		"there is no file %s; for a kernel's own module of that name say which kernel: lkm "
		"run -k KERNEL %s%s%s",
		module, module, names.n ? "; at hand: " : "", buf_string(&names));
	return CLI_USAGE;
}

static enum cli_exit open_module(struct run *run, const char *module, struct err *err)
{
	struct stat st;

	if (is_file_name(module))
		return open_file(run, module, err);
	if (run->options->kernel || run->on_host)
		return open_stock(run, module, err);
	if (stat(module, &st) == 0)
		return open_file(run, module, err);
	return which_kernel(module, err);
}

static enum cli_exit choose_kernel(struct run *run, struct err *err)
{
	const char *spec = run->options->kernel ? run->options->kernel : ko_release(run->ko);
	enum cli_exit status;

	if (!run->options->kernel && !spec[0] && !run->on_host) {
		err_set(err, -ENOEXEC,
			"%s does not tell which kernel it is built for (it has no vermagic); "
			"choose "
			"one: lkm run -k KERNEL %s",
			run->path, run->path);
		return CLI_USAGE;
	}
	status = find_kernel(run, spec, err);
	if (status == CLI_OK && run->kernel->modules_dir)
		db_open(&run->db, run->kernel->modules_dir, NULL);
	return status;
}

/* A value with spaces in quotes, which the kernel takes away. */
static void add_param(struct buf *line, const char *param)
{
	const char *equals = strchr(param, '=');

	if (line->n)
		buf_text(line, " ");
	if (equals && strpbrk(equals, " \t\n") && !strchr(equals, '"'))
		buf_format(line, "%.*s=\"%s\"", (int)(equals - param), param, equals + 1);
	else
		buf_text(line, param);
}

/* Parameters go to the kernel as one line. A word without '=' is a bool to be set, as it is for
 * insmod(8); one that is a path is a module too many. */
static enum cli_exit join_params(struct run *run, char **params, struct err *err)
{
	DEFER(buf_free) struct buf line = {0};

	for (; *params; params++) {
		if (!strchr(*params, '=') && strstr(*params, ".ko")) {
			err_set(err, -EINVAL,
				"one module at a time: %s and %s were given (another can be loaded "
				"with -c 'insmod %s')",
				run->path, *params, *params);
			return CLI_USAGE;
		}
		add_param(&line, *params);
	}
	run->params = arena_strdup(run->arena, buf_string(&line));
	if (buf_failed(&line) || !run->params) {
		err_no_memory(err);
		return CLI_UNAVAILABLE;
	}
	return CLI_OK;
}

enum cli_exit run_input(struct run *run, const char *module, char **params, struct err *err)
{
	enum cli_exit status = open_module(run, module, err);

	if (status == CLI_OK)
		status = check_module(run, err);
	if (status == CLI_OK)
		status = join_params(run, params, err);
	if (status == CLI_OK && !run->kernel)
		status = choose_kernel(run, err);
	if (status == CLI_OK)
		status = check_release(run, err);
	if (status == CLI_OK)
		run->name = ko_name(run->ko);
	return status;
}
