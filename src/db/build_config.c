/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration of depmod: files *.conf of the directories below, read in order of their names
 * whatever directory they are in; of one name only the file in the first directory counts.
 *
 *	search DIR...			where modules win over those of the same name elsewhere, the
 *					strongest first; "built-in" stands for all other places,
 *					"external" for the directories of external lines
 *	override MODULE RELEASE DIR	the MODULE in DIR wins over all others
 *	external RELEASE DIR		look for modules below this directory too
 *	exclude NAME...			do not look into directories of that name
 *
 * RELEASE is an extended regular expression, or "*". A line whose first byte is '#' is a comment; a
 * backslash at the end of a line continues it, any other makes the next byte an ordinary one.
 */
#include <errno.h>
#include <regex.h>
#include <stdlib.h>

#include "base/dir.h"
#include "base/file.h"
#include "db/build_internal.h"
#include "db/store.h"

static const char *const standard[] = {"/etc/depmod.d",		  "/run/depmod.d",
				       "/usr/local/lib/depmod.d", "/usr/lib/depmod.d",
				       "/lib/depmod.d",		  NULL};

static const size_t file_max = 16 << 20;

struct config_file {
	char *path;
	const char *name; /* the last part of path */
};

struct reading {
	struct db_build *build;
	VEC(struct config_file) files;
	const char *dir; /* that is looked through */
};

static void reading_free(struct reading *reading)
{
	vec_foreach (&reading->files, file)
		mem_free(file->path);
	vec_free(&reading->files);
}

void build_config_free(struct build_config *config)
{
	vec_free(&config->searches);
	vec_free(&config->overrides);
	vec_free(&config->externals);
	vec_free(&config->excludes);
}

/* Takes over path. */
static int add_file(struct reading *reading, char *path, struct err *err)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	struct config_file *slot;

	if (!path)
		return err_no_memory(err);
	vec_foreach (&reading->files, file)
		if (strcmp(file->name, slash ? slash + 1 : path) == 0) {
			mem_free(path);
			return 0;
		}
	slot = vec_push(&reading->files);
	if (!slot) {
		mem_free(path);
		return err_no_memory(err);
	}
	*slot = (struct config_file){path, slash ? slash + 1 : path};
	return 0;
}

static int take_entry(void *context, const struct dir_entry *entry, struct err *err)
{
	struct reading *reading = context;
	size_t length = strlen(entry->name);

	if (entry->name[0] == '.')
		return 0;
	if (length < 6 || strcmp(entry->name + length - 5, ".conf") != 0) {
		build_say(reading->build, DB_INFO,
			  "%s/%s is ignored: its name does not end in .conf", reading->dir,
			  entry->name);
		return 0;
	}
	if (entry->code < 0 || entry->type == DIR_DIRECTORY) {
		build_say(reading->build, DB_ERROR, "%s/%s is not a configuration file: %s",
			  reading->dir, entry->name,
			  entry->code < 0 ? strerror(-entry->code) : "it is a directory");
		return 0;
	}
	return add_file(reading, mem_format("%s/%s", reading->dir, entry->name), err);
}

static int list_path(struct reading *reading, const char *path, struct err *err)
{
	struct err why = {0};
	int code;

	reading->dir = path;
	code = dir_scan(path, take_entry, reading, &why);
	if (code == -ENOTDIR)
		return add_file(reading, mem_strdup(path), err);
	if (code == -ENOMEM)
		return err_no_memory(err);
	if (code < 0)
		build_say(reading->build, code == -ENOENT ? DB_INFO : DB_ERROR, "%s", why.text);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct config_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The next line with its continuations, without the backslashes. */
static bool next_line(struct span *rest, struct buf *line, unsigned int *number)
{
	size_t i;

	buf_clear(line);
	if (rest->n == 0)
		return false;
	for (i = 0; i < rest->n && rest->p[i] != '\n'; i++) {
		if (rest->p[i] != '\\' || i + 1 == rest->n) {
			buf_add(line, rest->p + i, rest->p[i] != '\\');
			continue;
		}
		i++;
		if (rest->p[i] == '\n')
			++*number;
		else
			buf_add(line, rest->p + i, 1);
	}
	++*number;
	i += i < rest->n;
	*rest = span_of(rest->p + i, rest->n - i);
	return true;
}

static bool is_word(struct span word, const char *text)
{
	return span_equal(word, span_text(text));
}

static char *keep(struct db_build *build, struct span word)
{
	return arena_strndup(build->arena, (const char *)word.p, word.n);
}

static bool release_matches(const struct db_build *build, const char *pattern)
{
	regex_t regex;
	bool matches;

	if (strcmp(pattern, "*") == 0)
		return true;
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	matches = regexec(&regex, build->options.release, 0, NULL, 0) == 0;
	regfree(&regex);
	return matches;
}

/* All return false when memory runs out; *fine becomes false for a line that lacks words. */
static bool add_search(struct db_build *build, struct span word)
{
	char *path = keep(build, word);
	struct search *slot = path ? vec_push(&build->config.searches) : NULL;

	if (!slot)
		return false;
	slot->path = span_text(path);
	slot->kind = is_word(word, "built-in")	 ? SEARCH_BUILTIN
		     : is_word(word, "external") ? SEARCH_EXTERNAL
						 : SEARCH_PATH;
	return true;
}

static bool add_exclude(struct db_build *build, struct span word)
{
	char *name = keep(build, word);
	const char **slot = name ? vec_push(&build->config.excludes) : NULL;

	if (slot)
		*slot = name;
	return slot;
}

static bool add_each(struct db_build *build, struct span rest,
		     bool (*add)(struct db_build *build, struct span word))
{
	struct span word;

	while (db_next_word(&rest, &word))
		if (!add(build, word))
			return false;
	return true;
}

static bool take_search(struct db_build *build, struct span rest, bool *fine)
{
	return add_each(build, rest, add_search);
}

static bool take_exclude(struct db_build *build, struct span rest, bool *fine)
{
	return add_each(build, rest, add_exclude);
}

static bool take_override(struct db_build *build, struct span rest, bool *fine)
{
	struct span module, release, dir, *slot;
	char *pattern, *path;

	*fine = db_next_word(&rest, &module) && db_next_word(&rest, &release) &&
		db_next_word(&rest, &dir);
	if (!*fine)
		return true;
	pattern = keep(build, release);
	if (pattern && !release_matches(build, pattern))
		return true;
	path = arena_format(build->arena, "%.*s/%.*s", (int)dir.n, (const char *)dir.p,
			    (int)module.n, (const char *)module.p);
	slot = pattern && path ? vec_push(&build->config.overrides) : NULL;
	if (slot)
		*slot = span_text(path);
	return slot;
}

static bool take_external(struct db_build *build, struct span rest, bool *fine)
{
	struct span release, dir;
	char *pattern, *path;
	const char **slot;

	*fine = db_next_word(&rest, &release) && db_next_word(&rest, &dir);
	if (!*fine)
		return true;
	pattern = keep(build, release);
	if (pattern && !release_matches(build, pattern))
		return true;
	path = keep(build, dir);
	slot = pattern && path ? vec_push(&build->config.externals) : NULL;
	if (slot)
		*slot = path;
	return slot;
}

static bool take_nothing(struct db_build *build, struct span rest, bool *fine)
{
	return true;
}

static const struct keyword {
	const char *word;
	bool (*take)(struct db_build *build, struct span rest, bool *fine);
} keywords[] = {
	{"search", take_search},	  {"override", take_override}, {"external", take_external},
	{"exclude", take_exclude},	  {"include", take_nothing}, /* of module-init-tools; */
	{"make_map_files", take_nothing}, /* neither did anything in kmod */
};

static bool take_line(struct db_build *build, struct span line, const char *path,
		      unsigned int number)
{
	bool fine = false, memory = true;
	struct span word;

	if (line.n == 0 || line.p[0] == '#' || !db_next_word(&line, &word))
		return true;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (is_word(word, keywords[i].word)) {
			fine = true;
			memory = keywords[i].take(build, line, &fine);
			break;
		}
	if (!fine)
		build_say(build, DB_ERROR, "%s:%u: ignoring bad line starting with '%.*s'", path,
			  number, (int)word.n, (const char *)word.p);
	return memory;
}

static int read_file(struct db_build *build, const char *path, struct err *err)
{
	DEFER(buf_free) struct buf bytes = {0}, line = {0};
	unsigned int number = 0;
	struct err why = {0};
	struct span rest;
	int code = file_read(path, file_max, &bytes, &why);

	if (code == -ENOMEM)
		return err_no_memory(err);
	if (code < 0) {
		build_say(build, DB_ERROR, "%s", why.text);
		return 0;
	}
	rest = buf_span(&bytes);
	while (next_line(&rest, &line, &number))
		if (buf_failed(&line) || !take_line(build, buf_span(&line), path, number))
			return err_no_memory(err);
	return 0;
}

int build_config_read(struct db_build *build, struct err *err)
{
	DEFER(reading_free) struct reading reading = {.build = build};
	const char *const *path = build->options.config ? build->options.config : standard;
	int code = 0;

	for (; code == 0 && *path; path++)
		code = list_path(&reading, *path, err);
	if (reading.files.n)
		qsort(reading.files.p, reading.files.n, sizeof(*reading.files.p), by_name);
	for (size_t i = 0; code == 0 && i < reading.files.n; i++)
		code = read_file(build, reading.files.p[i].path, err);
	if (code == 0 && build->config.searches.n == 0 &&
	    !add_search(build, SPAN_LITERAL("updates")))
		return err_no_memory(err);
	return code;
}
