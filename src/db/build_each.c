/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was worked out, module by module, for those who want it in another form than depmod's files.
 */
#include "db/build_internal.h"

struct lists {
	struct build_modules needed;
	VEC(struct span) dependencies, symbols;
};

static void lists_free(struct lists *lists)
{
	build_modules_free(&lists->needed);
	vec_free(&lists->dependencies);
	vec_free(&lists->symbols);
}

static int list_dependencies(struct db_build *build, const struct build_module *module,
			     struct lists *lists, struct err *err)
{
	int code = build_closure(build, module, &lists->needed, err);

	lists->dependencies.n = 0;
	vec_foreach (&lists->needed.list, other) {
		struct span *path = code == 0 ? vec_push(&lists->dependencies) : NULL;

		if (!path)
			return code < 0 ? code : err_no_memory(err);
		*path = span_text((*other)->shown);
	}
	return code;
}

/* Those of modules.symbols: of several modules that export a symbol, one has it. */
static int list_symbols(const struct db_build *build, const struct build_module *module,
			struct lists *lists, struct err *err)
{
	lists->symbols.n = 0;
	for (size_t i = 0; i < module->facts.export_count; i++) {
		const struct build_name *name =
			build_names_at(&build->symbols, module->facts.exports[i].name);
		struct span *symbol;

		if (name->module != module)
			continue;
		symbol = vec_push(&lists->symbols);
		if (!symbol)
			return err_no_memory(err);
		*symbol = name->text;
	}
	return 0;
}

static int visit_one(struct db_build *build, struct build_module *module, struct lists *lists,
		     db_build_visit *visit, void *context, struct err *err)
{
	const struct build_facts *facts = &module->facts;
	int code = list_dependencies(build, module, lists, err);

	if (code == 0)
		code = list_symbols(build, module, lists, err);
	if (code == 0 && !build_cache_aliases(build, module))
		code = err_no_memory(err);
	if (code < 0)
		return code;
	return visit(context,
		     &(struct db_build_module){
			     .path = span_text(module->shown),
			     .name = module->name,
			     .dependencies = {lists->dependencies.p, lists->dependencies.n},
			     .aliases = {facts->aliases, facts->alias_count},
			     .softdeps = {facts->softdeps, facts->softdep_count},
			     .weakdeps = {facts->weakdeps, facts->weakdep_count},
			     .symbols = {lists->symbols.p, lists->symbols.n},
		     },
		     err);
}

int db_build_each(struct db_build *build, db_build_visit *visit, void *context, struct err *err)
{
	DEFER(lists_free) struct lists lists = {0};
	int code = 0;

	vec_foreach (&build->modules, module)
		if (code == 0)
			code = visit_one(build, *module, &lists, visit, context, err);
	return code;
}
