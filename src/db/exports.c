/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which module exports a symbol, found out from the files themselves. Reads every module of the
 * db once: for plain files some ten milliseconds per thousand, for packed ones as long as
 * unpacking takes.
 */
#include <elf.h>
#include <errno.h>

#include "db/store.h"

static int add_exports(struct db *db, struct module *module, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	const struct ko_export *exports;
	int code = ko_open(&ko, module->public.path, err);
	size_t n;

	/* One that is damaged, or may not be read, exports nothing; whoever needs it is told when
	 * loading. */
	if (code == -ENOMEM)
		return code;
	if (code < 0)
		return 0;
	exports = ko_exports(ko, &n);
	if (!exports)
		return err_no_memory(err);
	for (size_t i = 0; i < n; i++) {
		const char *name = arena_strdup(db->arena, exports[i].name);

		if (!name || !map_add(&db->exporters, span_text(name), module))
			return err_no_memory(err);
	}
	return 0;
}

static int index_exports(struct db *db, struct err *err)
{
	int code = db_index(db, err);

	if (code < 0 || db->exports_indexed)
		return code;
	vec_foreach (&db->modules, module) {
		code = add_exports(db, module, err);
		if (code < 0)
			return code;
	}
	db->exports_indexed = true;
	return 0;
}

int db_owners_of_imports(struct db *db, const struct ko *ko, const struct module *self,
			 struct db_list *out, struct err *err)
{
	unsigned long serial = ++db->serial;
	const struct ko_symbol *symbols;
	int code = index_exports(db, err);
	size_t n;

	if (code < 0)
		return code;
	symbols = ko_symbols(ko, &n);
	if (!symbols)
		return err_no_memory(err);
	for (size_t i = 1; code == 0 && i < n; i++) {
		struct module *owner;

		if (symbols[i].section != SHN_UNDEF)
			continue;
		owner = map_get(&db->exporters, span_text(symbols[i].name));
		if (!owner || owner == self || owner->listed == serial)
			continue;
		owner->listed = serial;
		code = db_list_add(out, owner, err);
	}
	return code;
}
