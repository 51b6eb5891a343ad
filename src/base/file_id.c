/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file a path leads to, and which state of it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

static int64_t nanoseconds(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct file_id id_of(const struct stat *st)
{
	return (struct file_id){st->st_dev, st->st_ino, (uint64_t)st->st_size,
				nanoseconds(st->st_mtim), nanoseconds(st->st_ctim)};
}

static int open_to_read(int dir, const char *path, bool *unseen)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, fd;

	if (!unseen || !*unseen)
		return openat(dir, path, flags);
	fd = openat(dir, path, flags | O_NOATIME);
	if (fd >= 0 || errno != EPERM)
		return fd;
	*unseen = false;
	return openat(dir, path, flags);
}

int file_open_at(int dir, const char *path, bool *unseen, struct file_id *out, struct err *err)
{
	DEFER(file_closep) int fd = open_to_read(dir, path, unseen);
	struct stat st;

	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		return err_errno(err, "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
			       "%s is not a regular file", path);
	*out = id_of(&st);
	return take_fd(&fd);
}

int file_identify(int dir, const char *path, struct file_id *out)
{
	struct stat st;

	if (fstatat(dir, path, &st, path[0] ? 0 : AT_EMPTY_PATH) < 0) /* to allow it takes time */
		return -errno;
	*out = id_of(&st);
	return 0;
}

bool file_is_same(const struct file_id *a, const struct file_id *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified == b->modified && a->changed == b->changed;
}

int64_t file_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now); /* which the kernel gives files */
	return nanoseconds(now);
}

/* File systems that count in seconds, or two, have no fractions. */
static bool is_before(int64_t time, int64_t clock)
{
	return time < (time % 1000000000 ? clock : clock - 2 * (int64_t)1000000000);
}

bool file_is_settled(const struct file_id *id, int64_t clock)
{
	return is_before(id->modified, clock) && is_before(id->changed, clock);
}

int file_modified(const char *path, int64_t *out, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(err, "cannot look at %s", path);
	*out = nanoseconds(st.st_mtim);
	return 0;
}
