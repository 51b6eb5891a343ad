/* SPDX-License-Identifier: GPL-2.0-only */
#include "image/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define PREFIX ".new-"

/* The lock, or -1 when somebody else holds it. */
static int lock(const char *directory)
{
	int fd = file_open(directory, O_RDONLY | O_DIRECTORY, NULL);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		file_close(take_fd(&fd));
	return fd;
}

static void remove_left_over(const char *parent)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		DEFER(mem_freep) char *path = mem_format("%s/%s", parent, entry->d_name);
		DEFER(file_closep) int held = -1;

		if (!path || strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		held = lock(path);
		if (held >= 0)
			file_remove_tree(path, NULL);
	}
	if (dir)
		closedir(dir);
}

int stage_open(struct stage *stage, const char *cache_dir, const char *kind, struct err *err)
{
	*stage = (struct stage){.lock = -1, .parent = mem_format("%s/%s", cache_dir, kind)};
	if (!stage->parent)
		return err_no_memory(err);
	if (file_make_dirs(stage->parent, 0755, err) < 0)
		return err ? err->code : -EIO;
	remove_left_over(stage->parent);
	stage->directory = mem_format("%s/" PREFIX "XXXXXX", stage->parent);
	if (!stage->directory)
		return err_no_memory(err);
	if (!mkdtemp(stage->directory)) {
		mem_free(take_ptr(&stage->directory));
		return err_errno(err, "cannot create a directory in %s", stage->parent);
	}
	stage->lock = lock(stage->directory);
	chmod(stage->directory, 0755); /* apt's own user puts files there */
	stage->root = mem_format("%s/root", stage->directory);
	return stage->root ? file_make_dirs(stage->root, 0755, err) : err_no_memory(err);
}

int stage_commit(struct stage *stage, const char *name, struct err *err)
{
	DEFER(mem_freep) char *target = mem_format("%s/%s", stage->parent, name);
	DEFER(mem_freep) char *old = mem_format("%s/old", stage->directory);

	if (!target || !old)
		return err_no_memory(err);
	rename(target, old); /* there may be none */
	if (rename(stage->root, target) < 0)
		return err_errno(err, "cannot write %s", target);
	return 0;
}

/* Programs do not say it in a common way ("Wrote only 512 of 10240 bytes"), so look. */
int stage_explain(const struct stage *stage, int code, struct err *err)
{
	enum { NEXT_TO_NOTHING = 1 << 20 };
	struct statvfs disk;

	if (code != -EIO || statvfs(stage->directory, &disk) < 0 ||
	    (uint64_t)disk.f_bavail * disk.f_frsize > NEXT_TO_NOTHING)
		return code;
	return err_set(err, -ENOSPC, "the disk is full: no space left in %s", stage->parent);
}

void stage_close(struct stage *stage)
{
	if (stage->directory)
		file_remove_tree(stage->directory, NULL);
	file_close(take_fd(&stage->lock));
	mem_free(take_ptr(&stage->directory));
	mem_free(take_ptr(&stage->parent));
	mem_free(take_ptr(&stage->root));
}
