/* SPDX-License-Identifier: GPL-2.0-only */
/* modprobe -c, --show-modversions, --show-exports */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/modprobe.h"
#include "ko/ko.h"

static const struct {
	enum db_rule_kind kind;
	const char *word;
} kinds[] = {
	{DB_BLACKLIST, "blacklist"}, {DB_INSTALL, "install"}, {DB_REMOVE, "remove"},
	{DB_ALIAS, "alias"},	     {DB_OPTIONS, "options"}, {DB_SOFTDEP, "softdep"},
	{DB_WEAKDEP, "weakdep"},
};

static const enum db_index shown_indexes[] = {DB_INDEX_ALIAS, DB_INDEX_SYMBOL};

static int print_alias(void *context, struct span key, const struct db_trie_hit *hit,
		       struct err *err)
{
	/* Without locks: there are 40,000 of these, and no other thread. */
	fwrite_unlocked("alias ", 1, 6, stdout);
	fwrite_unlocked(key.p, 1, key.n, stdout);
	putchar_unlocked(' ');
	fwrite_unlocked(hit->value.p, 1, hit->value.n, stdout);
	putchar_unlocked('\n');
	return 0;
}

static int collect_alias(void *context, struct span key, const struct db_trie_hit *hit,
			 struct err *err)
{
	json_t *pair = json_pack("{s:o, s:o}", "alias", output_json_bytes(key.p, key.n), "module",
				 output_json_bytes(hit->value.p, hit->value.n));

	return json_array_append_new(context, pair) < 0 ? err_no_memory(err) : 0;
}

static int each_alias(struct modprobe *modprobe, db_trie_visit *visit, void *context)
{
	const struct db_trie_view *view;
	struct err err = {0};
	int code = 0;

	for (size_t i = 0; code == 0 && i < sizeof(shown_indexes) / sizeof(*shown_indexes); i++) {
		code = db_indexes_view(modprobe->indexes, shown_indexes[i], &view, &err);
		if (code == 0 && view)
			code = db_trie_each(view, visit, context, &err);
	}
	if (code < 0)
		tool_say(&modprobe->tool, TOOL_ERROR, "%s", err.text);
	return code;
}

static int print_rules(const struct db_config *config, enum db_rule_kind kind, const char *word)
{
	size_t n;
	const struct db_rule *rules = db_config_rules(config, kind, &n);

	for (size_t i = 0; i < n; i++) {
		DEFER(buf_free) struct buf value = {0};

		if (rules[i].value)
			db_config_show(kind, rules[i].value, &value);
		if (buf_failed(&value))
			return -ENOMEM;
		printf("%s %s%s%s\n", word, rules[i].key, rules[i].value ? " " : "",
		       buf_string(&value));
	}
	return 0;
}

static json_t *rule_json(const struct db_rule *rule)
{
	json_t *object = json_object();

	if (output_json_set(object, "module", rule->key) &&
	    (!rule->value || output_json_set(object, "value", rule->value)))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *rules_json(const struct db_config *config, enum db_rule_kind kind)
{
	json_t *array = json_array();
	size_t n;
	const struct db_rule *rules = db_config_rules(config, kind, &n);

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(array, rule_json(&rules[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static int no_memory(const struct modprobe *modprobe)
{
	tool_say(&modprobe->tool, TOOL_ERROR, "out of memory");
	return -ENOMEM;
}

static int collect_config(struct modprobe *modprobe)
{
	json_t *aliases = json_array();

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_object_set_new(modprobe->json, kinds[i].word,
					rules_json(modprobe->config, kinds[i].kind)) < 0) {
			json_decref(aliases);
			return no_memory(modprobe);
		}
	if (json_object_set_new(modprobe->json, "indexes", aliases) < 0)
		return no_memory(modprobe);
	return each_alias(modprobe, collect_alias, aliases);
}

int modprobe_show_config(struct modprobe *modprobe)
{
	if (modprobe->json)
		return collect_config(modprobe);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (print_rules(modprobe->config, kinds[i].kind, kinds[i].word) < 0)
			return no_memory(modprobe);
	puts("\n# End of configuration files. Dumping indexes now:\n");
	return each_alias(modprobe, print_alias, NULL);
}

/* Symbols and versions ----------------------------------------------------------------- */

static int print_versions(const struct ko *ko)
{
	size_t n;
	const struct ko_version *versions = ko_versions(ko, &n);

	for (size_t i = 0; versions && i < n; i++)
		printf("0x%08" PRIx64 "\t%s\n", versions[i].crc, versions[i].name);
	if (versions && n == 0 && !ko_section_named(ko, "__versions"))
		return -ENODATA;
	return versions ? 0 : -ENOMEM;
}

static int print_exports(const struct ko *ko)
{
	size_t n;
	const struct ko_link *exports = ko_exported(ko, &n);

	for (size_t i = 0; exports && i < n; i++)
		printf("0x%08" PRIx64 "\t%s\n", exports[i].crc, exports[i].name);
	if (exports && n == 0 && !ko_section_named(ko, "__ksymtab_strings"))
		return -ENODATA;
	return exports ? 0 : -ENOMEM;
}

typedef int print_table(const struct ko *ko);

static int print_file(struct modprobe *modprobe, const char *path, const char *what,
		      print_table *print)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	struct err err = {0};
	int code = ko_open_at(&ko, AT_FDCWD, path, NULL, &err);

	if (code == 0 && (code = print(ko)) < 0)
		err_set(&err, code, "%s", strerror(-code));
	if (code < 0)
		tool_say(&modprobe->tool, modprobe->complaint, "could not get %s of %s: %s", what,
			 path, err.text);
	return code;
}

/* A file, or as kmod has it after version 34, a name. */
static int print_of(struct modprobe *modprobe, const char *word, const char *what,
		    print_table *print)
{
	DEFER(db_candidates_free) struct db_candidates found = {0};
	const char *line;
	int code;

	if (modprobe_is_path(word) || access(word, F_OK) == 0)
		return print_file(modprobe, word, what, print);
	code = modprobe_find(modprobe, word, &found);
	vec_foreach (&found.list, module) {
		DEFER(mem_freep) char *path = NULL;
		struct err err = {0};
		int there = db_indexes_dep_line(modprobe->indexes, module->name, &line, &err);

		if (there == 1)
			path = line[0] == '/' ? mem_format("%.*s", (int)strcspn(line, ":"), line)
					      : mem_format("%s/%.*s", modprobe->dir,
							   (int)strcspn(line, ":"), line);
		if (path) {
			code = print_file(modprobe, path, what, print);
			continue;
		}
		code = -ENOENT;
		tool_say(&modprobe->tool, modprobe->complaint, "could not get %s of %s: %s", what,
			 module->name, there == 0 ? strerror(ENOENT) : err.text);
	}
	return code;
}

int modprobe_show_modversions(struct modprobe *modprobe, const char *word)
{
	return print_of(modprobe, word, "modversions", print_versions);
}

int modprobe_show_exports(struct modprobe *modprobe, const char *word)
{
	return print_of(modprobe, word, "symbols", print_exports);
}
