/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and links that take their name in one step. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

/* The directory part of path, "." when there is none. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return mem_format("%.*s", slash == path ? 1 : (int)(slash - path), path);
}

/* An unnamed file gets a name through /proc, which is not there in each chroot. */
static bool can_name_unnamed(void)
{
	return access("/proc/self/fd", X_OK) == 0;
}

static int create_hidden(struct file_new *file, mode_t mode, struct err *err)
{
	DEFER(mem_freep) char *dir = directory_of(file->path);

	file->temporary = dir ? mem_format("%s/.lkm-XXXXXX", dir) : NULL;
	if (!file->temporary)
		return err_no_memory(err);
	file->fd = mkostemp(file->temporary, O_CLOEXEC);
	if (file->fd < 0) {
		int code = err_errno(err, "cannot create a file in %s", dir);

		mem_free(take_ptr(&file->temporary));
		return code;
	}
	fchmod(file->fd, mode);
	return 0;
}

int file_create(const char *path, mode_t mode, struct file_new *out, struct err *err)
{
	struct file_new file = {.fd = -1, .path = mem_strdup(path)};
	DEFER(mem_freep) char *dir = directory_of(path);
	int code = 0;

	*out = (struct file_new){.fd = -1};
	if (!file.path || !dir) {
		mem_free(file.path);
		return err_no_memory(err);
	}
	if (can_name_unnamed())
		file.fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (file.fd < 0)
		code = create_hidden(&file, mode, err);
	if (code < 0) {
		mem_free(file.path);
		return code;
	}
	*out = file;
	return 0;
}

/* linkat(2) does not replace: an unnamed file first gets a hidden name beside the target. */
static int give_hidden_name(struct file_new *file, struct err *err)
{
	static atomic_uint serial;
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
	for (int attempt = 0; attempt < 100; attempt++) {
		DEFER(mem_freep) char *dir = directory_of(file->path);
		char *name;

		name = dir ? mem_format("%s/.lkm-%d-%u", dir, (int)getpid(), serial++) : NULL;
		if (!name)
			return err_no_memory(err);
		if (linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0) {
			file->temporary = name;
			return 0;
		}
		mem_free(name);
		if (errno != EEXIST)
			break;
	}
	return err_errno(err, "cannot write %s", file->path);
}

int file_prepare(struct file_new *file, struct err *err)
{
	return file->temporary ? 0 : give_hidden_name(file, err);
}

int file_commit(struct file_new *file, struct err *err)
{
	int code = file_prepare(file, err);

	if (code < 0)
		return code;
	if (rename(file->temporary, file->path) < 0)
		return err_errno(err, "cannot write %s", file->path);
	mem_free(take_ptr(&file->temporary));
	return 0;
}

void file_abandon(struct file_new *file)
{
	if (file->temporary)
		unlink(file->temporary);
	file_close(take_fd(&file->fd));
	mem_free(take_ptr(&file->temporary));
	mem_free(take_ptr(&file->path));
}

int file_replace(const char *path, struct span bytes, mode_t mode, struct err *err)
{
	DEFER(file_abandon) struct file_new file = {.fd = -1};
	int code = file_create(path, mode, &file, err);

	if (code == 0)
		code = file_write_all(file.fd, bytes.p, bytes.n, path, err);
	return code < 0 ? code : file_commit(&file, err);
}

void file_replace_own(const char *path, struct span bytes)
{
	DEFER(mem_freep) char *dir = directory_of(path);

	if (dir && file_make_dirs(dir, 0700, NULL) == 0)
		file_replace(path, bytes, FILE_OWN, NULL);
}

int file_link(const char *target, const char *path, struct err *err)
{
	DEFER(mem_freep) char *temporary = mem_format("%s.%d", path, (int)getpid());

	if (!temporary)
		return err_no_memory(err);
	unlink(temporary);
	if (symlink(target, temporary) < 0)
		return err_errno(err, "cannot create the link %s", path);
	if (rename(temporary, path) < 0) {
		int code = err_errno(err, "cannot create the link %s", path);

		unlink(temporary);
		return code;
	}
	return 0;
}
