/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"

struct names {
	VEC(char *) list;
};

static void names_free(struct names *names)
{
	vec_foreach (&names->list, name)
		mem_free(*name);
	vec_free(&names->list);
}

static void dir_closep(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(const char *path, struct names *names, struct err *err)
{
	DEFER(dir_closep) DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return err_errno(err, "cannot open the directory %s", path);
	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		char **slot;

		if (entry->d_name[0] == '.')
			continue;
		slot = vec_push(&names->list);
		if (!slot)
			return err_no_memory(err);
		*slot = mem_format("%s/%s", path, entry->d_name);
		if (!*slot)
			return err_no_memory(err);
	}
	if (errno)
		return err_errno(err, "cannot read the directory %s", path);
	if (names->list.n)
		qsort(names->list.p, names->list.n, sizeof(*names->list.p), by_bytes);
	return 0;
}

int dir_walk(const char *path, unsigned int depth, dir_visit *visit, void *context, struct err *err)
{
	DEFER(names_free) struct names names = {0};
	int code = read_names(path, &names, err);

	for (size_t i = 0; code == 0 && i < names.list.n; i++) {
		const char *name = names.list.p[i];
		struct stat st;

		if (lstat(name, &st) < 0)
			continue; /* it was just removed */
		if (S_ISDIR(st.st_mode) && depth)
			code = dir_walk(name, depth - 1, visit, context, err);
		else if (S_ISREG(st.st_mode) ||
			 (S_ISLNK(st.st_mode) && stat(name, &st) == 0 && S_ISREG(st.st_mode)))
			code = visit(context, name, err);
	}
	return code;
}

static struct dir_entry look_at(DIR *dir, const struct dirent *entry)
{
	bool is_direct = entry->d_type == DT_REG || entry->d_type == DT_DIR;
	struct dir_entry out = {entry->d_name, DIR_OTHER, 0, is_direct};
	struct stat st;

	if (entry->d_type == DT_REG)
		out.type = DIR_FILE;
	else if (entry->d_type == DT_DIR)
		out.type = DIR_DIRECTORY;
	else if (fstatat(dirfd(dir), entry->d_name, &st, 0) < 0)
		out.code = -errno;
	else if (S_ISREG(st.st_mode))
		out.type = DIR_FILE;
	else if (S_ISDIR(st.st_mode))
		out.type = DIR_DIRECTORY;
	return out;
}

static int scan(DIR *dir, const char *path, dir_each *each, void *context, struct err *err)
{
	struct dirent *entry;
	int code = 0;

	for (errno = 0; code == 0 && (entry = readdir(dir)); errno = 0) {
		struct dir_entry seen;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		seen = look_at(dir, entry);
		code = each(context, &seen, err);
	}
	if (code == 0 && errno)
		return err_errno(err, "cannot read the directory %s", path);
	return code;
}

int dir_scan(const char *path, dir_each *each, void *context, struct err *err)
{
	DEFER(dir_closep) DIR *dir = opendir(path);

	if (!dir)
		return err_errno(err, "cannot open the directory %s", path);
	return scan(dir, path, each, context, err);
}

int dir_scan_at(int at, const char *path, struct file_id *id, dir_each *each, void *context,
		struct err *err)
{
	DEFER(file_closep) int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DEFER(dir_closep) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int code;

	if (!dir)
		return err_errno(err, "cannot open the directory %s", path);
	fd = -1; /* dir has it */
	code = file_identify(dirfd(dir), "", id);
	if (code < 0)
		return err_set(err, code, "cannot read the directory %s", path);
	return scan(dir, path, each, context, err);
}
