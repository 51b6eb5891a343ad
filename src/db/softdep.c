/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modules.softdep: a line per module,
 *
 *	softdep MODULE pre: WORD... post: WORD...
 *
 * from "softdep=" of its .modinfo. As with modprobe only the first line of a module counts.
 */
#include "db/store.h"

void db_softdeps_free(struct db_softdeps *softdeps)
{
	vec_free(&softdeps->words);
}

/* text: what follows the module's name. */
static int read_words(struct db *db, struct span text, struct db_softdeps *out, struct err *err)
{
	enum { NEITHER, PRE, POST } kind = NEITHER;
	struct span word;

	while (db_next_word(&text, &word)) {
		struct db_softdep *softdep;

		if (span_equal(word, SPAN_LITERAL("pre:"))) {
			kind = PRE;
			continue;
		}
		if (span_equal(word, SPAN_LITERAL("post:"))) {
			kind = POST;
			continue;
		}
		if (kind == NEITHER)
			continue;
		softdep = vec_push(&out->words);
		if (!softdep)
			return err_no_memory(err);
		softdep->post = kind == POST;
		softdep->word = arena_strndup(db->arena, (const char *)word.p, word.n);
		if (!softdep->word) {
			out->words.n--;
			return err_no_memory(err);
		}
	}
	return 0;
}

int db_softdeps_of(struct db *db, const struct ko *ko, struct db_softdeps *out, struct err *err)
{
	const char *text = ko_info(ko, "softdep");

	return text ? read_words(db, span_text(text), out, err) : 0;
}

static int from_file(struct db *db, const struct db_module *module, struct db_softdeps *out,
		     struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	int code = ko_open(&ko, module->path, err);

	return code < 0 ? code : db_softdeps_of(db, ko, out, err);
}

int db_softdeps(struct db *db, const struct db_module *module, struct db_softdeps *out,
		struct err *err)
{
	struct span rest, line, word;
	int code;

	if (!db->by_depmod)
		return from_file(db, module, out, err);
	code = db_text(db, &db->softdep, "modules.softdep", &rest, err);
	while (code == 0 && db_next_line(&rest, &line))
		if (db_next_word(&line, &word) && span_equal(word, SPAN_LITERAL("softdep")) &&
		    db_next_word(&line, &word) && db_same_name(word, span_text(module->name)))
			return read_words(db, line, out, err);
	return code;
}
