/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening a release's modules, and finding one by its name.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/similar.h"
#include "db/store.h"

static struct db *new_db(const char *dir, struct err *err)
{
	struct arena *arena = arena_new();
	struct db *db = arena ? arena_alloc(arena, sizeof(*db)) : NULL;

	if (db) {
		db->arena = arena;
		db->dir = arena_strdup(arena, dir);
	}
	if (!db || !db->dir) {
		arena_free(arena);
		err_no_memory(err);
		return NULL;
	}
	return db;
}

int db_open_folder(struct db **out, const char *dir, struct err *err)
{
	DEFER(db_closep) struct db *db = NULL;
	DEFER(file_closep) int fd = file_open(dir, O_PATH | O_DIRECTORY, err);

	if (fd < 0)
		return fd;
	db = new_db(dir, err);
	if (!db)
		return -ENOMEM;
	*out = take_ptr(&db);
	return 0;
}

int db_open(struct db **out, const char *dir, struct err *err)
{
	/* Deeper than any tree of modules, and an end for one that is not. */
	enum { DEPTH_MAX = 32 };
	DEFER(db_closep) struct db *db = NULL;
	int code = db_open_folder(&db, dir, err);
	struct span bytes;

	if (code < 0)
		return code;
	code = db_text(db, &db->dep, "modules.dep", &bytes, err);
	if (code < 0)
		return code;
	db->by_depmod = bytes.p != NULL;
	db->depth = DEPTH_MAX;
	*out = take_ptr(&db);
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	file_unmap(&db->dep.map);
	file_unmap(&db->alias.map);
	file_unmap(&db->symbols.map);
	file_unmap(&db->softdep.map);
	file_unmap(&db->builtin.map);
	file_unmap(&db->builtin_infos.map);
	map_free(&db->names);
	map_free(&db->exporters);
	vec_free(&db->modules);
	arena_free(db->arena);
}

/* dir: what a relative path is relative to. Names and paths are copied with their NULs. */
int db_add_module(struct db *db, struct span dir, struct span path, struct span depends,
		  struct err *err)
{
	struct span name = db_name_part(path);
	bool relative = dir.n && path.n && path.p[0] != '/';
	size_t before = relative ? dir.n + 1 : 0;
	char *text = arena_alloc(db->arena, before + path.n + 1 + name.n + 1);
	struct module *module = text ? vec_push(&db->modules) : NULL;

	if (!module)
		return err_no_memory(err);
	if (relative) {
		memcpy(text, dir.p, dir.n);
		text[dir.n] = '/';
	}
	memcpy(text + before, path.p, path.n);
	*module = (struct module){.public = {text + before + path.n + 1, text}, .depends = depends};
	text += before + path.n + 1;
	for (size_t i = 0; i < name.n; i++)
		text[i] = name.p[i] == '-' ? '_' : (char)name.p[i];
	return 0;
}

/* Forgets what was read so far, so that the next call begins anew. */
static int index_failed(struct db *db, int code)
{
	vec_free(&db->modules);
	map_free(&db->names);
	return code;
}

int db_index(struct db *db, struct err *err)
{
	int code;

	if (db->indexed)
		return 0;
	code = db->by_depmod ? db_dep_read(db, err) : db_tree_read(db, err);
	if (code < 0)
		return index_failed(db, code);
	vec_foreach (&db->modules, module)
		if (!map_add(&db->names, span_text(module->public.name), module))
			return index_failed(db, err_no_memory(err));
	db->indexed = true;
	return 0;
}

struct module *db_named(const struct db *db, struct span name)
{
	return map_get(&db->names, name);
}

int db_find(struct db *db, const char *name, const struct db_module **out, struct err *err)
{
	DEFER(mem_freep) char *normal = db_normal_name(span_text(name));
	const struct module *module;
	int code = normal ? db_index(db, err) : err_no_memory(err);

	if (code < 0)
		return code;
	module = db_named(db, span_text(normal));
	if (!module)
		return err_set(err, -ENOENT, "there is no module %s in %s", name, db->dir);
	*out = &module->public;
	return 0;
}

const char *db_similar(struct db *db, const char *name)
{
	struct similar similar = {.wanted = name, .of_many = true};

	if (db_index(db, NULL) == 0)
		vec_foreach (&db->modules, module)
			similar_offer(&similar, module->public.name);
	return similar.best;
}

int db_list_add(struct db_list *list, const struct module *module, struct err *err)
{
	const struct db_module **slot = vec_push(&list->modules);

	if (!slot)
		return err_no_memory(err);
	*slot = &module->public;
	return 0;
}

void db_list_free(struct db_list *list)
{
	vec_free(&list->modules);
}
