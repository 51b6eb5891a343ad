/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "db/indexes.h"

#include <errno.h>

#include "base/file.h"
#include "base/mem.h"

static const char *const file_names[DB_INDEX_COUNT] = {
	[DB_INDEX_DEP] = "modules.dep.bin",
	[DB_INDEX_ALIAS] = "modules.alias.bin",
	[DB_INDEX_SYMBOL] = "modules.symbols.bin",
	[DB_INDEX_BUILTIN_ALIAS] = "modules.builtin.alias.bin",
	[DB_INDEX_BUILTIN] = "modules.builtin.bin",
};

struct index_file {
	bool tried, present;
	char *path;
	int64_t modified;
	struct file_map map;
	struct db_trie_view view;
};

struct db_indexes {
	char *dir;
	struct index_file files[DB_INDEX_COUNT];
};

int db_indexes_new(struct db_indexes **out, const char *dir, struct err *err)
{
	DEFER(db_indexes_freep) struct db_indexes *indexes = mem_zalloc(sizeof(*indexes));

	if (!indexes || !(indexes->dir = mem_strdup(dir)))
		return err_no_memory(err);
	*out = take_ptr(&indexes);
	return 0;
}

void db_indexes_free(struct db_indexes *indexes)
{
	if (!indexes)
		return;
	for (size_t i = 0; i < DB_INDEX_COUNT; i++) {
		file_unmap(&indexes->files[i].map);
		mem_free(indexes->files[i].path);
	}
	mem_free(indexes->dir);
	mem_free(indexes);
}

const char *db_indexes_dir(const struct db_indexes *indexes)
{
	return indexes->dir;
}

static int open_file(const struct db_indexes *indexes, enum db_index index, struct index_file *file,
		     struct err *err)
{
	int code;

	if (!file->path)
		file->path = mem_format("%s/%s", indexes->dir, file_names[index]);
	if (!file->path)
		return err_no_memory(err);
	code = file_modified(file->path, &file->modified, err);
	if (code == 0)
		code = file_map(file->path, &file->map, err);
	if (code == 0) {
		code = db_trie_open(&file->view, file->map.bytes, err);
		if (code < 0)
			return err_add(err, "%s", file->path);
		file->present = true;
	}
	if (code < 0 && code != -ENOENT)
		return code;
	file->tried = true;
	return 0;
}

int db_indexes_view(struct db_indexes *indexes, enum db_index index,
		    const struct db_trie_view **out, struct err *err)
{
	struct index_file *file = &indexes->files[index];
	int code = file->tried ? 0 : open_file(indexes, index, file, err);

	*out = file->present ? &file->view : NULL;
	if (code < 0)
		file_unmap(&file->map);
	return code;
}

bool db_indexes_have_changed(const struct db_indexes *indexes)
{
	int64_t modified;

	for (size_t i = 0; i < DB_INDEX_COUNT; i++) {
		const struct index_file *file = &indexes->files[i];

		if (file->present &&
		    (file_modified(file->path, &modified, NULL) < 0 || modified != file->modified))
			return true;
	}
	return false;
}

/* The first value of a key: 1, 0, or a negative errno. */
static int find_first(struct db_indexes *indexes, enum db_index index, const char *key,
		      struct span *value, struct err *err)
{
	DEFER(db_trie_hits_free) struct db_trie_hits hits = {0};
	const struct db_trie_view *view;
	int code = db_indexes_view(indexes, index, &view, err);

	if (code < 0 || !view)
		return code;
	code = db_trie_find(view, key, &hits, err);
	if (code < 0)
		return err_add(err, "%s", indexes->files[index].path);
	if (hits.list.n == 0)
		return 0;
	*value = hits.list.p[0].value;
	return 1;
}

int db_indexes_dep_line(struct db_indexes *indexes, const char *name, const char **line,
			struct err *err)
{
	struct span value;
	int found = find_first(indexes, DB_INDEX_DEP, name, &value, err);

	if (found == 1) /* a value of an index ends with a NUL */
		*line = (const char *)value.p;
	return found;
}

char *db_indexes_file(const struct db_indexes *indexes, struct span path)
{
	bool absolute = path.n && path.p[0] == '/';

	return mem_format("%s%s%.*s", absolute ? "" : indexes->dir, absolute ? "" : "/",
			  (int)path.n, (const char *)path.p);
}

int db_indexes_is_builtin(struct db_indexes *indexes, const char *name, struct err *err)
{
	struct span value;

	return find_first(indexes, DB_INDEX_BUILTIN, name, &value, err);
}

int db_indexes_match(struct db_indexes *indexes, enum db_index index, const char *word,
		     struct db_trie_hits *out, struct err *err)
{
	const struct db_trie_view *view;
	int code = db_indexes_view(indexes, index, &view, err);

	if (code < 0 || !view)
		return code;
	code = db_trie_match(view, word, out, err);
	return code < 0 ? err_add(err, "%s", indexes->files[index].path) : 0;
}
