/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the cache keeps what was unpacked and parsed of a kernel.
 *
 *	CACHE/images/IDENTITY-SIZE		one kernel; both numbers are of the file given
 *	CACHE/images/at-DEV-INODE-SIZE-MTIME-CTIME	symbolic link to it: a file that has this
 *						stat(2) need not be read to know its identity
 *
 * cache_file.c has what such a file holds. Without a directory, or when it cannot be written, the
 * same bytes are made in memory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "image/internal.h"

static int open_file(struct image *image, int input, const char *name, struct err *err)
{
	DEFER(file_closep) int fd = file_open(name, O_RDONLY, err);

	return fd < 0 ? fd : image_cache_read(image, input, fd, name, err);
}

static int make_in_memory(struct image *image, int input, struct err *err)
{
	DEFER(file_closep) int fd = memfd_create("lkm-image", MFD_CLOEXEC);
	int code;

	if (fd < 0)
		return err_errno(err, "cannot make a file in memory");
	code = image_cache_write(image, fd, image->path, err);
	return code < 0 ? code : image_cache_read(image, input, fd, image->path, err);
}

static int make_file(struct image *image, int input, const char *name, struct err *err)
{
	DEFER(file_abandon) struct file_new file = {.fd = -1};
	int code = file_create(name, 0644, &file, err);

	if (code == 0)
		code = image_cache_write(image, file.fd, name, err);
	if (code == 0)
		code = image_cache_read(image, input, file.fd, name, err);
	return code < 0 ? code : file_commit(&file, err);
}

/* Names. */

static bool is_older(const struct timespec *time, const struct timespec *now, time_t seconds)
{
	return time->tv_sec + seconds < now->tv_sec;
}

/* A file that was changed just now may change again without its times telling. */
static bool may_link(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return is_older(&st->st_mtim, &now, 2) && is_older(&st->st_ctim, &now, 2);
}

static char *file_name(const char *directory, uint64_t identity, size_t size)
{
	return mem_format("%s/%016llx-%zx", directory, (unsigned long long)identity, size);
}

static char *link_name(const char *directory, const struct stat *st)
{
	return mem_format(
		"%s/at-%llx-%llx-%llx-%llx.%lx-%llx.%lx", directory, (unsigned long long)st->st_dev,
		(unsigned long long)st->st_ino, (unsigned long long)st->st_size,
		(unsigned long long)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec,
		(unsigned long long)st->st_ctim.tv_sec, (unsigned long)st->st_ctim.tv_nsec);
}

/* Makes it where the cache is, or in memory: a cache that cannot be written is no reason to fail,
 * and a fault of the input is found again. */
static int make(struct image *image, int input, const char *directory, const char *name,
		struct err *err)
{
	if (file_make_dirs(directory, 0755, NULL) == 0 && make_file(image, input, name, NULL) == 0)
		return 0;
	return make_in_memory(image, input, err);
}

static int load(struct image *image, int input, const char *directory, const char *link,
		bool can_link, struct err *err)
{
	DEFER(mem_freep) char *name = NULL;
	uint64_t identity;
	int code = file_map_fd(input, image->path, &image->input, err);

	if (code < 0)
		return code;
	image->identity = identity = hash_bytes(image->input.bytes);
	if (!directory)
		return make_in_memory(image, input, err);
	name = file_name(directory, identity, image->input.bytes.n);
	if (!name)
		return err_no_memory(err);
	code = open_file(image, input, name, NULL);
	if (code < 0 || image->identity != identity) {
		image->identity = identity;
		code = make(image, input, directory, name, err);
	}
	if (code == 0 && can_link)
		file_link(strrchr(name, '/') + 1, link, NULL);
	return code;
}

int image_cache_load(struct image *image, int input, const char *cache_dir, struct err *err)
{
	DEFER(mem_freep) char *directory = NULL;
	DEFER(mem_freep) char *link = NULL;
	struct stat st;
	int code;

	if (!cache_dir)
		return load(image, input, NULL, NULL, false, err);
	if (fstat(input, &st) < 0)
		return err_errno(err, "cannot read %s", image->path);
	directory = mem_format("%s/images", cache_dir);
	link = directory ? link_name(directory, &st) : NULL;
	if (!link)
		return err_no_memory(err);
	if (open_file(image, input, link, NULL) == 0)
		return 0;
	code = load(image, input, directory, link, may_link(&st), err);
	if (image->elf.file.p != image->input.bytes.p)
		file_unmap(&image->input);
	return code;
}

static void unlink_links(const char *directory, const char *target)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		DEFER(mem_freep) char *path = mem_format("%s/%s", directory, entry->d_name);
		char text[64];
		ssize_t length = path ? readlink(path, text, sizeof(text)) : -1;

		if (length > 0 && span_equal(span_of(text, (size_t)length), span_text(target)))
			unlink(path);
	}
	if (dir)
		closedir(dir);
}

void image_forget(const char *path, const char *cache_dir)
{
	DEFER(file_unmap) struct file_map input = {0};
	DEFER(mem_freep) char *directory = mem_format("%s/images", cache_dir);
	DEFER(mem_freep) char *name = NULL;

	if (!directory || file_map(path, &input, NULL) < 0)
		return;
	name = file_name(directory, hash_bytes(input.bytes), input.bytes.n);
	if (!name)
		return;
	unlink(name);
	unlink_links(directory, strrchr(name, '/') + 1);
}
