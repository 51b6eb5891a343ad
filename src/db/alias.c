/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modules.alias and modules.symbols: a line per pattern,
 *
 *	alias PATTERN MODULE
 *
 * '#' begins a comment. A pattern is one of fnmatch(3) without flags: '*', '?', '[a-z]', '[!a-z]',
 * and '\' before a character that stands for itself; '-' and '_' are the same outside of '[]'.
 * Patterns of modules.symbols are plain, "symbol:NAME".
 */
#include <errno.h>

#include "db/store.h"

static unsigned char fold(unsigned char byte)
{
	return byte == '-' ? '_' : byte;
}

/* One byte of a set, which '\' may stand before; false at the end of the pattern. */
static bool set_byte(struct span pattern, size_t *at, unsigned char *byte)
{
	if (*at < pattern.n && pattern.p[*at] == '\\')
		++*at;
	if (*at >= pattern.n)
		return false;
	*byte = pattern.p[(*at)++];
	return true;
}

/* Matches one byte against the set that begins behind the '[' at *at, and moves *at behind its
 * ']'. A set without an end is none: false, and *at stays. */
static bool match_set(struct span pattern, size_t *at, unsigned char byte, bool *matched)
{
	size_t i = *at + 1, begin;
	bool negated = i < pattern.n && (pattern.p[i] == '!' || pattern.p[i] == '^'), found = false;

	i += negated;
	for (begin = i; i < pattern.n && (pattern.p[i] != ']' || i == begin);) {
		unsigned char low, high;

		if (!set_byte(pattern, &i, &low))
			return false;
		high = low;
		if (i + 1 < pattern.n && pattern.p[i] == '-' && pattern.p[i + 1] != ']') {
			i++;
			if (!set_byte(pattern, &i, &high))
				return false;
		}
		found |= low <= byte && byte <= high;
	}
	if (i >= pattern.n)
		return false;
	*at = i + 1;
	*matched = found != negated;
	return true;
}

/* Matches one byte against the element of the pattern at *at, which is not '*', and moves behind
 * that. */
static bool match_one(struct span pattern, size_t *at, unsigned char byte)
{
	bool matched;

	if (pattern.p[*at] == '[' && match_set(pattern, at, byte, &matched))
		return matched;
	if (pattern.p[*at] == '?') {
		++*at;
		return true;
	}
	if (pattern.p[*at] == '\\' && ++*at == pattern.n)
		return false;
	return fold(pattern.p[(*at)++]) == fold(byte);
}

/* After a mismatch only the last '*' needs to take one byte more, so the time is bounded by the
 * product of the lengths. */
bool db_alias_match(struct span pattern, struct span text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;

	for (;;) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = ++p;
			star_text = t;
			continue;
		}
		if (t == text.n && p == pattern.n)
			return true;
		if (t < text.n && p < pattern.n && match_one(pattern, &p, text.p[t])) {
			t++;
			continue;
		}
		if (star == SIZE_MAX || star_text == text.n)
			return false;
		p = star;
		t = ++star_text;
	}
}

/* Most lines are told by the first byte of their pattern, which spares taking them apart. */
static bool may_match(struct span line, struct span wanted)
{
	struct span begin = SPAN_LITERAL("alias ");
	unsigned char first;

	if (!span_starts(line, begin) || line.n == begin.n)
		return false;
	first = line.p[begin.n];
	return strchr("*?[\\ \t", first) || (wanted.n && fold(first) == fold(wanted.p[0]));
}

/* Appends the modules of the lines whose pattern matches. A module that modules.dep does not have
 * is left out. */
static int search(struct db *db, struct span rest, struct span wanted, struct db_list *out,
		  struct err *err)
{
	unsigned long serial = ++db->serial;
	struct span line, word, pattern, name;
	int code = db_index(db, err);

	while (code == 0 && db_next_line(&rest, &line)) {
		DEFER(mem_freep) char *normal = NULL;
		struct module *module;

		if (!may_match(line, wanted) || !db_next_word(&line, &word) ||
		    !db_next_word(&line, &pattern) || !db_alias_match(pattern, wanted) ||
		    !db_next_word(&line, &name))
			continue;
		normal = db_normal_name(name);
		if (!normal)
			return err_no_memory(err);
		module = db_named(db, span_text(normal));
		if (!module || module->listed == serial)
			continue;
		module->listed = serial;
		code = db_list_add(out, module, err);
	}
	return code;
}

/* Without depmod's files the patterns stand in the modules themselves. */
static int search_modules(struct db *db, struct span wanted, struct db_list *out, struct err *err)
{
	int code = db_index(db, err);

	for (size_t m = 0; code == 0 && m < db->modules.n; m++) {
		DEFER(ko_closep) struct ko *ko = NULL;
		struct module *module = &db->modules.p[m];
		const struct ko_info *infos;
		bool found = false;
		size_t n;

		if (ko_open(&ko, module->public.path, err) < 0)
			continue;
		infos = ko_infos(ko, &n);
		for (size_t i = 0; !found && i < n; i++)
			found = strcmp(infos[i].key, "alias") == 0 &&
				db_alias_match(span_text(infos[i].value), wanted);
		if (found)
			code = db_list_add(out, module, err);
	}
	return code;
}

/* None is no error. */
static int lookup_alias(struct db *db, const char *alias, struct db_list *out, struct err *err)
{
	struct span bytes;
	int code;

	if (!db->by_depmod)
		return search_modules(db, span_text(alias), out, err);
	code = db_text(db, &db->alias, "modules.alias", &bytes, err);
	return code < 0 ? code : search(db, bytes, span_text(alias), out, err);
}

static int lookup_symbol(struct db *db, const char *word, struct db_list *out, struct err *err)
{
	struct span bytes;
	int code = db_text(db, &db->symbols, "modules.symbols", &bytes, err);

	return code < 0 ? code : search(db, bytes, span_text(word), out, err);
}

static int lookup_builtin(struct db *db, const char *word, struct err *err)
{
	int found = db_is_builtin(db, word, err);

	if (found == 0)
		found = db_has_builtin_alias(db, word, err);
	if (found == 0)
		return err_set(err, -ENOENT, "there is no module %s in %s, nor one with that alias",
			       word, db->dir);
	return found < 0 ? found : 0;
}

int db_lookup(struct db *db, const char *word, struct db_list *out, struct err *err)
{
	const struct db_module *module;
	size_t before = out->modules.n;
	int code = db_find(db, word, &module, err);

	if (code == 0)
		return db_list_add(out, db_mutable(module), err);
	if (code != -ENOENT)
		return code;
	code = 0;
	if (strncmp(word, "symbol:", strlen("symbol:")) == 0)
		code = lookup_symbol(db, word, out, err);
	if (code == 0 && out->modules.n == before)
		code = lookup_alias(db, word, out, err);
	if (code < 0 || out->modules.n > before)
		return code;
	return lookup_builtin(db, word, err);
}
