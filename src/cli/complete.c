/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lkm --complete WORD...: what the last word can become, one per line; for the shells' scripts in
 * completions. Nothing where a file belongs, which the shell knows better. Commands and options
 * come from the tables of the commands, modules from where modprobe, modinfo and rmmod look for
 * them.
 */
#include "cli/complete.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/option.h"
#include "cli/tool.h"
#include "db/indexes.h"
#include "engine/host/host.h"
#include "image/catalogue.h"
#include "ko/ko.h"

static void offer(const char *prefix, const char *candidate, const char *word)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s%s", prefix, candidate);
	if (strncmp(whole, word, strlen(word)) == 0)
		puts(whole);
}

static void offer_kernels(const char *word)
{
	DEFER(kernel_list_free) struct kernel_list kernels = {0};

	if (catalogue_list(&kernels, NULL) < 0)
		return;
	vec_foreach (&kernels, kernel)
		offer("", (*kernel)->release, word);
}

static void offer_options(const struct cli_command *command, const char *word)
{
	for (const struct cli_option *o = command->options; o && o->name; o++)
		offer("--", o->name, word);
	offer("--", "help", word);
}

static void offer_children(const struct cli_command *command, const char *word)
{
	for (const struct cli_command *const *c = command->children; c && *c; c++)
		offer("", (*c)->name, word);
}

/* The option that the word before stands for, when it takes a value. */
static const struct cli_option *awaited(const struct cli_command *command, const char *before)
{
	bool is_long = before[0] == '-' && before[1] == '-';

	for (const struct cli_option *o = command->options; o && o->name; o++) {
		bool is_it = is_long ? strcmp(before + 2, o->name) == 0
				     : before[0] == '-' && o->letter && before[1] == o->letter &&
					       !before[2];

		if (is_it && o->argument)
			return o;
	}
	return NULL;
}

static bool takes_kernel(const struct cli_command *command, const struct cli_option *option)
{
	return option ? strcmp(option->argument, "KERNEL") == 0
		      : strncmp(command->operands, "KERNEL", 6) == 0 ||
				strncmp(command->operands, "RELEASE", 7) == 0;
}

/* Modules ------------------------------------------------------------------------------ */

/* What was given before for an option whose value has that name. */
static const char *given(const struct cli_command *command, const char *argument, int count,
			 char *const *words)
{
	const char *value = NULL;

	for (int i = 1; i < count - 1; i++) {
		const struct cli_option *option = awaited(command, words[i - 1]);

		if (option && strcmp(option->argument, argument) == 0)
			value = words[i];
	}
	return value;
}

static int offer_key(void *context, struct span key, const struct db_trie_hit *hit, struct err *err)
{
	char name[256];

	snprintf(name, sizeof(name), "%.*s", (int)key.n, (const char *)key.p);
	offer("", name, context);
	return 0;
}

/* Without an index there are none to offer, for whatever reason. */
static void offer_installed(const struct cli_command *command, int count, char *const *words,
			    char *word)
{
	DEFER(db_indexes_freep) struct db_indexes *indexes = NULL;
	const char *base = given(command, "DIR", count, words);
	const char *release = given(command, "RELEASE", count, words);
	const struct db_trie_view *view;
	DEFER(mem_freep) char *dir = NULL;
	struct utsname kernel;

	uname(&kernel);
	dir = tool_release_dir(base ? base : "", "lib/modules", release ? release : kernel.release);
	if (dir && db_indexes_new(&indexes, dir, NULL) == 0 &&
	    db_indexes_view(indexes, DB_INDEX_DEP, &view, NULL) == 0 && view)
		db_trie_each(view, offer_key, word, NULL);
}

static void offer_loaded(const char *word)
{
	static const struct host host = {""};
	DEFER(host_modules_free) struct host_modules modules = {0};

	if (host_modules_read(&host, &modules, NULL) < 0)
		return;
	vec_foreach (&modules.list, module)
		offer("", module->name, word);
}

static bool removes(const struct cli_command *command, int count, char *const *words)
{
	bool found = command == &cli_rmmod;

	for (int i = 0; i < count - 1; i++)
		found |= command == &cli_modprobe && words[i][0] == '-' &&
			 (words[i][1] == '-' ? strncmp(words[i], "--remove", 8) == 0
					     : strchr(words[i], 'r') != NULL);
	return found;
}

/* Names have '_' where the word may have '-'. One with a dot or a slash becomes a file. */
static void offer_modules(const struct cli_command *command, int count, char *const *words)
{
	DEFER(mem_freep) char *word = mem_strdup(words[count - 1]);

	if (!word || strpbrk(word, "./"))
		return;
	ko_normal_name(word);
	if (removes(command, count, words))
		offer_loaded(word);
	else if (command == &cli_modprobe || command == &cli_modinfo)
		offer_installed(command, count, words, word);
}

int cli_complete(int count, char *const *words)
{
	const struct cli_command *command = &cli_lkm;
	const struct cli_option *option;
	const char *word;

	if (!count)
		return CLI_OK;
	word = words[count - 1];
	for (int i = 0; i < count - 1; i++) {
		const struct cli_command *child = cli_find(command, words[i]);

		command = child ? child : command;
	}
	option = count > 1 ? awaited(command, words[count - 2]) : NULL;
	if (takes_kernel(command, option))
		offer_kernels(word);
	if (!option && word[0] == '-') {
		offer_options(command, word);
	} else if (!option) {
		offer_children(command == &cli_help ? &cli_lkm : command, word);
		offer_modules(command, count, words);
	}
	return CLI_OK;
}
