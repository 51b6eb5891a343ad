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

struct name {
	char *path;
	unsigned char type; /* DT_...; not each file system tells */
};

struct names {
	VEC(struct name) list;
};

static void names_free(struct names *names)
{
	vec_foreach (&names->list, name)
		mem_free(name->path);
	vec_free(&names->list);
}

static void dir_closep(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int by_bytes(const void *a, const void *b)
{
	const struct name *left = a, *right = b;

	return strcmp(left->path, right->path);
}

static int read_names(const char *path, struct names *names, struct err *err)
{
	DEFER(dir_closep) DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return err_errno(err, "cannot open the directory %s", path);
	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		struct name *slot;

		if (entry->d_name[0] == '.')
			continue;
		slot = vec_push(&names->list);
		if (!slot)
			return err_no_memory(err);
		*slot = (struct name){mem_format("%s/%s", path, entry->d_name), entry->d_type};
		if (!slot->path)
			return err_no_memory(err);
	}
	if (errno)
		return err_errno(err, "cannot read the directory %s", path);
	if (names->list.n)
		qsort(names->list.p, names->list.n, sizeof(*names->list.p), by_bytes);
	return 0;
}

/* What a name stands for, behind symbolic links to files only; DT_UNKNOWN: nothing to walk through,
 * or it was just removed. */
static unsigned char type_of(const struct name *name)
{
	struct stat st;

	if (name->type == DT_REG || name->type == DT_DIR)
		return name->type;
	if (lstat(name->path, &st) < 0)
		return DT_UNKNOWN;
	if (S_ISDIR(st.st_mode))
		return DT_DIR;
	if (S_ISLNK(st.st_mode) && stat(name->path, &st) < 0)
		return DT_UNKNOWN;
	return S_ISREG(st.st_mode) ? DT_REG : DT_UNKNOWN;
}

int dir_walk(const char *path, unsigned int depth, dir_visit *visit, void *context, struct err *err)
{
	DEFER(names_free) struct names names = {0};
	int code = read_names(path, &names, err);

	for (size_t i = 0; code == 0 && i < names.list.n; i++) {
		const struct name *name = &names.list.p[i];
		unsigned char type = type_of(name);

		if (type == DT_DIR && depth)
			code = dir_walk(name->path, depth - 1, visit, context, err);
		else if (type == DT_REG)
			code = visit(context, name->path, err);
	}
	return code;
}

static struct dir_entry look_at(int dir, const struct dirent64 *entry)
{
	bool is_direct = entry->d_type == DT_REG || entry->d_type == DT_DIR;
	struct dir_entry out = {entry->d_name, DIR_OTHER, 0, is_direct};
	struct stat st = {.st_mode = DTTOIF(entry->d_type)};

	if (!is_direct && fstatat(dir, entry->d_name, &st, 0) < 0)
		out.code = -errno;
	else if (S_ISREG(st.st_mode))
		out.type = DIR_FILE;
	else if (S_ISDIR(st.st_mode))
		out.type = DIR_DIRECTORY;
	return out;
}

static int each_entry(int dir, const char *bytes, size_t length, dir_each *each, void *context,
		      struct err *err)
{
	int code = 0;

	for (size_t at = 0; code == 0 && at < length;) {
		const struct dirent64 *entry = (const struct dirent64 *)(bytes + at);
		struct dir_entry seen;

		at += entry->d_reclen;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		seen = look_at(dir, entry);
		code = each(context, &seen, err);
	}
	return code;
}

/* Without opendir(3), which asks the system three questions more. */
static int scan(int dir, const char *path, dir_each *each, void *context, struct err *err)
{
	enum { ROOM = 32768 };
	DEFER(mem_freep) char *bytes = mem_alloc(ROOM);
	ssize_t length;
	int code = 0;

	if (!bytes)
		return err_no_memory(err);
	while (code == 0 && (length = getdents64(dir, bytes, ROOM)) != 0) {
		if (length < 0)
			return err_errno(err, "cannot read the directory %s", path);
		code = each_entry(dir, bytes, (size_t)length, each, context, err);
	}
	return code;
}

int dir_scan_at(int at, const char *path, struct file_id *id, dir_each *each, void *context,
		struct err *err)
{
	DEFER(file_closep) int dir = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code;

	if (dir < 0)
		return err_errno(err, "cannot open the directory %s", path);
	code = id ? file_identify(dir, "", id) : 0;
	if (code < 0)
		return err_set(err, code, "cannot read the directory %s", path);
	return scan(dir, path, each, context, err);
}

int dir_scan(const char *path, dir_each *each, void *context, struct err *err)
{
	return dir_scan_at(AT_FDCWD, path, NULL, each, context, err);
}
