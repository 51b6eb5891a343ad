/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is built into the kernel.
 *
 * modules.builtin: a path per line, as in modules.dep. modules.builtin.modinfo: the .modinfo of
 * the same, as strings "MODULE.key=value" that end with a NUL.
 */
#include "db/store.h"

int db_is_builtin(struct db *db, const char *name, struct err *err)
{
	struct span rest, line;
	int code = db_text(db, &db->builtin, "modules.builtin", &rest, err);

	if (code < 0)
		return code;
	while (db_next_line(&rest, &line))
		if (db_same_name(db_name_part(line), span_text(name)))
			return 1;
	return 0;
}

static bool is_alias(const char *info, const char *word)
{
	static const char key[] = ".alias=";
	const char *dot = strchr(info, '.');

	return dot && strncmp(dot, key, strlen(key)) == 0 &&
	       db_alias_match(span_text(dot + strlen(key)), span_text(word));
}

int db_has_builtin_alias(struct db *db, const char *word, struct err *err)
{
	struct span bytes;
	const char *info;
	int code = db_text(db, &db->builtin_infos, "modules.builtin.modinfo", &bytes, err);

	if (code < 0)
		return code;
	for (size_t i = 0; (info = span_string(bytes, i)); i += strlen(info) + 1)
		if (is_alias(info, word))
			return 1;
	return 0;
}
