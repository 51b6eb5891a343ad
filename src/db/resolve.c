/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a module needs, and in which order to load it.
 */
#include <errno.h>

#include "db/store.h"

/* Longer chains exist in made-up files only; they would end in a stack overflow. */
enum { CHAIN_MAX = 200 };

/* Collects modules, each once and behind those that it needs. */
struct closure {
	struct db *db;
	unsigned long serial;
	struct db_list *out;
	unsigned int depth;
	struct err *err;
};

static int too_deep(const struct module *module, struct err *err)
{
	return err_set(err, -ELOOP, "the dependencies of module %s are nested too deeply",
		       module->public.name);
}

/* The module that a path in modules.dep stands for. */
static int find_path(struct closure *closure, struct span path, struct module **out)
{
	DEFER(mem_freep) char *name = db_normal_name(db_name_part(path));

	if (!name)
		return err_no_memory(closure->err);
	*out = db_named(closure->db, span_text(name));
	if (!*out)
		return err_set(closure->err, -ENOENT,
			       "modules.dep in %s is incomplete: a module needs %.*s, which has no "
			       "line of its own; run depmod",
			       closure->db->dir, (int)(path.n < 500 ? path.n : 500), path.p);
	return 0;
}

static bool last_word(struct span *rest, struct span *word)
{
	size_t end = rest->n, begin;

	while (end && (rest->p[end - 1] == ' ' || rest->p[end - 1] == '\t'))
		end--;
	for (begin = end; begin && rest->p[begin - 1] != ' ' && rest->p[begin - 1] != '\t';)
		begin--;
	*word = span_of(rest->p + begin, end - begin);
	rest->n = begin;
	return word->n > 0;
}

static int add_once(struct closure *closure, struct module *module)
{
	if (module->visited == closure->serial)
		return 0;
	module->visited = closure->serial;
	return db_list_add(closure->out, module, closure->err);
}

/* The line of modules.dep from its end: it has all of the closure already. */
static int add_line(struct closure *closure, const struct module *module)
{
	struct span rest = module->depends, path;
	struct module *needed = NULL;
	int code = 0;

	while (code == 0 && last_word(&rest, &path)) {
		code = find_path(closure, path, &needed);
		if (code == 0)
			code = add_once(closure, needed);
	}
	return code;
}

static int add_owners(struct closure *closure, const struct ko *ko, const struct module *self);

static int add_with_owners(struct closure *closure, struct module *module)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	int code;

	if (module->visited == closure->serial)
		return 0;
	module->visited = closure->serial;
	if (closure->depth == CHAIN_MAX)
		return too_deep(module, closure->err);
	code = ko_open(&ko, module->public.path, closure->err);
	if (code < 0)
		return code;
	closure->depth++;
	code = add_owners(closure, ko, module);
	closure->depth--;
	return code < 0 ? code : db_list_add(closure->out, module, closure->err);
}

/* Adds the modules whose symbols a file imports, each behind those that it needs. */
static int add_owners(struct closure *closure, const struct ko *ko, const struct module *self)
{
	DEFER(db_list_free) struct db_list owners = {0};
	int code = db_owners_of_imports(closure->db, ko, self, &owners, closure->err);

	for (size_t i = 0; code == 0 && i < owners.modules.n; i++)
		code = add_with_owners(closure, db_mutable(owners.modules.p[i]));
	return code;
}

static struct closure new_closure(struct db *db, struct db_list *out, struct err *err)
{
	return (struct closure){.db = db, .serial = ++db->serial, .out = out, .err = err};
}

int db_dependencies(struct db *db, const struct db_module *module, struct db_list *out,
		    struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	struct closure closure = new_closure(db, out, err);
	struct module *self = db_mutable(module);
	int code;

	self->visited = closure.serial;
	if (db->by_depmod)
		return add_line(&closure, self);
	code = ko_open(&ko, module->path, err);
	return code < 0 ? code : add_owners(&closure, ko, self);
}

static int add_named(struct closure *closure, const struct ko *ko, const char *name)
{
	const struct db_module *module;
	int code = db_find(closure->db, name, &module, closure->err);

	if (code < 0)
		return code == -ENOENT
			       ? err_add(closure->err, "module %s needs %s", ko_name(ko), name)
			       : code;
	code = add_line(closure, db_mutable(module));
	return code < 0 ? code : add_once(closure, db_mutable(module));
}

int db_dependencies_of(struct db *db, const struct ko *ko, struct db_list *out, struct err *err)
{
	struct closure closure = new_closure(db, out, err);
	const char *const *names;
	size_t n;
	int code = 0, missing = 0;

	if (!db->by_depmod)
		return add_owners(&closure, ko, NULL);
	n = ko_depends(ko, &names);
	if (!names)
		return err_no_memory(err);
	for (size_t i = 0; (code == 0 || code == -ENOENT) && i < n; i++) {
		code = add_named(&closure, ko, names[i]);
		if (code == -ENOENT)
			missing = code;
	}
	return code < 0 ? code : missing;
}

/* Puts modules in order of loading, softdeps included. */
struct order {
	struct db *db;
	unsigned long serial;
	struct db_list *out;
	unsigned int depth;
	struct err *err;
};

static int expand(struct order *order, struct module *module);

/* The modules that softdeps ask for; modprobe goes on without those that it does not find. */
static int add_softdeps(struct order *order, const struct db_softdeps *softdeps, bool post)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < softdeps->words.n; i++) {
		const struct db_softdep *softdep = &softdeps->words.p[i];
		DEFER(db_list_free) struct db_list found = {0};

		if (softdep->post != post)
			continue;
		code = db_lookup(order->db, softdep->word, &found, order->err);
		if (code == -ENOENT)
			code = 0;
		for (size_t k = 0; code == 0 && k < found.modules.n; k++)
			code = expand(order, db_mutable(found.modules.p[k]));
	}
	return code;
}

static int place(struct order *order, struct module *module)
{
	DEFER(db_softdeps_free) struct db_softdeps softdeps = {0};
	int code;

	if (module->placed == order->serial)
		return 0;
	module->placed = order->serial;
	code = db_softdeps(order->db, &module->public, &softdeps, order->err);
	if (code == 0)
		code = add_softdeps(order, &softdeps, false);
	if (code == 0)
		code = db_list_add(order->out, module, order->err);
	return code == 0 ? add_softdeps(order, &softdeps, true) : code;
}

static int place_all(struct order *order, const struct db_list *list)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < list->modules.n; i++)
		code = place(order, db_mutable(list->modules.p[i]));
	return code;
}

static int expand(struct order *order, struct module *module)
{
	DEFER(db_list_free) struct db_list needed = {0};
	int code;

	if (module->expanded == order->serial)
		return 0;
	module->expanded = order->serial;
	if (order->depth == CHAIN_MAX)
		return too_deep(module, order->err);
	order->depth++;
	code = db_dependencies(order->db, &module->public, &needed, order->err);
	if (code == 0)
		code = place_all(order, &needed);
	if (code == 0)
		code = place(order, module);
	order->depth--;
	return code;
}

int db_load_order(struct db *db, const struct db_module *module, struct db_list *out,
		  struct err *err)
{
	struct order order = {.db = db, .serial = ++db->serial, .out = out, .err = err};

	return expand(&order, db_mutable(module));
}

/* A file stands in for the module of its name, which must not be loaded beside it. */
static int stand_in(struct order *order, const struct ko *ko)
{
	const struct db_module *module;
	int code = db_find(order->db, ko_name(ko), &module, order->err);

	if (code == -ENOENT)
		return 0;
	if (code == 0)
		db_mutable(module)->placed = db_mutable(module)->expanded = order->serial;
	return code;
}

int db_load_order_of(struct db *db, const struct ko *ko, struct db_list *before,
		     struct db_list *after, struct err *err)
{
	struct order order = {.db = db, .serial = ++db->serial, .out = before, .err = err};
	DEFER(db_list_free) struct db_list needed = {0};
	DEFER(db_softdeps_free) struct db_softdeps softdeps = {0};
	int code = stand_in(&order, ko);

	if (code == 0)
		code = db_dependencies_of(db, ko, &needed, err);
	if (code == 0)
		code = place_all(&order, &needed);
	if (code == 0)
		code = db_softdeps_of(db, ko, &softdeps, err);
	if (code == 0)
		code = add_softdeps(&order, &softdeps, false);
	order.out = after;
	return code == 0 ? add_softdeps(&order, &softdeps, true) : code;
}
