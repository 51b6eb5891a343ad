/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libkmod share.
 *
 * The work is done by src/db (configuration, indexes), src/ko (files) and src/engine/host (the
 * running kernel); here are the objects of libkmod.h around it, and kmod's ways where a program
 * could tell: one object per module and context, lists of references, return values, what is
 * logged.
 */
#ifndef LKM_COMPAT_LIBKMOD_INTERNAL_H
#define LKM_COMPAT_LIBKMOD_INTERNAL_H

#include <syslog.h>

#include "base/mem.h"
#include "compat/libkmod/libkmod.h"
#include "db/config.h"
#include "db/indexes.h"
#include "engine/host/host.h"
#include "ko/ko.h"

#define EXPORT __attribute__((visibility("default")))

typedef void kmod_log_fn(void *data, int priority, const char *file, int line, const char *fn,
			 const char *format, va_list args);

enum { POOL_SIZE = 256 };

struct kmod_ctx {
	int references;
	int log_priority;
	kmod_log_fn *log_fn;
	void *log_data;
	const void *userdata;
	char *dirname;
	struct db_config *config;
	struct db_indexes *indexes;
	bool resources_loaded;		     /* the indexes are kept as they are */
	struct kmod_module *pool[POOL_SIZE]; /* all modules that exist, by hash of their keys */
};

extern const struct host kmod_host;

void kmod_log(const struct kmod_ctx *ctx, int priority, const char *file, int line, const char *fn,
	      const char *format, ...) __attribute__((format(printf, 6, 7)));
#define LOG(ctx, priority, ...)                                                                    \
	do {                                                                                       \
		if ((ctx)->log_priority >= (priority))                                             \
			kmod_log(ctx, priority, __FILE__, __LINE__, __func__, __VA_ARGS__);        \
	} while (0)

/* What src/db and src/plan say goes to the log of a context. */
void kmod_hear(void *context, enum db_level level, const char *text);

/* The indexes as they are now; NULL: out of memory. */
struct db_indexes *kmod_indexes(struct kmod_ctx *ctx);

/* list.c: a ring, of which the first entry stands for the whole. */
struct kmod_list {
	struct kmod_list *next, *prev;
	void *data;
};
/* Appends data to *list; false, with everything unchanged, when out of memory. */
bool kmod_list_push(struct kmod_list **list, void *data);
bool kmod_list_push_front(struct kmod_list **list, void *data);
/* Puts other behind *list. */
void kmod_list_join(struct kmod_list **list, struct kmod_list *other);
void kmod_list_free(struct kmod_list *list, void (*free_data)(void *data));

/* module.c */
enum module_builtin { BUILTIN_UNKNOWN, BUILTIN_NO, BUILTIN_YES };

struct kmod_module {
	struct kmod_ctx *ctx;
	int references;
	struct kmod_module *next; /* in the pool */
	char *key;		  /* name, or name\alias */
	char *name;
	char *alias; /* that led to it; or NULL */
	char *path;
	struct kmod_list *dependencies; /* those loaded last come first */
	bool has_dependencies;		/* the two above were looked up */
	char *options;
	bool has_options;
	const char *install, *remove; /* of the configuration */
	bool has_install, has_remove;
	enum module_builtin builtin;
	struct ko *ko; /* opened when it is needed */
};

/* A reference to the module of that name (and alias), made when there is none. */
int kmod_module_make(struct kmod_ctx *ctx, struct span name, const char *alias,
		     struct kmod_module **out);
void kmod_module_release(void *module); /* kmod_module_unref(), for lists */
bool kmod_module_is_builtin(struct kmod_module *module);
bool kmod_module_is_blacklisted(const struct kmod_module *module);

#endif
