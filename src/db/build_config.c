/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration of depmod: files *.conf of the directories below (conf.c has how they are
 * read).
 *
 *	search DIR...			where modules win over those of the same name elsewhere, the
 *					strongest first; "built-in" stands for all other places,
 *					"external" for the directories of external lines
 *	override MODULE RELEASE DIR	the MODULE in DIR wins over all others
 *	external RELEASE DIR		look for modules below this directory too
 *	exclude NAME...			do not look into directories of that name
 *
 * RELEASE is an extended regular expression, or "*".
 */
#include <errno.h>
#include <regex.h>

#include "db/build_internal.h"
#include "db/conf.h"
#include "db/store.h"

static const char *const standard[] = {"/etc/depmod.d",		  "/run/depmod.d",
				       "/usr/local/lib/depmod.d", "/usr/lib/depmod.d",
				       "/lib/depmod.d",		  NULL};

void build_config_free(struct build_config *config)
{
	vec_free(&config->searches);
	vec_free(&config->overrides);
	vec_free(&config->externals);
	vec_free(&config->excludes);
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
	DEFER(mem_freep) char *absolute = NULL;
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
	absolute = path ? file_absolute(path) : NULL;
	path = absolute ? arena_strdup(build->arena, absolute) : NULL;
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

struct reading {
	struct db_build *build;
	const char *path; /* of the file that is read */
};

static int take_line(void *context, char *text, unsigned int number, struct err *err)
{
	const struct reading *reading = context;
	struct span line = span_text(text), word;
	bool fine = false, memory = true;

	if (!db_next_word(&line, &word))
		return 0;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (is_word(word, keywords[i].word)) {
			fine = true;
			memory = keywords[i].take(reading->build, line, &fine);
			break;
		}
	if (!fine)
		build_say(reading->build, DB_ERROR, "%s:%u: ignoring bad line starting with '%.*s'",
			  reading->path, number, (int)word.n, (const char *)word.p);
	return memory ? 0 : err_no_memory(err);
}

static int read_file(struct db_build *build, const char *path, struct err *err)
{
	struct reading reading = {build, path};
	struct err why = {0};
	int code = db_conf_read(path, take_line, &reading, &why);

	if (code == -ENOMEM)
		return err_no_memory(err);
	if (code < 0)
		build_say(build, DB_ERROR, "%s", why.text);
	return 0;
}

int build_config_read(struct db_build *build, struct err *err)
{
	DEFER(db_conf_free) struct db_conf conf = {0};
	const char *const *path = build->options.config ? build->options.config : standard;
	int code = 0;

	for (; code == 0 && *path; path++)
		code = db_conf_add(&conf, *path, &build->options.listener, err);
	db_conf_sort(&conf);
	for (size_t i = 0; code == 0 && i < conf.files.n; i++)
		code = read_file(build, conf.files.p[i].path, err);
	if (code == 0 && build->config.searches.n == 0 &&
	    !add_search(build, SPAN_LITERAL("updates")))
		return err_no_memory(err);
	return code;
}
