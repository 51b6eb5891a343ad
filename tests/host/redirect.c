/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A library to preload: another running kernel for one program, and nothing that reaches the real
 * one. Works for any program that goes through the C library.
 *
 *	REDIRECT_ROOT	stands in front of /proc/modules, /proc/kallsyms, /proc/config.gz,
 *			/proc/sys/kernel/osrelease, /proc/cmdline, /sys/module, /lib/modules,
 *			/etc/modprobe.d, /run/modprobe.d, /usr/lib/modprobe.d,
 *			/usr/local/lib/modprobe.d and /lib/modprobe.d, and the like of depmod.d
 *
 *	REDIRECT_RELEASE	what uname(2) says
 *
 *	REDIRECT_CALLS	a file that gets a line for each module to insert or remove:
 *			"finit NAME FLAGS PARAMS", "init LENGTH HASH PARAMS", "delete NAME FLAGS"
 *	REDIRECT_ERRNO	what such a call fails with; not set: it succeeds
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "preload.h"

static const char *const redirected[] = {
	"/proc/modules",
	"/proc/kallsyms",
	"/proc/config.gz",
	"/proc/sys/kernel/osrelease",
	"/proc/cmdline",
	"/sys/module",
	"/lib/modules",
	"/etc/modprobe.d",
	"/run/modprobe.d",
	"/usr/lib/modprobe.d",
	"/usr/local/lib/modprobe.d",
	"/lib/modprobe.d",
	"/etc/depmod.d",
	"/run/depmod.d",
	"/usr/lib/depmod.d",
	"/usr/local/lib/depmod.d",
	"/lib/depmod.d",
};

static const char *elsewhere(const char *path, char *out)
{
	const char *root = getenv("REDIRECT_ROOT");

	for (size_t i = 0; root && i < sizeof(redirected) / sizeof(redirected[0]); i++) {
		size_t n = strlen(redirected[i]);

		if (strncmp(path, redirected[i], n) != 0 || (path[n] && path[n] != '/'))
			continue;
		snprintf(out, PATH_MAX, "%s%s", root, path);
		return out;
	}
	return path;
}

PRELOAD_OPEN(open)
PRELOAD_OPEN(open64)
PRELOAD_OPENAT(openat)
PRELOAD_OPENAT(openat64)

PRELOAD_PATH(FILE *, fopen, const char *, mode)
PRELOAD_PATH(FILE *, fopen64, const char *, mode)
PRELOAD_PATH(int, stat, struct stat *, st)
PRELOAD_PATH(int, stat64, struct stat64 *, st)
PRELOAD_PATH(int, lstat, struct stat *, st)
PRELOAD_PATH(int, lstat64, struct stat64 *, st)
PRELOAD_PATH(int, access, int, mode)

EXPORT DIR *opendir(const char *path)
{
	char other[PATH_MAX];

	return REAL(opendir)(elsewhere(path, other));
}

EXPORT int uname(struct utsname *out)
{
	const char *release = getenv("REDIRECT_RELEASE");
	int code = REAL(uname)(out);

	if (release)
		snprintf(out->release, sizeof(out->release), "%s", release);
	return code;
}

/* Calls that change the kernel ---------------------------------------------------------------- */

__attribute__((format(printf, 1, 2))) static long record(const char *format, ...)
{
	const char *path = getenv("REDIRECT_CALLS"), *wanted = getenv("REDIRECT_ERRNO");
	FILE *file = path ? REAL(fopen)(path, "ae") : NULL;
	va_list args;

	va_start(args, format);
	if (file)
		vfprintf(file, format, args);
	va_end(args);
	if (file)
		fclose(file);
	else if (path)
		return -1; /* this kernel has no memory */
	if (!wanted)
		return 0;
	errno = atoi(wanted);
	return -1;
}

static long record_finit(int fd, const char *params, int flags)
{
	char link[64], path[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = 0;
	slash = strrchr(path, '/');
	return record("finit %s %d %s\n", slash ? slash + 1 : path, flags, params);
}

static long record_init(const void *image, unsigned long length, const char *params)
{
	const unsigned char *bytes = image;
	unsigned int hash = 5381;

	for (unsigned long i = 0; i < length; i++)
		hash = hash * 33 + bytes[i];
	return record("init %lu %08x %s\n", length, hash, params);
}

static long record_delete(const char *name, unsigned int flags)
{
	return record("delete %s %u\n", name, flags);
}

EXPORT int init_module(const void *image, unsigned long length, const char *params)
{
	return (int)record_init(image, length, params);
}

EXPORT int finit_module(int fd, const char *params, int flags)
{
	return (int)record_finit(fd, params, flags);
}

EXPORT int delete_module(const char *name, unsigned int flags)
{
	return (int)record_delete(name, flags);
}

EXPORT long syscall(long number, ...)
{
	va_list args;
	long a[6];

	va_start(args, number);
	preload_arguments(args, a);
	va_end(args);
	if (number == SYS_finit_module)
		return record_finit((int)a[0], (const char *)a[1], (int)a[2]);
	if (number == SYS_init_module)
		return record_init((const void *)a[0], (unsigned long)a[1], (const char *)a[2]);
	if (number == SYS_delete_module)
		return record_delete((const char *)a[0], (unsigned int)a[1]);
	return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
