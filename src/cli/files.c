/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/files.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/similar.h"
#include "cli/output.h"

enum { DEPTH = 16, PROGRESS_STEP = 64 };

static int add(struct cli_files *files, const char *path, struct err *err)
{
	const char *copy = arena_strdup(files->arena, path), **slot;

	slot = copy ? vec_push(&files->paths) : NULL;
	if (!slot)
		return err_no_memory(err);
	*slot = copy;
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is_module(const char *path)
{
	static const char *const ends[] = {".ko", ".ko.gz", ".ko.xz", ".ko.zst"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(path, ends[i]))
			return true;
	return false;
}

static int add_module(void *context, const char *path, struct err *err)
{
	return is_module(path) ? add(context, path, err) : 0;
}

/* The names live as long as the arena. */
static void offer_modules(struct similar *similar, struct arena *arena, const char *folder)
{
	DIR *dir = opendir(folder);

	if (!dir)
		return;
	for (const struct dirent *entry; (entry = readdir(dir));) {
		const char *name =
			is_module(entry->d_name) ? arena_strdup(arena, entry->d_name) : NULL;

		if (name)
			similar_offer(similar, name);
	}
	closedir(dir);
}

int cli_files_missing(const char *path, struct err *err)
{
	DEFER(arena_freep) struct arena *arena = arena_new();
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *folder = arena ? arena_strndup(arena, path, (size_t)(name - path)) : NULL;
	struct similar similar = {.wanted = name};

	if (!folder)
		return err_no_memory(err);
	offer_modules(&similar, arena, slash ? folder : ".");
	if (similar.best)
		return err_set(err, -ENOENT, "there is no file %s; did you mean %s%s?", path,
			       folder, similar.best);
	return err_set(err, -ENOENT, "there is no file %s", path);
}

int cli_files_find(struct cli_files *files, char *const *operands, struct err *err)
{
	int code = 0;

	files->arena = arena_new();
	if (!files->arena)
		return err_no_memory(err);
	for (; *operands && code == 0; operands++) {
		struct stat st;

		if (!**operands)
			return err_set(err, -EINVAL, "the name of a module is empty");
		if (stat(*operands, &st) < 0 && errno == ENOENT)
			return cli_files_missing(*operands, err);
		if (stat(*operands, &st) < 0)
			return err_errno(err, "cannot read %s", *operands);
		code = S_ISDIR(st.st_mode) ? dir_walk(*operands, DEPTH, add_module, files, err)
					   : add(files, *operands, err);
	}
	if (code == 0 && files->paths.n == 0)
		code = err_set(err, -ENOENT, "there is no module (.ko) in these directories");
	return code;
}

void cli_files_free(struct cli_files *files)
{
	vec_free(&files->paths);
	arena_free(files->arena);
	files->arena = NULL;
}

struct job {
	threads_own_task *task;
	void *context;
	const char *verb;
	size_t count;
	struct progress progress;
};

/* One thread shows it, while it works. */
static void work_and_show(void *context, unsigned int thread, size_t index)
{
	struct job *job = context;

	if (thread == 0 && index % PROGRESS_STEP == PROGRESS_STEP - 1)
		progress_show(&job->progress, "%s %zu of %zu", job->verb, index, job->count);
	job->task(job->context, thread, index);
}

void cli_files_work(size_t count, const char *verb, threads_own_task *task, void *context)
{
	struct job job = {.task = task, .context = context, .verb = verb, .count = count};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	progress_begin(&job.progress);
	threads_each_own((unsigned int)processors, count, work_and_show, &job);
	progress_end(&job.progress);
}
