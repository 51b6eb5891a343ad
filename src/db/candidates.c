/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a word to modules, asking one source after the other as kmod does. */
#include <errno.h>

#include "base/mem.h"
#include "db/indexes.h"
#include "db/store.h"

struct search {
	struct db_indexes *indexes;
	const struct db_config *config;
	const char *word; /* in normal form */
	struct db_candidates *out;
	struct err *err;
};

void db_candidates_free(struct db_candidates *candidates)
{
	vec_free(&candidates->list);
	arena_free(candidates->arena);
	candidates->arena = NULL;
}

static int add(const struct search *search, struct span name, const char *alias, bool builtin)
{
	struct db_candidate *slot = vec_push(&search->out->list);

	if (!slot)
		return err_no_memory(search->err);
	*slot = (struct db_candidate){
		arena_strndup(search->out->arena, (const char *)name.p, name.n), alias, builtin};
	if (alias)
		slot->alias = arena_strdup(search->out->arena, alias);
	if (slot->name && (slot->alias || !alias))
		return 0;
	search->out->list.n--;
	return err_no_memory(search->err);
}

static int by_config_alias(const struct search *search)
{
	size_t n;
	const struct db_rule *rules = db_config_rules(search->config, DB_ALIAS, &n);
	int code = 0;

	for (size_t i = 0; code == 0 && i < n; i++)
		if (db_alias_match(span_text(rules[i].key), span_text(search->word)))
			code = add(search, span_text(rules[i].value), rules[i].key, false);
	return code;
}

static int by_name(const struct search *search)
{
	const char *line;
	int found = strchr(search->word, ':') ? 0 /* no module has such a name */
					      : db_indexes_dep_line(search->indexes, search->word,
								    &line, search->err);

	return found == 1 ? add(search, span_text(search->word), NULL, false) : found;
}

static int by_index(const struct search *search, enum db_index index)
{
	DEFER(db_trie_hits_free) struct db_trie_hits hits = {0};
	int code = db_indexes_match(search->indexes, index, search->word, &hits, search->err);

	for (size_t i = 0; code == 0 && i < hits.list.n; i++)
		code = add(search, hits.list.p[i].value, search->word,
			   index == DB_INDEX_BUILTIN_ALIAS);
	return code;
}

static int by_symbol(const struct search *search)
{
	return strncmp(search->word, "symbol:", 7) == 0 ? by_index(search, DB_INDEX_SYMBOL) : 0;
}

/* The first of the lines whose key is the word itself, NULL: none. */
static const char *command_of(const struct search *search, enum db_rule_kind kind)
{
	size_t n;
	const struct db_rule *rules = db_config_rules(search->config, kind, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(rules[i].key, search->word) == 0)
			return rules[i].value;
	return NULL;
}

/* Here the word is a module's name, which ends at a dot. Behind an install line no remove line is
 * looked for. */
static int by_command(const struct search *search)
{
	const char *install = command_of(search, DB_INSTALL);
	const char *remove = install ? NULL : command_of(search, DB_REMOVE);
	struct db_candidate *found;
	int code;

	if (!install && !remove)
		return 0;
	code = add(search, span_of(search->word, strcspn(search->word, ".")), NULL, false);
	if (code < 0)
		return code;
	found = &search->out->list.p[search->out->list.n - 1];
	found->install = install;
	found->remove = remove;
	return 0;
}

static int by_alias(const struct search *search)
{
	return by_index(search, DB_INDEX_ALIAS);
}

static int by_builtin(const struct search *search)
{
	int found = db_indexes_is_builtin(search->indexes, search->word, search->err);

	return found == 1 ? add(search, span_text(search->word), NULL, true) : found;
}

static int by_builtin_alias(const struct search *search)
{
	return by_index(search, DB_INDEX_BUILTIN_ALIAS);
}

typedef int source(const struct search *search);

static int ask(const struct search *search, source *const *sources)
{
	int code = 0;

	search->out->arena = arena_new();
	if (!search->out->arena)
		return err_no_memory(search->err);
	for (; code == 0 && search->out->list.n == 0 && *sources; sources++)
		code = (*sources)(search);
	return code;
}

int db_candidates_find(struct db_candidates *out, struct db_indexes *indexes,
		       const struct db_config *config, const char *word, struct err *err)
{
	static source *const sources[] = {by_config_alias, by_name,    by_symbol,	 by_command,
					  by_alias,	   by_builtin, by_builtin_alias, NULL};
	DEFER(mem_freep) char *normal = mem_strdup(word);
	const struct search search = {indexes, config, normal, out, err};

	if (!normal)
		return err_no_memory(err);
	if (!db_normal_pattern(normal))
		return err_set(err, -EINVAL, "the brackets of \"%s\" do not fit", word);
	return ask(&search, sources);
}

int db_candidates_find_name(struct db_candidates *out, struct db_indexes *indexes, const char *name,
			    struct err *err)
{
	static source *const sources[] = {by_name, by_builtin, by_builtin_alias, NULL};
	DEFER(mem_freep)
	char *normal = db_normal_name(span_of(name, strcspn(name, ".")));
	const struct search search = {indexes, NULL, normal, out, err};

	return normal ? ask(&search, sources) : err_no_memory(err);
}
