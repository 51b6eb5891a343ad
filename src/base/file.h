/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files: read whole, replaced atomically. errno is read here and nowhere above.
 *
 *	file.c		reading, mapping, directories
 *	file_id.c	which file it is, and which state of it
 *	file_new.c	atomic replacement
 */
#ifndef LKM_BASE_FILE_H
#define LKM_BASE_FILE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/span.h"

/* All messages name the path. open(2) flags; O_CLOEXEC is added. Returns the descriptor or a
 * negative errno. */
int file_open(const char *path, int flags, struct err *err);
/* The same as openat(2) has it, without a message. */
int file_open_below(int dir, const char *path, int flags);
void file_close(int fd); /* a negative one is ignored */

static inline void file_closep(int *fd)
{
	file_close(*fd);
}

/* The path with the current directory in front unless it is absolute or ""; the caller's, for
 * mem_free(). NULL: out of memory, or there is no current directory. */
char *file_absolute(const char *path);

/* Appends a file's bytes to buf; -EFBIG when there are more than limit. */
int file_read(const char *path, size_t limit, struct buf *buf, struct err *err);

/* A whole regular file, mapped read-only; a pipe is refused without waiting for who writes to it.
 * {0} is an empty mapping. */
struct file_map {
	struct span bytes;
};
int file_map(const char *path, struct file_map *out, struct err *err);
int file_map_fd(int fd, const char *path, struct file_map *out, struct err *err);
/* A file as file_create() with that mode makes it for us: -EPERM when it belongs to somebody else,
 * has another mode or is no regular file. The bytes may be changed in memory, which changes no
 * file. */
int file_map_own(const char *path, mode_t mode, size_t limit, struct file_map *out,
		 struct err *err);
void file_unmap(struct file_map *map); /* serves as DEFER destructor */

/* Which file it is, and which state of it. Times are of the file's clock, in nanoseconds since
 * 1970: of its content, and of anything about it. */
struct file_id {
	uint64_t device, inode, size;
	int64_t modified, changed;
};

/* Opens a regular file for reading; relative paths are below dir (AT_FDCWD: the current one).
 * Returns the descriptor or a negative errno.
 *
 * With *unseen reading it is not written down as its last access, which takes time; only the owner
 * may wish for that, and *unseen becomes false where it is refused. NULL is as false. */
int file_open_at(int dir, const char *path, bool *unseen, struct file_id *out, struct err *err);
/* The same for whatever path leads to, "": dir itself; messages are the caller's part. 0 or a
 * negative errno. */
int file_identify(int dir, const char *path, struct file_id *out);
bool file_is_same(const struct file_id *a, const struct file_id *b);
/* The time that a file gets which changes now. */
int64_t file_clock(void);
/* Whether any change after clock, which file_clock() gave, makes it another file_id. */
bool file_is_settled(const struct file_id *id, int64_t clock);

/* Exactly length bytes at offset; -EIO when the file has become shorter. */
int file_read_at(int fd, uint64_t offset, void *bytes, size_t length, const char *path,
		 struct err *err);

/* When its content was changed last, in nanoseconds since 1970; follows symbolic links. */
int file_modified(const char *path, int64_t *out, struct err *err);

/* All length bytes, through short writes and EINTR. */
int file_write_all(int fd, const void *bytes, size_t length, const char *path, struct err *err);

/*
 * Atomic replacement: the new content is written into an unnamed file of the target's directory
 * (or a hidden one where the file system has no O_TMPFILE, or /proc is not mounted) and takes the
 * target's name in one step by file_commit(). Until then, and when the process dies, the target is
 * untouched.
 */
struct file_new {
	int fd; /* write here; -1 before file_create() */
	char *path, *temporary;
};
int file_create(const char *path, mode_t mode, struct file_new *out, struct err *err);
/* All of file_commit() but the last step, which then needs neither memory nor room on the disk: for
 * several files that are to change together. */
int file_prepare(struct file_new *file, struct err *err);
int file_commit(struct file_new *file, struct err *err);
void file_abandon(struct file_new *file); /* serves as DEFER destructor, also after commit */

/* The three in one: path has these bytes now. */
int file_replace(const char *path, struct span bytes, mode_t mode, struct err *err);

/* A file for ourselves, of mode FILE_OWN; its directory is made. Failing is harmless. */
enum { FILE_OWN = 0600 };
void file_replace_own(const char *path, struct span bytes);

/* Makes path a symbolic link to target, in one step also when there was one before. */
int file_link(const char *target, const char *path, struct err *err);

/* Removes a directory and all below it, or a file; what is not there is no error. Symbolic links
 * are removed, not followed. */
int file_remove_tree(const char *path, struct err *err);

/* mkdir -p */
int file_make_dirs(const char *path, mode_t mode, struct err *err);

/* A file that serves again: its modification time becomes now. Failing is harmless. */
void file_touch(const char *path);
/* Removes the files of a directory that were neither written nor touched for so many days. */
void file_prune(const char *dir, unsigned int days);

/* "$XDG_CACHE_HOME/lkm" or "~/.cache/lkm"; the caller frees it with mem_free(). */
int file_cache_dir(char **out, struct err *err);

#endif
