/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A library to preload beside those of kmod's testsuite, which put a directory, TESTSUITE_ROOTFS,
 * in front of absolute paths and answer for the kernel, for the calls that kmod makes. Here are the
 * calls that lkm makes as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../host/preload.h"

/* Not what is in the directory where the testsuite was built, nor what leads to it. */
static const char *elsewhere(const char *path, char *out)
{
	static const char self[] = "/proc/self/";
	const char *root = getenv("TESTSUITE_ROOTFS");
	const char *build = root ? strstr(root, "/testsuite/") : NULL;

	if (!build || path[0] != '/' || strncmp(path, root, (size_t)(build - root)) == 0 ||
	    strncmp(path, root, strlen(path)) == 0 || strncmp(path, self, strlen(self)) == 0)
		return path;
	snprintf(out, PATH_MAX, "%s%s", root, path);
	return out;
}

/* That of the testsuite forgets the mode of a file without name (O_TMPFILE). */
PRELOAD_OPEN(open)
PRELOAD_OPEN(open64)
PRELOAD_OPENAT(openat64)

EXPORT int fstatat64(int fd, const char *path, struct stat64 *st, int flags)
{
	char other[PATH_MAX];

	return REAL(fstatat64)(fd, elsewhere(path, other), st, flags);
}

PRELOAD_PATH(int, lstat64, struct stat64 *, st)
PRELOAD_PATH(int, access, int, mode)

EXPORT int mkdir(const char *path, mode_t mode)
{
	char other[PATH_MAX];

	return REAL(mkdirat)(AT_FDCWD, elsewhere(path, other), mode);
}

EXPORT int unlink(const char *path)
{
	char other[PATH_MAX];

	return REAL(unlink)(elsewhere(path, other));
}

EXPORT int rename(const char *from, const char *to)
{
	char other[PATH_MAX], another[PATH_MAX];

	return REAL(rename)(elsewhere(from, other), elsewhere(to, another));
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	char other[PATH_MAX], another[PATH_MAX];

	return REAL(linkat)(from_dir, elsewhere(from, other), to_dir, elsewhere(to, another),
			    flags);
}

/* Where the testsuite has no answer, the C library has; the real kernel's modules are left alone.
 */
EXPORT long syscall(long number, ...)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	va_list args;
	long a[6];

	va_start(args, number);
	preload_arguments(args, a);
	va_end(args);
	if (number == SYS_finit_module)
		return REAL(syscall)(number, a[0], a[1], a[2]);
	if (number == SYS_init_module)
		return init_module((const void *)a[0], (unsigned long)a[1], (const char *)a[2]);
	if (number == SYS_delete_module)
		return delete_module((const char *)a[0], (unsigned int)a[1]);
	return ((__typeof__(&syscall))dlsym(libc, "syscall"))(number, a[0], a[1], a[2], a[3], a[4],
							      a[5]);
}
