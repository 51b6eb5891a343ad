/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context: where modules are, what the configuration says, and who hears of it. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "compat/libkmod/internal.h"

const struct host kmod_host = {.root = ""};

void kmod_log(const struct kmod_ctx *ctx, int priority, const char *file, int line, const char *fn,
	      const char *format, ...)
{
	va_list args;

	if (!ctx->log_fn)
		return;
	va_start(args, format);
	ctx->log_fn(ctx->log_data, priority, file, line, fn, format, args);
	va_end(args);
}

static void log_to_file(void *data, int priority, const char *file, int line, const char *fn,
			const char *format, va_list args)
{
	static const char *const names[] = {"EMERGENCY", "ALERT",  "CRITICAL", "ERROR",
					    "WARNING",	 "NOTICE", "INFO",     "DEBUG"};

	if (priority >= LOG_EMERG && priority <= LOG_DEBUG)
		fprintf(data, "libkmod: %s: %s: ", names[priority], fn);
	else
		fprintf(data, "libkmod: L:%d: %s: ", priority, fn);
	vfprintf(data, format, args);
}

/* KMOD_LOG: a number or the beginning of a name. */
static int parse_priority(const char *text)
{
	static const struct {
		const char *name;
		int priority;
	} names[] = {{"err", LOG_ERR}, {"info", LOG_INFO}, {"debug", LOG_DEBUG}};
	char *end;
	long number = strtol(text, &end, 10);

	if (*end == 0 || isspace((unsigned char)*end))
		return (int)number;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(text, names[i].name, strlen(names[i].name)) == 0)
			return names[i].priority;
	return 0;
}

static char *release_dir(const char *dirname)
{
	struct utsname kernel;

	if (dirname)
		return file_absolute(dirname);
	uname(&kernel);
	return mem_format("/lib/modules/%s", kernel.release);
}

void kmod_hear(void *context, enum db_level level, const char *text)
{
	static const int priorities[] = {
		[DB_ERROR] = LOG_ERR, [DB_WARNING] = LOG_WARNING, [DB_NOTICE] = LOG_NOTICE,
		[DB_INFO] = LOG_INFO, [DB_NEEDS] = LOG_DEBUG,
	};
	const struct kmod_ctx *ctx = context;

	LOG(ctx, priorities[level], "%s\n", text);
}

static int read_config(struct kmod_ctx *ctx, const char *const *paths, struct err *err)
{
	const struct db_config_options options = {
		.dir = ctx->dirname,
		.paths = paths,
		.listener = {kmod_hear, ctx},
	};

	return db_config_read(&ctx->config, &options, err);
}

static void free_context(struct kmod_ctx *ctx)
{
	db_indexes_free(ctx->indexes);
	db_config_free(ctx->config);
	mem_free(ctx->dirname);
	mem_free(ctx);
}

EXPORT struct kmod_ctx *kmod_new(const char *dirname, const char *const *config_paths)
{
	struct kmod_ctx *ctx = mem_zalloc(sizeof(*ctx));
	const char *priority = secure_getenv("KMOD_LOG");
	struct err err = {0};
	int code;

	if (!ctx)
		return NULL;
	ctx->references = 1;
	ctx->log_fn = log_to_file;
	ctx->log_data = stderr;
	ctx->log_priority = priority ? parse_priority(priority) : LOG_ERR;
	ctx->dirname = release_dir(dirname);
	code = ctx->dirname ? read_config(ctx, config_paths, &err) : err_no_memory(&err);
	if (code == 0)
		code = db_indexes_new(&ctx->indexes, ctx->dirname, &err);
	if (code < 0) {
		LOG(ctx, LOG_ERR, "%s\n", err.text);
		free_context(ctx);
		return NULL;
	}
	return ctx;
}

EXPORT struct kmod_ctx *kmod_ref(struct kmod_ctx *ctx)
{
	if (ctx)
		ctx->references++;
	return ctx;
}

EXPORT struct kmod_ctx *kmod_unref(struct kmod_ctx *ctx)
{
	if (!ctx || --ctx->references > 0)
		return ctx;
	LOG(ctx, LOG_INFO, "context %p released\n", (void *)ctx);
	free_context(ctx);
	return NULL;
}

EXPORT void kmod_set_log_priority(struct kmod_ctx *ctx, int priority)
{
	if (ctx)
		ctx->log_priority = priority;
}

EXPORT int kmod_get_log_priority(const struct kmod_ctx *ctx)
{
	return ctx ? ctx->log_priority : -1;
}

EXPORT void kmod_set_log_fn(struct kmod_ctx *ctx, kmod_log_fn *log_fn, const void *data)
{
	if (!ctx)
		return;
	ctx->log_fn = log_fn;
	ctx->log_data = (void *)data;
}

EXPORT void kmod_set_userdata(struct kmod_ctx *ctx, const void *userdata)
{
	if (ctx)
		ctx->userdata = userdata;
}

EXPORT void *kmod_get_userdata(const struct kmod_ctx *ctx)
{
	return ctx ? (void *)ctx->userdata : NULL;
}

EXPORT const char *kmod_get_dirname(const struct kmod_ctx *ctx)
{
	return ctx ? ctx->dirname : NULL;
}
