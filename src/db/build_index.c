/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The binary indexes that depmod writes. */
#include <ctype.h>

#include "db/build_output.h"
#include "db/store.h"
#include "db/trie.h"

enum { KEY_MAX = 4095, LINE_SIZE = 4096 };

int build_make_dep_bin(struct build_output *output, struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	size_t at = 0;
	int code = 0;

	vec_foreach (&output->build->modules, module) {
		size_t end = output->dep_ends[(*module)->index];

		if (code == 0)
			code = db_trie_add(&trie, (*module)->name,
					   span_of(output->files[BUILD_DEP].p + at, end - at),
					   (*module)->index, err);
		at = end + 1;
	}
	return code < 0 ? code : db_trie_write(&trie, out, err);
}

/* *out.p is NULL for a pattern that has no place in an index. */
static int alias_key(struct build_output *output, struct span alias, struct span *out,
		     struct err *err)
{
	char *key;

	*out = alias;
	if (alias.n < KEY_MAX && !memchr(alias.p, '-', alias.n) && !memchr(alias.p, ']', alias.n) &&
	    !memchr(alias.p, '[', alias.n))
		return 0;
	key = arena_strndup(output->build->arena, (const char *)alias.p,
			    alias.n < KEY_MAX ? alias.n : KEY_MAX);
	if (!key)
		return err_no_memory(err);
	*out = span_of(NULL, 0);
	if (db_normal_pattern(key))
		*out = span_text(key);
	else
		build_say(output->build, DB_WARNING, "Unmatched bracket in %s",
			  (const char *)alias.p);
	return 0;
}

static int report_duplicate(struct build_output *output, struct map *seen, struct span key,
			    struct span value, struct err *err)
{
	char *text = arena_format(output->build->arena, "%s %s", (const char *)key.p,
				  (const char *)value.p);
	const char *known = text ? map_add(seen, span_text(text), text) : NULL;

	if (!known)
		return err_no_memory(err);
	if (known != text)
		build_say(output->build, DB_WARNING, "duplicate module alias:\n%s", text);
	return 0;
}

/* The value of each module, of that number. */
static int add_modules(const struct db_build *build, struct db_trie *trie, struct err *err)
{
	uint32_t number;
	int code = 0;

	vec_foreach (&build->modules, module)
		if (code == 0)
			code = db_trie_add_value(trie, (*module)->name, (*module)->index, &number,
						 err);
	return code;
}

/* What is to be kept is noted. */
static int add_alias(struct build_output *output, struct db_trie *trie,
		     const struct build_alias *alias, struct err *err)
{
	struct db_build *build = output->build;
	struct build_alias *slot;

	if (output->keeps) {
		slot = vec_push(&build->aliases);
		if (!slot)
			return err_no_memory(err);
		*slot = *alias;
	}
	return db_trie_add_key(trie, alias->key, alias->module, err);
}

static int add_aliases_of(struct build_output *output, struct db_trie *trie, struct map *seen,
			  const struct build_module *module, struct err *err)
{
	int code = 0;

	for (uint32_t i = 0; code == 0 && i < module->facts.alias_count; i++) {
		struct build_alias alias = {.module = module->index, .index = i};

		code = alias_key(output, module->facts.aliases[i], &alias.key, err);
		if (code < 0 || !alias.key.p)
			continue;
		if (output->build->options.report_duplicates)
			code = report_duplicate(output, seen, alias.key, module->name, err);
		if (code == 0)
			code = add_alias(output, trie, &alias, err);
	}
	return code;
}

/* Those of the cache in its order, unless the order of reports would tell. */
static int add_aliases(struct build_output *output, struct db_trie *trie, struct err *err)
{
	const struct db_build *build = output->build;
	size_t n = build->options.report_duplicates ? 0 : build_cache_alias_count(build);
	DEFER(map_free) struct map seen = {0};
	struct build_alias alias;
	int code = 0;

	for (size_t i = 0; code == 0 && i < n; i++)
		if (build_cache_alias(build, i, &alias))
			code = add_alias(output, trie, &alias, err);
	vec_foreach (&build->modules, module)
		if (code == 0 && !(n && (*module)->is_cached))
			code = add_aliases_of(output, trie, &seen, *module, err);
	return code;
}

static size_t count_aliases(const struct db_build *build)
{
	size_t n = 0;

	vec_foreach (&build->modules, module)
		n += (*module)->facts.alias_count;
	return n;
}

/* The aliases to be kept come into the order of the index. When one is not in there, which is said
 * in the order of modules, none is kept. */
static int order_aliases(struct db_build *build, const struct db_trie *trie, struct err *err)
{
	DEFER(mem_freep) struct build_alias *old = NULL;
	size_t n = build->aliases.n;

	if (n < count_aliases(build))
		build->aliases.n = 0;
	if (build->aliases.n == 0)
		return 0;
	old = mem_array(n, sizeof(*old));
	if (!old)
		return err_no_memory(err);
	memcpy(old, build->aliases.p, n * sizeof(*old));
	for (size_t i = 0; i < n; i++)
		build->aliases.p[i] = old[trie->keys.p[i].number];
	return 0;
}

int build_make_alias_bin(struct build_output *output, struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	int code = add_modules(output->build, &trie, err);

	if (code == 0 && !db_trie_reserve(&trie, count_aliases(output->build)))
		code = err_no_memory(err);
	if (code == 0)
		code = add_aliases(output, &trie, err);
	if (code == 0)
		code = db_trie_write(&trie, out, err);
	return code < 0 ? code : order_aliases(output->build, &trie, err);
}

int build_make_symbols_bin(struct build_output *output, struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	int code = add_modules(output->build, &trie, err);

	if (code == 0 && !db_trie_reserve(&trie, output->symbol_count))
		code = err_no_memory(err);
	for (size_t i = 0; code == 0 && i < output->symbol_count; i++) {
		const struct build_name *name = output->symbols[i].value;
		struct span key = span_of(output->files[BUILD_SYMBOLS].p + output->symbol_lines[i],
					  strlen("symbol:") + name->text.n);

		code = db_trie_add_key(&trie, key, name->module->index, err);
	}
	return code < 0 ? code : db_trie_write(&trie, out, err);
}

int build_make_builtin_bin(struct build_output *output, struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(buf_free) struct buf lines = {0};
	struct span rest, line;
	bool present;
	int code = build_source(output->build, "modules.builtin", &lines, &present, err);

	if (code < 0 || !present)
		return code;
	rest = buf_span(&lines);
	while (code == 0 && db_next_piece(&rest, LINE_SIZE, &line)) {
		struct span name = db_name_part(line);
		char *normal;

		if (line.n == 0 || !isalpha(line.p[0])) {
			build_say(output->build, DB_ERROR, "Invalid modules.builtin line: %.*s",
				  (int)line.n, (const char *)line.p);
			continue;
		}
		normal = arena_strndup(output->build->arena, (const char *)name.p, name.n);
		if (!normal)
			return err_no_memory(err);
		for (char *p = normal; (p = strchr(p, '-'));)
			*p = '_';
		code = db_trie_add(&trie, span_text(normal), SPAN_LITERAL(""), 0, err);
	}
	return code < 0 ? code : db_trie_write(&trie, out, err);
}

/* "MODULE.alias=PATTERN"; other keys are left out. */
static int add_builtin_alias(struct build_output *output, struct db_trie *trie, const char *text,
			     struct err *err)
{
	static const char mark[] = ".alias=";
	const char *dot = strchr(text, '.');
	struct span key;
	int code;

	if (!dot || dot == text || strncmp(dot, mark, sizeof(mark) - 1) != 0 ||
	    !dot[sizeof(mark) - 1])
		return 0;
	code = alias_key(output, span_text(dot + sizeof(mark) - 1), &key, err);
	if (code < 0 || !key.p)
		return code;
	return db_trie_add(trie, key, span_of(text, (size_t)(dot - text)), 0, err);
}

/* kmod skips the value that belongs to a key, also when a key has none: then it is the next string,
 * with all that is in it. */
static size_t length_read(const char *text, size_t left)
{
	const char *dot = strchr(text, '.');
	size_t length = strlen(text) + 1;

	if (dot && dot > text && !strchr(dot, '=') && length < left)
		length += strnlen(text + length, left - length) + 1;
	return length;
}

int build_make_builtin_alias_bin(struct build_output *output, struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(buf_free) struct buf infos = {0};
	const char *text;
	bool present;
	int code = build_source(output->build, "modules.builtin.modinfo", &infos, &present, err);

	if (code < 0 || !present)
		return code;
	for (size_t at = 0; code == 0 && (text = span_string(buf_span(&infos), at));
	     at += length_read(text, infos.n - at))
		code = add_builtin_alias(output, &trie, text, err);
	return code < 0 ? code : db_trie_write(&trie, out, err);
}
