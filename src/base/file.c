/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/mem.h"

int file_open(const char *path, int flags, struct err *err)
{
	int fd = open(path, flags | O_CLOEXEC, 0666);

	return fd < 0 ? err_errno(err, "cannot open %s", path) : fd;
}

int file_open_below(int dir, const char *path, int flags)
{
	int fd = openat(dir, path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

char *file_absolute(const char *path)
{
	char here[4096] = "";

	if (path[0] && path[0] != '/' && !getcwd(here, sizeof(here)))
		return NULL;
	return mem_format("%s%s%s", here, here[0] ? "/" : "", path);
}

void file_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* A file tells its size, which its reader comes upon by a read of nothing; of what does not tell
 * most are small, and for others the room doubles. */
static size_t first_room(int fd, size_t limit)
{
	enum { USUAL = 16384 };
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_size <= 0 || (uint64_t)st.st_size > limit)
		return USUAL;
	return (size_t)st.st_size + 1;
}

static int read_all(int fd, const char *path, size_t limit, struct buf *buf, struct err *err)
{
	size_t start = buf->n, room = first_room(fd, limit);
	ssize_t got;

	for (;; room = 1) {
		if (!buf_reserve(buf, room))
			return err_no_memory(err);
		got = read(fd, buf->p + buf->n, buf->size - buf->n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, "cannot read %s", path);
		buf->n += (size_t)got;
		buf->p[buf->n] = 0;
		if (buf->n - start > limit)
			return err_set(err, -EFBIG, "%s is larger than %zu bytes", path, limit);
		if (got == 0)
			return 0;
	}
}

int file_read(const char *path, size_t limit, struct buf *buf, struct err *err)
{
	DEFER(file_closep) int fd = file_open(path, O_RDONLY, err);

	return fd < 0 ? fd : read_all(fd, path, limit, buf, err);
}

static int map_bytes(int fd, const char *path, off_t size, int protection, struct file_map *out,
		     struct err *err)
{
	void *p;

	if (size == 0) {
		out->bytes = span_of("", 0);
		return 0;
	}
	p = mmap(NULL, (size_t)size, protection, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_errno(err, "cannot map %s", path);
	out->bytes = span_of(p, (size_t)size);
	return 0;
}

int file_map_fd(int fd, const char *path, struct file_map *out, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
			       "%s is not a regular file", path);
	return map_bytes(fd, path, st.st_size, PROT_READ, out, err);
}

int file_map(const char *path, struct file_map *out, struct err *err)
{
	DEFER(file_closep) int fd = file_open(path, O_RDONLY | O_NONBLOCK, err);

	return fd < 0 ? fd : file_map_fd(fd, path, out, err);
}

int file_map_own(const char *path, mode_t mode, size_t limit, struct file_map *out, struct err *err)
{
	DEFER(file_closep) int fd = file_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, err);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "cannot read %s", path);
	if (st.st_mode != (S_IFREG | mode) || st.st_uid != geteuid())
		return err_set(err, -EPERM, "%s is not as we make it", path);
	if ((uint64_t)st.st_size > limit)
		return err_set(err, -EFBIG, "%s is larger than %zu bytes", path, limit);
	return map_bytes(fd, path, st.st_size, PROT_READ | PROT_WRITE, out, err);
}

void file_unmap(struct file_map *map)
{
	if (map->bytes.n)
		munmap((void *)map->bytes.p, map->bytes.n);
	map->bytes = span_of(NULL, 0);
}

int file_write_all(int fd, const void *bytes, size_t length, const char *path, struct err *err)
{
	const char *p = bytes;

	while (length) {
		ssize_t put = write(fd, p, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno(err, "cannot write %s", path);
		p += put;
		length -= (size_t)put;
	}
	return 0;
}

int file_read_at(int fd, uint64_t offset, void *bytes, size_t length, const char *path,
		 struct err *err)
{
	char *p = bytes;

	while (length) {
		ssize_t got = pread(fd, p, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, "cannot read %s", path);
		if (got == 0)
			return err_set(err, -EIO, "%s became shorter while it was read", path);
		p += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *place)
{
	return remove(path);
}

int file_remove_tree(const char *path, struct err *err)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		return err_errno(err, "cannot remove %s", path);
	return 0;
}

int file_make_dirs(const char *path, mode_t mode, struct err *err)
{
	DEFER(mem_freep) char *copy = mem_strdup(path);

	if (!copy)
		return err_no_memory(err);
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return err_errno(err, "cannot create the directory %s", copy);
		*p = '/';
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return err_errno(err, "cannot create the directory %s", copy);
	return 0;
}

void file_touch(const char *path)
{
	utimensat(AT_FDCWD, path, NULL, 0);
}

static int prune_one(void *context, const char *path, struct err *err)
{
	const time_t *oldest = context;
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_mtime < *oldest)
		unlink(path);
	return 0;
}

void file_prune(const char *dir, unsigned int days)
{
	time_t oldest = time(NULL) - (time_t)days * 24 * 60 * 60;

	dir_walk(dir, 0, prune_one, &oldest, NULL);
}

int file_cache_dir(char **out, struct err *err)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	char *dir;

	if (cache && cache[0] == '/')
		dir = mem_format("%s/lkm", cache);
	else if (home && home[0] == '/')
		dir = mem_format("%s/.cache/lkm", home);
	else
		return err_set(err, -ENOENT,
			       "there is no cache directory: set XDG_CACHE_HOME or HOME");
	if (!dir)
		return err_no_memory(err);
	*out = dir;
	return 0;
}
