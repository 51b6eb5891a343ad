/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completing modules, from where modprobe, modinfo, rmmod and "lkm run -k" look for them, and
 * parameters, from the module that the line names. What cannot be read offers nothing, for whatever
 * reason.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/option.h"
#include "cli/tool.h"
#include "db/indexes.h"
#include "engine/host/host.h"
#include "image/catalogue.h"
#include "ko/ko.h"

/* What was given for an option whose value has that name. */
static const char *given(const struct complete *complete, const char *argument)
{
	const char *value = NULL;

	for (int i = 0; i + 1 < complete->count; i++) {
		const struct cli_option *option =
			complete_awaited(complete->command, complete->before[i]);

		if (option && strcmp(option->argument, argument) == 0)
			value = complete->before[i + 1];
	}
	return value;
}

/* Whether an option without a value was given, also as -vr. */
static bool has_flag(const struct complete *complete, char letter, const char *name)
{
	for (int i = 0; i < complete->count; i++) {
		const char *word = complete->before[i];

		if (word[0] == '-' && (word[1] == '-' ? strncmp(word + 2, name, strlen(name)) == 0
						      : strchr(word, letter) != NULL))
			return true;
	}
	return false;
}

/* The first word that is neither an option nor its value, or NULL. */
static const char *first_operand(const struct complete *complete)
{
	for (int i = 0; i < complete->count; i++) {
		if (complete->before[i][0] != '-')
			return complete->before[i];
		i += complete_awaited(complete->command, complete->before[i]) != NULL;
	}
	return NULL;
}

static bool is_path(const char *word)
{
	return strpbrk(word, "./") != NULL;
}

/* The directory of the release that the line is about; NULL: of none. */
static char *release_dir(const struct complete *complete)
{
	const char *base = given(complete, "DIR"), *release = given(complete, "RELEASE");
	const char *spec = given(complete, "KERNEL");
	DEFER(kernel_freep) struct kernel *kernel = NULL;
	struct utsname running;

	if (complete->command == &cli_run)
		return spec && catalogue_find(&kernel, spec, NULL) == 0
			       ? take_ptr(&kernel->modules_dir)
			       : NULL;
	if (complete->command != &cli_modprobe && complete->command != &cli_modinfo)
		return NULL;
	uname(&running);
	return tool_release_dir(base ? base : "", "lib/modules",
				release ? release : running.release);
}

static struct db_indexes *open_indexes(const struct complete *complete)
{
	DEFER(mem_freep) char *dir = release_dir(complete);
	struct db_indexes *indexes = NULL;

	return dir && db_indexes_new(&indexes, dir, NULL) == 0 ? indexes : NULL;
}

/* Modules ------------------------------------------------------------------------------ */

static int offer_key(void *context, struct span key, const struct db_trie_hit *hit, struct err *err)
{
	char name[256];

	snprintf(name, sizeof(name), "%.*s", (int)key.n, (const char *)key.p);
	complete_offer("", name, "", context);
	return 0;
}

static void offer_installed(const struct complete *complete, char *word)
{
	DEFER(db_indexes_freep) struct db_indexes *indexes = open_indexes(complete);
	const struct db_trie_view *view;

	if (indexes && db_indexes_view(indexes, DB_INDEX_DEP, &view, NULL) == 0 && view)
		db_trie_each(view, offer_key, word, NULL);
}

static void offer_loaded(const char *word)
{
	static const struct host host = {""};
	DEFER(host_modules_free) struct host_modules modules = {0};

	if (host_modules_read(&host, &modules, NULL) < 0)
		return;
	vec_foreach (&modules.list, module)
		complete_offer("", module->name, "", word);
}

static bool removes(const struct complete *complete)
{
	return complete->command == &cli_rmmod ||
	       (complete->command == &cli_modprobe && has_flag(complete, 'r', "remove"));
}

/* Names have '_' where the word may have '-'. One with a dot or a slash becomes a file. */
static void offer_modules(const struct complete *complete)
{
	DEFER(mem_freep) char *word = mem_strdup(complete->word);

	if (!word || is_path(word))
		return;
	ko_normal_name(word);
	if (removes(complete))
		offer_loaded(word);
	else
		offer_installed(complete, word);
}

/* Parameters --------------------------------------------------------------------------- */

/* The file of the first module that a name or an alias stands for. */
static char *file_of(const struct complete *complete, const char *word)
{
	DEFER(db_indexes_freep) struct db_indexes *indexes = open_indexes(complete);
	DEFER(db_candidates_free) struct db_candidates found = {0};
	const char *line;

	if (!indexes || db_candidates_find(&found, indexes, NULL, word, NULL) < 0 ||
	    !found.list.n || db_indexes_dep_line(indexes, found.list.p->name, &line, NULL) != 1)
		return NULL;
	return db_indexes_file(indexes, span_of(line, strcspn(line, ":")));
}

/* bash cuts a word at '=', and makes that one of its own. */
static bool is_value(const struct complete *complete)
{
	return strchr(complete->word, '=') ||
	       strcmp(complete->before[complete->count - 1], "=") == 0;
}

static void offer_params(const struct complete *complete, const char *module)
{
	DEFER(mem_freep) char *path = is_path(module) ? NULL : file_of(complete, module);
	DEFER(ko_closep) struct ko *ko = NULL;
	const struct ko_param *params;
	size_t count;

	if (is_value(complete) || ko_open(&ko, path ? path : module, NULL) < 0)
		return;
	params = ko_params(ko, &count);
	for (size_t i = 0; params && i < count; i++)
		complete_offer("", params[i].name, "=", complete->word);
}

/* Whether the words behind the first are parameters of it. */
static bool takes_params(const struct complete *complete)
{
	return complete->command == &cli_insmod || complete->command == &cli_run ||
	       (complete->command == &cli_modprobe && !removes(complete) &&
		!has_flag(complete, 'a', "all"));
}

void complete_module(const struct complete *complete)
{
	const char *first = takes_params(complete) ? first_operand(complete) : NULL;

	if (first)
		offer_params(complete, first);
	else
		offer_modules(complete);
}
