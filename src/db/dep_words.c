/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of softdep and weakdep lines: "pre: a b post: c", or "a b". */
#include "base/span.h"
#include "db/config.h"

static const char blanks[] = " \t\n\v\f\r";

/* With one blank in front of all words, which two behind the module's name leave, kmod takes that
 * for a part of the first word: no "pre:" then, and nobody's name. */
static size_t blanks_before(struct db_dep_words *words)
{
	size_t n = strspn(words->rest, blanks);
	bool is_first = !words->is_begun;

	words->is_begun = true;
	return is_first && n == 1 && words->rest[1] ? 0 : n;
}

bool db_dep_next(struct db_dep_words *words, enum db_rule_kind kind, struct span *word)
{
	for (;;) {
		const char *begin = words->rest + blanks_before(words);
		size_t blank = strspn(begin, blanks); /* that is part of the word */

		*word = span_of(begin, blank + strcspn(begin + blank, blanks));
		words->rest = begin + word->n;
		if (word->n == 0 || kind == DB_WEAKDEP)
			return word->n > 0;
		if (span_equal(*word, SPAN_LITERAL("pre:")))
			words->place = DB_DEP_PRE;
		else if (span_equal(*word, SPAN_LITERAL("post:")))
			words->place = DB_DEP_POST;
		else if (words->place != DB_DEP_UNPLACED)
			return true;
	}
}

/* The words of one place; the others are passed by. */
static void show_words(enum db_rule_kind kind, const char *value, enum db_dep_place place,
		       const char *title, struct buf *out)
{
	struct db_dep_words words = {value, DB_DEP_UNPLACED};
	const char *before = title;
	struct span word;

	while (db_dep_next(&words, kind, &word)) {
		if (words.place != place)
			continue;
		buf_text(out, before);
		buf_add(out, word.p, word.n);
		before = " ";
	}
}

/* That nothing separates the last word of "pre:" from "post:" is kmod's, and so are the lines that
 * programs compare. */
void db_config_show(enum db_rule_kind kind, const char *value, struct buf *out)
{
	if (kind == DB_WEAKDEP) {
		show_words(kind, value, DB_DEP_UNPLACED, "", out);
	} else if (kind == DB_SOFTDEP) {
		show_words(kind, value, DB_DEP_PRE, "pre: ", out);
		show_words(kind, value, DB_DEP_POST, "post: ", out);
	} else {
		buf_text(out, value);
	}
}
