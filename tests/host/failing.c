/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A library to preload: one call of a program fails.
 *
 *	FAIL_MEMORY	which allocation of memory does, 1 being the first
 *	FAIL_CALL	which other call into the system does
 *	FAIL_MARK	a file that is made when one has
 *
 * Calls that the C library makes of itself are not seen, but that is not so for memory.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

static struct counter {
	const char *variable;
	long wanted; /* -1 before the variable was read */
	_Atomic long seen;
} memory = {"FAIL_MEMORY", -1, 0}, calls = {"FAIL_CALL", -1, 0};

static bool fails(struct counter *counter, int code)
{
	const char *text;
	int fd;

	if (counter->wanted < 0) {
		text = getenv(counter->variable);
		counter->wanted = text ? atol(text) : 0;
	}
	if (++counter->seen != counter->wanted)
		return false;
	fd = REAL(creat)(getenv("FAIL_MARK"), 0600);
	if (fd >= 0)
		REAL(close)(fd);
	errno = code;
	return true;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

EXPORT void *malloc(size_t size)
{
	return fails(&memory, ENOMEM) ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
	return fails(&memory, ENOMEM) ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *block, size_t size)
{
	return fails(&memory, ENOMEM) ? NULL : __libc_realloc(block, size);
}

#define OPEN(name, declaration, ...)                                                               \
	EXPORT int name declaration                                                                \
	{                                                                                          \
		va_list args;                                                                      \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(args, flags);                                                             \
		mode = va_arg(args, mode_t);                                                       \
		va_end(args);                                                                      \
		return fails(&calls, EIO) ? -1 : REAL(name)(__VA_ARGS__, flags, mode);             \
	}
OPEN(open, (const char *path, int flags, ...), path)
OPEN(open64, (const char *path, int flags, ...), path)
OPEN(openat, (int dir, const char *path, int flags, ...), dir, path)
OPEN(openat64, (int dir, const char *path, int flags, ...), dir, path)

#define CALL(result, bad, code, name, declaration, ...)                                            \
	EXPORT result name declaration                                                             \
	{                                                                                          \
		return fails(&calls, code) ? (bad) : REAL(name)(__VA_ARGS__);                      \
	}
CALL(ssize_t, -1, EIO, read, (int fd, void *p, size_t n), fd, p, n)
CALL(ssize_t, -1, EIO, pread, (int fd, void *p, size_t n, off_t at), fd, p, n, at)
CALL(ssize_t, -1, EIO, pread64, (int fd, void *p, size_t n, off64_t at), fd, p, n, at)
CALL(ssize_t, -1, ENOSPC, write, (int fd, const void *p, size_t n), fd, p, n)
CALL(int, -1, EIO, stat, (const char *path, struct stat *st), path, st)
CALL(int, -1, EIO, stat64, (const char *path, struct stat64 *st), path, st)
CALL(int, -1, EIO, lstat, (const char *path, struct stat *st), path, st)
CALL(int, -1, EIO, lstat64, (const char *path, struct stat64 *st), path, st)
CALL(int, -1, EIO, fstat, (int fd, struct stat *st), fd, st)
CALL(int, -1, EIO, fstat64, (int fd, struct stat64 *st), fd, st)
CALL(int, -1, EIO, rename, (const char *from, const char *to), from, to)
CALL(int, -1, EIO, mkdir, (const char *path, mode_t mode), path, mode)
CALL(DIR *, NULL, EIO, opendir, (const char *path), path)
CALL(struct dirent *, NULL, EIO, readdir, (DIR * dir), dir)
CALL(struct dirent64 *, NULL, EIO, readdir64, (DIR * dir), dir)
CALL(char *, NULL, EIO, getcwd, (char *p, size_t n), p, n)
CALL(void *, MAP_FAILED, ENOMEM, mmap, (void *p, size_t n, int prot, int flags, int fd, off_t at),
     p, n, prot, flags, fd, at)
CALL(void *, MAP_FAILED, ENOMEM, mmap64,
     (void *p, size_t n, int prot, int flags, int fd, off64_t at), p, n, prot, flags, fd, at)
