/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The binary indexes that depmod writes. */
#include <ctype.h>
#include <errno.h>

#include "db/build_output.h"
#include "db/store.h"
#include "db/trie.h"

enum { KEY_MAX = 4095, LINE_SIZE = 4096 };

/* Lines that are in the index already stay there. */
static int add_lines(struct build_output *output, struct db_trie *trie,
		     struct build_recalled *recalled, struct err *err)
{
	int code = 0;

	vec_foreach (&output->build->modules, item) {
		const struct build_module *module = *item;
		struct span line = build_line(output, module->index);
		bool stays = recalled->dep.n && module->is_cached &&
			     (module->line_holds || span_equal(module->old_line, line));

		if (stays)
			continue;
		if (recalled->dep.n && module->is_cached)
			recalled->places[module->old_index] = DB_TRIE_GONE;
		if (code == 0)
			code = db_trie_add(trie, module->name, line, module->index, err);
	}
	return code;
}

static int make_dep_bin(struct build_output *output, struct build_recalled *recalled,
			struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	int code = add_lines(output, &trie, recalled, err);

	if (code < 0)
		return code;
	return recalled->dep.n ? db_trie_merge(recalled->dep, &trie, recalled->places, recalled->n,
					       out, err)
			       : db_trie_write(&trie, out, err);
}

/* An index as it was written once, with what has changed since. It is made of all that is in it
 * when that is not known, or of no use. */
static int make_index(struct build_output *output,
		      int (*make)(struct build_output *output, struct build_recalled *recalled,
				  struct buf *out, struct err *err),
		      struct buf *out, struct err *err)
{
	DEFER(build_recalled_free) struct build_recalled recalled = {0};
	struct build_recalled nothing = {0};
	int code = build_recall_indexes(output->build, &recalled, err);

	if (code == 0)
		code = make(output, &recalled, out, err);
	if (code != -EBADMSG)
		return code;
	buf_clear(out);
	return make(output, &nothing, out, err);
}

int build_make_dep_bin(struct build_output *output, struct buf *out, struct err *err)
{
	return make_index(output, make_dep_bin, out, err);
}

/* *out.p is NULL for a pattern that has no place in an index, which may be said. */
static int alias_key(struct build_output *output, struct span alias, bool says, struct span *out,
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
	else if (says)
		build_say(output->build, DB_WARNING, "Unmatched bracket in %.*s", (int)alias.n,
			  (const char *)alias.p);
	return 0;
}

static int report_duplicate(struct build_output *output, struct map *seen, struct span key,
			    struct span value, struct err *err)
{
	char *text = arena_format(output->build->arena, "%.*s %s", (int)key.n, (const char *)key.p,
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

static int add_aliases_of(struct build_output *output, struct db_trie *trie, struct map *seen,
			  struct build_module *module, struct err *err)
{
	uint32_t value;
	int code = db_trie_add_value(trie, module->name, module->index, &value, err);

	for (uint32_t i = 0; code == 0 && i < module->facts.alias_count; i++) {
		struct span key;

		code = alias_key(output, module->facts.aliases[i], !output->said_aliases, &key,
				 err);
		if (code == 0 && !key.p)
			module->notes |= BUILD_HAS_ODD_ALIAS;
		if (code < 0 || !key.p)
			continue;
		if (output->build->options.report_duplicates)
			code = report_duplicate(output, seen, key, module->name, err);
		if (code == 0)
			code = db_trie_add_key(trie, key, value, err);
	}
	return code;
}

/* Of a module whose aliases are in the index already: what is to be said of them. */
static int say_aliases_of(struct build_output *output, const struct build_module *module,
			  struct err *err)
{
	struct span key;
	int code = 0;

	for (uint32_t i = 0; code == 0 && i < module->facts.alias_count; i++)
		code = alias_key(output, module->facts.aliases[i], !output->said_aliases, &key,
				 err);
	return code;
}

/* all: also those that are in the index already. */
static int add_aliases(struct build_output *output, struct db_trie *trie, bool all, struct err *err)
{
	struct db_build *build = output->build;
	DEFER(map_free) struct map seen = {0};
	int code = 0;

	vec_foreach (&build->modules, item) {
		struct build_module *module = *item;
		bool stays = !all && module->is_cached;

		if (code < 0 || (stays && !(module->notes & BUILD_HAS_ODD_ALIAS)))
			continue;
		if (!build_cache_aliases(build, module))
			return err_no_memory(err);
		code = stays ? say_aliases_of(output, module, err)
			     : add_aliases_of(output, trie, &seen, module, err);
	}
	output->said_aliases = true;
	return code;
}

static size_t count_aliases(const struct db_build *build, bool all)
{
	size_t n = 0;

	vec_foreach (&build->modules, module)
		if (all || !(*module)->is_cached)
			n += (*module)->facts.alias_count;
	return n;
}

static int make_alias_bin(struct build_output *output, struct build_recalled *recalled,
			  struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	bool all = recalled->alias.n == 0 || output->build->options.report_duplicates;
	int code = 0;

	if (!db_trie_reserve(&trie, count_aliases(output->build, all)))
		return err_no_memory(err);
	code = add_aliases(output, &trie, all, err);
	if (code < 0)
		return code;
	return all ? db_trie_write(&trie, out, err)
		   : db_trie_merge(recalled->alias, &trie, recalled->places, recalled->n, out, err);
}

int build_make_alias_bin(struct build_output *output, struct buf *out, struct err *err)
{
	return make_index(output, make_alias_bin, out, err);
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
	code = alias_key(output, span_text(dot + sizeof(mark) - 1), true, &key, err);
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
