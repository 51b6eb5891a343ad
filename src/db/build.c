/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of depmod: configuration, files, their order, their contents, dependencies.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

#include "base/dir.h"
#include "base/file.h"
#include "db/build_internal.h"
#include "db/store.h"

static const size_t source_max = (size_t)256 << 20;

void build_say(struct db_build *build, enum db_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	db_vtell(&build->options.listener, level, format, args);
	va_end(args);
}

unsigned int build_useful_threads(const struct db_build *build)
{
	enum { MODULES_PER_THREAD = 256 };
	size_t n = build->modules.n / MODULES_PER_THREAD + 1;

	return n < build->thread_count ? (unsigned int)n : build->thread_count;
}

int build_source(struct db_build *build, const char *name, struct buf *out, bool *present,
		 struct err *err)
{
	DEFER(mem_freep) char *path = mem_format("%s/%s", build->options.dir, name);
	int code = path ? file_read(path, source_max, out, err) : err_no_memory(err);

	*present = code == 0;
	if (code == 0 || code == -ENOMEM)
		return code;
	build_say(build, DB_WARNING, "could not open %s at %s: %s", name, build->options.dir,
		  strerror(-code));
	return 0;
}

static struct db_build *new_build(const struct db_build_options *options)
{
	struct arena *arena = arena_new();
	struct db_build *build = arena ? arena_alloc(arena, sizeof(*build)) : NULL;

	if (!build) {
		arena_free(arena);
		return NULL;
	}
	build->arena = arena;
	build->options = *options;
	build->symbols.arena = arena;
	build->clock = file_clock();
	return build;
}

/* Facts are kept without the CRCs of imports, which only a check against Module.symvers needs. */
static bool is_cacheable(const struct db_build_options *options)
{
	return options->cache && !options->files && !(options->report_unknown && options->symvers);
}

int db_build(struct db_build **out, const struct db_build_options *options, struct err *err)
{
	DEFER(db_build_freep) struct db_build *build = new_build(options);
	int code = build ? build_read_threads(build, options->threads, err) : err_no_memory(err);

	if (code == 0 && is_cacheable(options))
		code = build_kept_read(build, err);
	if (code == 0)
		code = build_kernel_symbols(build, err);
	if (code == 0 && !options->files)
		code = build_config_read(build, err);
	if (code == 0)
		code = build_search(build, err);
	if (code == 0)
		code = build_order(build, err);
	if (code == 0)
		code = build_read(build, err);
	if (code == 0)
		code = build_depend(build, err);
	if (code < 0)
		return code;
	*out = take_ptr(&build);
	return 0;
}

void db_build_free(struct db_build *build)
{
	if (!build)
		return;
	for (unsigned int i = 0; i < build->thread_count; i++)
		arena_free(build->thread_arenas[i]);
	build_config_free(&build->config);
	build_place_free(build);
	vec_free(&build->listings);
	buf_free(&build->path);
	map_free(&build->names);
	build_names_free(&build->symbols);
	build_kept_free(build->cache);
	vec_free(&build->modules);
	arena_free(build->arena);
}

/* Whether a tree is newer ------------------------------------------------------------------ */

struct newer {
	const char *dir;
	int64_t than;
	unsigned int depth;
};

static int look_for_newer(void *context, const struct dir_entry *entry, struct err *err)
{
	enum { DEPTH_MAX = 64 };
	const struct newer *newer = context;
	DEFER(mem_freep) char *path = NULL;
	int64_t time;
	int code;

	if (strcmp(entry->name, "build") == 0 || strcmp(entry->name, "source") == 0 ||
	    entry->code < 0 || entry->type == DIR_OTHER ||
	    (entry->type == DIR_FILE && !db_is_module_path(entry->name)))
		return 0;
	path = mem_format("%s/%s", newer->dir, entry->name);
	if (!path)
		return err_no_memory(err);
	if (entry->type == DIR_DIRECTORY) {
		struct newer below = {path, newer->than, newer->depth + 1};

		code = below.depth < DEPTH_MAX ? dir_scan(path, look_for_newer, &below, err) : 0;
		return code == -EEXIST || code == -ENOMEM ? code : 0;
	}
	if (file_modified(path, &time, err) < 0)
		return 0;
	if (time > newer->than)
		return err_set(err, -EEXIST, "%s is newer than modules.dep", path);
	return 0;
}

int db_build_is_outdated(const char *dir, struct err *err)
{
	DEFER(mem_freep) char *path = mem_format("%s/modules.dep", dir);
	struct newer newer = {.dir = dir};
	int code = path ? file_modified(path, &newer.than, err) : err_no_memory(err);

	if (code == -ENOENT)
		return 1;
	if (code == 0)
		code = dir_scan(dir, look_for_newer, &newer, err);
	return code == -EEXIST ? 1 : code;
}
