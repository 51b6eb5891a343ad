/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who exports what, who needs whom, and in which order.
 *
 * Of several modules that export one symbol the last counts. A module depends on the owners of its
 * imports, in order of their first use. Ranks come from a topological sort that begins with the
 * modules nobody needs: the last of a stack gets the next rank, and what it needs is pushed when no
 * other user of it is left. A line of modules.dep has all that a module needs, sorted by rank.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "db/build_internal.h"
#include "db/store.h"

static const size_t kernel_symbols_max = (size_t)256 << 20;

static struct span without_prefix(const struct db_build *build, struct span name)
{
	char prefix = build->options.symbol_prefix;

	if (prefix && name.n && name.p[0] == (unsigned char)prefix)
		return span_of(name.p + 1, name.n - 1);
	return name;
}

/* The last one that exports a symbol counts; NULL: the kernel. */
static void set_owner(struct build_name *name, uint64_t crc, struct build_module *module)
{
	name->is_exported = true;
	name->crc = crc;
	name->module = module;
}

static bool add_symbol(struct db_build *build, struct span text, uint64_t crc)
{
	uint32_t number;

	if (!build_names_add(&build->symbols, text, &number))
		return false;
	set_owner(build_names_at(&build->symbols, number), crc, NULL);
	return true;
}

/* Symbols that the kernel's loader makes up, or the linker, and no list has. */
static bool add_made_up(struct db_build *build)
{
	const struct build_name *toc = build_names_find(&build->symbols, SPAN_LITERAL("TOC."));
	bool has_toc = toc && toc->is_exported; /* what is added moves the names */

	return add_symbol(build, SPAN_LITERAL("__this_module"), 0) &&
	       add_symbol(build, SPAN_LITERAL("_GLOBAL_OFFSET_TABLE_"), 0) && /* s390 */
	       (has_toc || add_symbol(build, SPAN_LITERAL("TOC."), 0));	      /* powerpc64 */
}

static bool parse_crc(struct span word, uint64_t *out)
{
	char text[32], *end;

	if (word.n >= sizeof(text))
		return false;
	memcpy(text, word.p, word.n);
	text[word.n] = 0;
	*out = strtoull(text, &end, 16);
	return *end == 0;
}

/* Module.symvers: "0xCRC<TAB>SYMBOL<TAB>OWNER..."; only the kernel's own symbols are taken. */
static bool take_symvers_line(struct db_build *build, struct span line, unsigned int number)
{
	struct span crc_word, name, owner;
	uint64_t crc;

	if (!db_next_word(&line, &crc_word) || !db_next_word(&line, &name) ||
	    !db_next_word(&line, &owner) || !span_equal(owner, SPAN_LITERAL("vmlinux")))
		return true;
	if (!parse_crc(crc_word, &crc)) {
		build_say(build, DB_ERROR, "%s:%u Invalid symbol version %.*s",
			  build->options.symvers, number, (int)crc_word.n,
			  (const char *)crc_word.p);
		return true;
	}
	return add_symbol(build, without_prefix(build, name), crc);
}

/* System.map: "ADDRESS TYPE NAME"; exports are those that have an entry in a table of exports. */
static bool take_map_line(struct db_build *build, struct span line, unsigned int number)
{
	struct span mark = SPAN_LITERAL("__ksymtab_"), name = line;

	for (int field = 0; field < 2; field++) {
		const unsigned char *blank = name.n ? memchr(name.p, ' ', name.n) : NULL;

		if (!blank) {
			build_say(build, DB_ERROR, "%s:%u: invalid line: %.*s",
				  build->options.system_map, number, (int)line.n,
				  (const char *)line.p);
			return true;
		}
		name = span_of(blank + 1, (size_t)(line.p + line.n - blank) - 1);
	}
	name = without_prefix(build, name);
	if (!span_starts(name, mark))
		return true;
	return add_symbol(build, span_of(name.p + mark.n, name.n - mark.n), 0);
}

enum { KERNEL_LINE_SIZE = 10240 };

static int read_kernel_symbols(struct db_build *build, const char *path,
			       bool (*take)(struct db_build *build, struct span line,
					    unsigned int number),
			       struct err *err)
{
	DEFER(buf_free) struct buf text = {0};
	unsigned int number = 0;
	struct err why = {0};
	struct span rest, line;
	int code = file_read(path, kernel_symbols_max, &text, &why);

	if (code < 0)
		return err_set(err, code, "could not load %s: %s", path, strerror(-code));
	rest = buf_span(&text);
	while (db_next_piece(&rest, KERNEL_LINE_SIZE, &line))
		if (!take(build, line, ++number))
			return err_no_memory(err);
	return add_made_up(build) ? 0 : err_no_memory(err);
}

int build_kernel_symbols(struct db_build *build, struct err *err)
{
	const struct db_build_options *options = &build->options;

	if (options->symvers)
		return read_kernel_symbols(build, options->symvers, take_symvers_line, err);
	if (options->system_map)
		return read_kernel_symbols(build, options->system_map, take_map_line, err);
	if (options->report_unknown) {
		build_say(build, DB_WARNING, "-e needs -E or -F");
		build->options.report_unknown = false;
	}
	return 0;
}

/* The name that owns what is exported or imported under a name. */
static bool export_name(struct db_build *build, uint32_t *number)
{
	const struct build_name *name = build_names_at(&build->symbols, *number);

	if (!build->options.symbol_prefix || name->first != build->options.symbol_prefix)
		return true;
	return build_names_add(&build->symbols, without_prefix(build, name->text), number);
}

static const struct build_name *import_name(const struct db_build *build, uint32_t number)
{
	const struct build_name *name = build_names_at(&build->symbols, number);
	struct span text = name->text;

	if (name->first != '.' &&
	    (!build->options.symbol_prefix || name->first != build->options.symbol_prefix))
		return name;
	if (name->first == '.') /* powerpc64: .NAME is the code of NAME */
		text = span_of(text.p + 1, text.n - 1);
	return build_names_find(&build->symbols, without_prefix(build, text));
}

static bool add_exports(struct db_build *build, struct build_module *module)
{
	for (size_t i = 0; i < module->facts.export_count; i++) {
		const struct build_export *symbol = &module->facts.exports[i];
		uint32_t number = symbol->name;

		if (!export_name(build, &number))
			return false;
		set_owner(build_names_at(&build->symbols, number), symbol->crc, module);
	}
	return true;
}

static void check_import(struct db_build *build, const struct build_module *module, size_t i,
			 const struct build_name *owner)
{
	const struct build_import *import = &module->facts.imports[i];
	struct span text = build_names_at(&build->symbols, import->name)->text;

	if (import->weak)
		return;
	if (!owner || !owner->is_exported)
		build_say(build, DB_WARNING, "%s needs unknown symbol %.*s", module->path,
			  (int)text.n, (const char *)text.p);
	else if (module->facts.crcs && owner->crc != module->facts.crcs[i])
		build_say(build, DB_WARNING, "%s disagrees about version of symbol %.*s",
			  module->path, (int)text.n, (const char *)text.p);
}

/* Which module owns what is imported under a name; NULL: none. */
static struct build_module *owner_of(const struct db_build *build, uint32_t number)
{
	const struct build_name *name = import_name(build, number);

	return name ? name->module : NULL;
}

/* The same by the names' numbers. Modules import the same names again and again: looked up once,
 * they are near each other here. */
static struct build_module **list_owners(struct db_build *build)
{
	size_t n = build->symbols.list.n;
	struct build_module **owners = mem_array(n, sizeof(struct build_module *));

	for (size_t i = 0; owners && i < n; i++)
		owners[i] = owner_of(build, (uint32_t)i);
	return owners;
}

static void report_imports(struct db_build *build, const struct build_module *module)
{
	size_t mark = ++build->marks;

	for (size_t i = 0; i < module->facts.import_count; i++) {
		const struct build_name *owner = import_name(build, module->facts.imports[i].name);

		if (build->options.report_unknown)
			check_import(build, module, i, owner);
		if (!build->options.report_needs || !owner || !owner->module ||
		    owner->module->mark == mark)
			continue;
		owner->module->mark = mark;
		build_say(build, DB_NEEDS, "%s needs \"%.*s\": %s", module->path,
			  (int)owner->text.n, (const char *)owner->text.p, owner->module->path);
	}
}

/* owners is NULL for few modules. */
static int find_depends(struct db_build *build, struct build_module *module,
			struct build_module *const *owners, struct build_modules *found,
			struct err *err)
{
	const struct build_import *imports = module->facts.imports;
	size_t n = module->facts.import_count, mark = ++build->marks;

	found->list.n = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t name = imports[i].name;
		struct build_module *owner = owners ? owners[name] : owner_of(build, name);

		if (!owner || owner->mark == mark)
			continue;
		if (!build_modules_push(found, owner))
			return err_no_memory(err);
		owner->mark = mark;
		owner->users++;
	}
	module->depends = arena_array(build->arena, found->list.n, sizeof(struct build_module *));
	if (!module->depends)
		return err_no_memory(err);
	module->depend_count = found->list.n;
	for (size_t i = 0; i < found->list.n; i++)
		module->depends[i] = found->list.p[i];
	return 0;
}

static int find_all_depends(struct db_build *build, struct err *err)
{
	DEFER(mem_freep) struct build_module **owners = list_owners(build);
	DEFER(build_modules_free) struct build_modules found = {0};
	bool reports = build->options.report_unknown || build->options.report_needs;
	int code = owners ? 0 : err_no_memory(err);

	vec_foreach (&build->modules, module) {
		if (code == 0 && reports)
			report_imports(build, *module);
		if (code == 0)
			code = find_depends(build, *module, owners, &found, err);
	}
	return code;
}

static int by_rank(const void *a, const void *b)
{
	const struct build_module *x = *(struct build_module *const *)a;
	const struct build_module *y = *(struct build_module *const *)b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

void build_modules_free(struct build_modules *modules)
{
	vec_free(&modules->list);
}

bool build_modules_push(struct build_modules *modules, struct build_module *module)
{
	struct build_module **slot = vec_push(&modules->list);

	if (slot)
		*slot = module;
	return slot;
}

/* Gives ranks; modules in a cycle keep users. Returns how many got one. */
static int rank_modules(struct db_build *build, size_t *ranked, struct err *err)
{
	DEFER(build_modules_free) struct build_modules stack = {0};

	*ranked = 0;
	vec_foreach (&build->modules, module)
		if ((*module)->users == 0 && !build_modules_push(&stack, *module))
			return err_no_memory(err);
	while (stack.list.n) {
		struct build_module *module = stack.list.p[--stack.list.n];

		module->rank = (*ranked)++;
		for (size_t i = 0; i < module->depend_count; i++)
			if (--module->depends[i]->users == 0 &&
			    !build_modules_push(&stack, module->depends[i]))
				return err_no_memory(err);
	}
	return 0;
}

/* Names that an earlier run knew come with the module that it found them in. */
static void forget_owners(struct db_build *build)
{
	build_names_fetch_all(&build->symbols);
	vec_foreach (&build->symbols.list, name)
		name->module = NULL;
}

static int depend_anew(struct db_build *build, struct err *err)
{
	forget_owners(build);
	vec_foreach (&build->modules, module)
		if (!add_exports(build, *module))
			return err_no_memory(err);
	return find_all_depends(build, err);
}

/* Of modules that were added, and change nothing for others. */
static int depend_added(struct db_build *build, struct err *err)
{
	DEFER(build_modules_free) struct build_modules found = {0};
	int code = 0;

	vec_foreach (&build->modules, module)
		if (!(*module)->is_cached && !add_exports(build, *module))
			return err_no_memory(err);
	vec_foreach (&build->modules, module)
		if (code == 0 && !(*module)->is_cached)
			code = find_depends(build, *module, NULL, &found, err);
	return code;
}

int build_depend(struct db_build *build, struct err *err)
{
	size_t ranked = 0;
	bool same;
	int code = build_recall_depends(build, &same, err);

	if (code == 0)
		code = same ? depend_added(build, err) : depend_anew(build, err);
	if (code == 0)
		code = rank_modules(build, &ranked, err);
	if (code == 0 && ranked < build->modules.n)
		code = build_report_cycles(build, err);
	return code == 0 && same ? build_recall_lines(build, err) : code;
}

int build_closure(struct db_build *build, const struct build_module *module,
		  struct build_modules *out, struct err *err)
{
	size_t mark = ++build->marks, at = 0;

	out->list.n = 0;
	for (;; module = out->list.p[at++]) {
		for (size_t i = 0; i < module->depend_count; i++) {
			struct build_module *needed = module->depends[i];

			if (needed->mark == mark)
				continue;
			needed->mark = mark;
			if (!build_modules_push(out, needed))
				return err_no_memory(err);
		}
		if (at == out->list.n)
			break;
	}
	if (out->list.n > 1)
		qsort(out->list.p, out->list.n, sizeof(*out->list.p), by_rank);
	return 0;
}
