/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is built into the kernel.
 *
 * modules.builtin: a path per line, as in modules.dep. modules.builtin.modinfo: the .modinfo of
 * the same, as strings "MODULE.key=value" that end with a NUL.
 */
#include "db/builtin.h"

#include <errno.h>

#include "base/file.h"
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

/* The strings of a module, which stand together: the bytes of the first to the last. */
static struct span strings_of(struct span file, const char *name)
{
	struct span found = {NULL, 0};
	size_t length = strlen(name);
	const char *info;

	for (size_t i = 0; (info = span_string(file, i)); i += strlen(info) + 1) {
		bool is_it = strncmp(info, name, length) == 0 && info[length] == '.';

		if (!is_it && found.n)
			break;
		if (!is_it)
			continue;
		if (!found.n)
			found.p = (const unsigned char *)info;
		found.n = (size_t)(info + strlen(info) + 1 - (const char *)found.p);
	}
	return found;
}

static int split_strings(struct span strings, size_t prefix, struct arena *arena,
			 struct ko_info **out, size_t *count, struct err *err)
{
	char *text = arena_strndup(arena, (const char *)strings.p, strings.n), *end;
	size_t n = 0;

	for (size_t i = 0; i < strings.n; i++)
		n += strings.p[i] == 0;
	*out = arena_array(arena, n, sizeof(**out));
	if (!text || !*out)
		return err_no_memory(err);
	*count = n;
	end = text + strings.n;
	for (size_t i = 0; text < end; i++) {
		char *next = text + strlen(text) + 1;

		(*out)[i] = ko_info_split(text + prefix);
		text = next;
	}
	return 0;
}

int db_builtin_infos(const char *dir, const char *name, struct arena *arena, struct ko_info **out,
		     size_t *count, struct err *err)
{
	DEFER(file_unmap) struct file_map file = {0};
	char *path = arena_format(arena, "%s/modules.builtin.modinfo", dir);
	int code = path ? file_map(path, &file, err) : err_no_memory(err);

	return code < 0 ? code
			: split_strings(strings_of(file.bytes, name), strlen(name) + 1, arena, out,
					count, err);
}
