/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parameter dyndbg=QUERIES, as far as the kernel complains of it; what is wrong never fails a
 * load.
 *
 * A query ends at ; or at a newline. It has pairs of a keyword and a value, and last what is to be
 * done with the messages: + - or = and flags.
 */
#include "load/param.h"

enum { WORDS = 9 };

struct query {
	const char *words[WORDS];
	size_t count;
};

static bool complain(struct walk *walk, const char *what, const char *why)
{
	walk_say(walk, 3, "dyndbg: %s", what);
	walk_say(walk, 3, "dyndbg: %s", why);
	return false;
}

static bool cut(struct walk *walk, char *text, struct query *query)
{
	static const char failed[] = "tokenize failed";

	for (text = param_skip_spaces(text); *text && *text != '#';
	     text = param_skip_spaces(text)) {
		char quote = *text == '"' || *text == '\'' ? *text++ : '\0';
		char *end = text;

		while (*end && (quote ? *end != quote : !param_is_space(*end)))
			end++;
		if (quote && !*end)
			return complain(walk, walk_text(walk, "unclosed quote: %s", text), failed);
		if (query->count == WORDS)
			return complain(walk, "too many words, legal max <=9", failed);
		query->words[query->count++] = text;
		text = *end ? end + 1 : end;
		*end = '\0';
	}
	if (query->count == 0)
		walk_say(walk, 3, "dyndbg: %s", failed);
	return query->count > 0;
}

static bool check_flags(struct walk *walk, const char *flags)
{
	const char *known = walk->kernel->has[SERIES_DYNDBG_SOURCE] ? "pmfslt_" : "pmflt_";
	static const char failed[] = "flags parse failed";

	if (!*flags || !strchr("+-=", *flags))
		return complain(walk,
				walk_text(walk, "bad flag-op %c, at start of %s", *flags, flags),
				failed);
	for (flags++; *flags; flags++)
		if (!strchr(known, *flags))
			return complain(walk, walk_text(walk, "unknown flag '%c'", *flags), failed);
	return true;
}

static void check_pairs(struct walk *walk, const struct query *query)
{
	static const char *const keywords[] = {"func", "file", "module", "format", "line", "class"};
	static const char failed[] = "query parse failed";

	if (query->count % 2 == 0) {
		complain(walk, "expecting pairs of match-spec <value>", failed);
		return;
	}
	for (size_t i = 0; i + 1 < query->count; i += 2) {
		bool known = false;

		for (size_t k = 0; k < sizeof(keywords) / sizeof(keywords[0]); k++)
			known |= strcmp(keywords[k], query->words[i]) == 0;
		if (!known) {
			complain(walk, walk_text(walk, "unknown keyword \"%s\"", query->words[i]),
				 failed);
			return;
		}
	}
}

void dyndbg_check(struct walk *walk, char *queries)
{
	while (queries) {
		char *text = param_skip_spaces(strsep(&queries, ";\n"));
		struct query query = {.count = 0};

		if (*text && *text != '#' && cut(walk, text, &query) &&
		    check_flags(walk, query.words[query.count - 1]))
			check_pairs(walk, &query);
	}
}
