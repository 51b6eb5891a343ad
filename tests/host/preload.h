/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libraries to preload have alike that lead paths elsewhere. Who includes this defines
 * elsewhere(): the path to take for a path, perhaps written to out (PATH_MAX bytes).
 */
#ifndef LKM_TESTS_HOST_PRELOAD_H
#define LKM_TESTS_HOST_PRELOAD_H

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/types.h>

#define EXPORT __attribute__((visibility("default")))
#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

static const char *elsewhere(const char *path, char *out);

int init_module(const void *image, unsigned long length, const char *params);
int finit_module(int fd, const char *params, int flags);
int delete_module(const char *name, unsigned int flags);

/* A function whose last argument, the mode, may be missing; nobody reads it then. */
#define PRELOAD_WITH_MODE(name, parameters, call)                                                  \
	EXPORT int name parameters                                                                 \
	{                                                                                          \
		char other[PATH_MAX];                                                              \
		va_list args;                                                                      \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(args, flags);                                                             \
		mode = va_arg(args, mode_t);                                                       \
		va_end(args);                                                                      \
		return call;                                                                       \
	}

/* open() and its like, by openat64(), which other libraries leave alone. */
#define PRELOAD_OPEN(name)                                                                         \
	PRELOAD_WITH_MODE(name, (const char *path, int flags, ...),                                \
			  REAL(openat64)(AT_FDCWD, elsewhere(path, other), flags, mode))

#define PRELOAD_OPENAT(name)                                                                       \
	PRELOAD_WITH_MODE(name, (int fd, const char *path, int flags, ...),                        \
			  REAL(name)(fd, elsewhere(path, other), flags, mode))

/* A function of a path and something else. */
#define PRELOAD_PATH(result, name, type, argument)                                                 \
	EXPORT result name(const char *path, type argument)                                        \
	{                                                                                          \
		char other[PATH_MAX];                                                              \
                                                                                                   \
		return REAL(name)(elsewhere(path, other), argument);                               \
	}

/* The arguments of syscall(), behind the number. */
static inline void preload_arguments(va_list args, long a[6])
{
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
}

#endif
