/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What depmod takes from a module file, read by several threads; each file is one thread's alone,
 * and what is found has the file's own order, so that the number of threads changes nothing.
 *
 * - Exports and undefined symbols, as ko/linkage.c tells them.
 * - Imports are the same as ko_imported() gives; here the names, which are numbers, join symbols
 * and the rows of __versions.
 * - From .modinfo: alias, softdep, weakdep.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/file.h"
#include "db/build_internal.h"
#include "ko/ko.h"

enum {
	THREADS_MAX = 64,
	FEW = 16,	 /* files that are not worth a thread */
	NAMES_USUAL = 6, /* that a module adds to those of others */
};

struct work {
	struct db_build *build;
	VEC(struct build_module *) modules; /* to be read */
	atomic_size_t next;
	atomic_bool no_memory;
};

struct worker {
	struct work *work;
	struct arena *arena;
	struct arena *scratch;	  /* for the time of a file */
	struct ko_memory *memory; /* NULL: each file takes its own */
	struct build_names own_names, *names;
	pthread_t thread;
	uint32_t number;
	uint32_t marks;
};

/* A copy of n elements in the arena; NULL: out of memory. */
static void *keep(struct worker *worker, const void *p, size_t n, size_t size)
{
	void *copy = arena_array(worker->arena, n, size);

	if (copy && n)
		memcpy(copy, p, n * size);
	return copy;
}

static bool read_exports(struct worker *worker, const struct ko *ko, struct build_facts *facts)
{
	size_t n;
	const struct ko_link *links = ko_exported(ko, &n);
	struct build_export *exports =
		links ? arena_bytes(worker->arena, n * sizeof(*exports)) : NULL;

	if (!exports)
		return false;
	for (size_t i = 0; i < n; i++) {
		exports[i].crc = links[i].crc;
		if (!build_names_add(worker->names, span_text(links[i].name), &exports[i].name))
			return false;
	}
	facts->exports = exports;
	facts->export_count = (uint32_t)n;
	return true;
}

/* What one file needs: its undefined symbols, and the rows of __versions, with the numbers of their
 * names. The marks of names tell which row has them: those of this file begin behind before. */
struct needs {
	const struct ko_link *symbols;
	const struct ko_version *rows;
	size_t symbol_count, row_count;
	uint32_t *symbol_names, *row_names;
	uint32_t before;
	bool *met; /* rows that are among the symbols */
};

static bool name_needs(struct worker *worker, struct needs *needs)
{
	size_t n = needs->row_count + needs->symbol_count;
	struct span *texts = arena_bytes(worker->scratch, n * sizeof(*texts));

	needs->row_names = arena_bytes(worker->scratch, n * sizeof(*needs->row_names));
	if (!texts || !needs->row_names)
		return false;
	needs->symbol_names = needs->row_names + needs->row_count;
	for (size_t i = 0; i < needs->row_count; i++)
		texts[i] = span_of(needs->rows[i].name, needs->rows[i].length);
	for (size_t i = 0; i < needs->symbol_count; i++)
		texts[needs->row_count + i] = span_text(needs->symbols[i].name);
	return build_names_add_all(worker->names, texts, n, needs->row_names);
}

static uint32_t *mark_of(const struct worker *worker, uint32_t name)
{
	return &worker->names->list.p[name].mark;
}

static void mark_rows(struct worker *worker, const struct needs *needs)
{
	for (size_t i = 0; i < needs->row_count; i++) {
		uint32_t *mark = mark_of(worker, needs->row_names[i]);

		if (*mark - needs->before - 1 >= i) /* the first of a name counts */
			*mark = needs->before + 1 + (uint32_t)i;
	}
}

static bool read_needs(struct worker *worker, const struct ko *ko, struct needs *needs)
{
	needs->symbols = ko_undefined(ko, &needs->symbol_count);
	needs->rows = ko_versions(ko, &needs->row_count);
	needs->met = arena_alloc(worker->scratch, needs->row_count);
	needs->before = worker->marks;
	worker->marks += (uint32_t)needs->row_count + 1;
	if (!needs->symbols || !needs->rows || !needs->met || !name_needs(worker, needs))
		return false;
	mark_rows(worker, needs);
	return true;
}

/* What one file imports. */
struct imports {
	struct build_import *list;
	uint64_t *crcs;
	uint32_t n;
};

static void push_import(struct imports *imports, uint32_t name, uint64_t crc, bool weak)
{
	imports->list[imports->n] = (struct build_import){name & 0x7fffffff, weak};
	imports->crcs[imports->n++] = crc;
}

static void push_undefined(const struct worker *worker, struct imports *imports,
			   const struct needs *needs, size_t i)
{
	uint32_t name = needs->symbol_names[i], row = *mark_of(worker, name) - needs->before - 1;
	bool has_row = row < needs->row_count;

	if (has_row)
		needs->met[row] = true;
	push_import(imports, name, has_row ? needs->rows[row].crc : 0, needs->symbols[i].weak);
}

static bool keep_imports(struct worker *worker, const struct imports *imports,
			 struct build_facts *facts)
{
	const struct db_build_options *options = &worker->work->build->options;

	facts->import_count = imports->n;
	facts->imports = keep(worker, imports->list, imports->n, sizeof(*imports->list));
	if (!options->report_unknown || !options->symvers)
		return facts->imports;
	facts->crcs = keep(worker, imports->crcs, imports->n, sizeof(*imports->crcs));
	return facts->imports && facts->crcs;
}

static bool read_imports(struct worker *worker, const struct ko *ko, struct build_facts *facts)
{
	struct imports imports = {0};
	struct needs needs;
	size_t n;

	if (!read_needs(worker, ko, &needs))
		return false;
	n = needs.symbol_count + needs.row_count;
	imports.list = arena_bytes(worker->scratch, n * sizeof(*imports.list));
	imports.crcs = arena_bytes(worker->scratch, n * sizeof(*imports.crcs));
	if (!imports.list || !imports.crcs)
		return false;
	if (!ko_has_imports(ko))
		return keep_imports(worker, &imports, facts);
	for (size_t i = 0; i < needs.symbol_count; i++)
		push_undefined(worker, &imports, &needs, i);
	for (size_t i = 0; i < needs.row_count; i++)
		if (!needs.met[i])
			push_import(&imports, needs.row_names[i], needs.rows[i].crc, false);
	return keep_imports(worker, &imports, facts);
}

static bool read_infos(struct worker *worker, const struct ko *ko, const char *key,
		       struct span **out, uint32_t *count)
{
	size_t n;
	const struct ko_info *infos = ko_infos(ko, &n);
	struct span *texts;

	texts = arena_bytes(worker->scratch, n * sizeof(*texts));
	if (!texts)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct span *text = &texts[*count];

		if (infos[i].key[0] != key[0] || strcmp(infos[i].key, key) != 0)
			continue;
		text->n = strlen(infos[i].value);
		text->p = (unsigned char *)arena_strndup(worker->arena, infos[i].value, text->n);
		if (!text->p)
			return false;
		++*count;
	}
	*out = keep(worker, texts, *count, sizeof(**out));
	return *out;
}

static bool read_facts(struct worker *worker, const struct ko *ko, struct build_facts *facts)
{
	return read_exports(worker, ko, facts) && read_imports(worker, ko, facts) &&
	       read_infos(worker, ko, "alias", &facts->aliases, &facts->alias_count) &&
	       read_infos(worker, ko, "softdep", &facts->softdeps, &facts->softdep_count) &&
	       read_infos(worker, ko, "weakdep", &facts->weakdeps, &facts->weakdep_count);
}

/* As in kmod, that what a file exports is damaged does not matter to the rest of it. */
static void check_exports(const struct ko *ko, struct build_facts *facts)
{
	if (ko_has_exports(ko))
		return;
	facts->code = -EINVAL;
	facts->why = "the names of what it exports have no end";
}

static bool read_file(struct worker *worker, struct build_module *module)
{
	struct build_facts *facts = &module->facts;
	DEFER(ko_closep) struct ko *ko = NULL;
	struct err err;
	int code;

	arena_reset(worker->scratch);
	code = ko_open_at(&ko, module->place.dir, module->place.path, worker->memory, &err);
	if (code == 0 && !read_facts(worker, ko, facts))
		return false;
	if (code == 0)
		code = ko_failed(ko, &err);
	if (code == -ENOMEM)
		return false;
	if (code < 0)
		*facts = (struct build_facts){.code = code,
					      .why = arena_strdup(worker->arena, err.text)};
	else
		check_exports(ko, facts);
	if (ko)
		module->id = *ko_file(ko);
	facts->thread = worker->number;
	return facts->code == 0 || facts->why;
}

static void *work_on(void *context)
{
	struct worker *worker = context;
	struct work *work = worker->work;
	size_t n = work->modules.n, i;

	worker->memory = ko_memory_new();
	worker->scratch = arena_new();
	if (!worker->scratch)
		work->no_memory = true;
	while (!work->no_memory && (i = work->next++) < n)
		if (!read_file(worker, work->modules.p[i]))
			work->no_memory = true;
	arena_free(worker->scratch);
	ko_memory_free(worker->memory);
	return NULL;
}

/* The numbers of a thread's own names become those of the build. */
static bool renumber(struct db_build *build, const struct worker *worker)
{
	const struct build_names *own = &worker->own_names;
	DEFER(mem_freep) uint32_t *numbers = mem_array(own->list.n, sizeof(*numbers));

	if (!numbers)
		return false;
	for (size_t i = 0; i < own->list.n; i++)
		if (!build_names_add(&build->symbols, own->list.p[i].text, &numbers[i]))
			return false;
	vec_foreach (&worker->work->modules, module) {
		struct build_facts *facts = &(*module)->facts;

		if (facts->thread != worker->number)
			continue;
		for (size_t i = 0; i < facts->export_count; i++)
			facts->exports[i].name = numbers[facts->exports[i].name];
		for (size_t i = 0; i < facts->import_count; i++)
			facts->imports[i].name = numbers[facts->imports[i].name] & 0x7fffffff;
	}
	return true;
}

static void report(struct db_build *build)
{
	vec_foreach (&build->modules, module) {
		const struct build_facts *facts = &(*module)->facts;

		if (facts->code < 0)
			build_say(build, DB_ERROR, "failed to load symbols from %s: %s (%s)",
				  (*module)->path, strerror(-facts->code), facts->why);
	}
}

/* All workers but the first, which is the caller, get a thread each. */
static bool run(struct work *work, struct worker *workers, unsigned int n)
{
	bool fine = true;
	unsigned int started;

	for (started = 1; started < n; started++)
		if (pthread_create(&workers[started].thread, NULL, work_on, &workers[started]))
			break; /* fewer will do */
	work_on(&workers[0]);
	for (unsigned int i = 1; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		fine = fine && !work->no_memory && renumber(work->build, &workers[i]);
		build_names_free(&workers[i].own_names);
	}
	return fine && !work->no_memory;
}

static void work_end(struct work *work)
{
	vec_free(&work->modules);
}

/* Those that no earlier run has read as they are. */
static bool choose(struct work *work)
{
	build_cache_take(work->build);
	vec_foreach (&work->build->modules, module) {
		struct build_module **slot;

		if ((*module)->is_cached)
			continue;
		slot = vec_push(&work->modules);
		if (!slot)
			return false;
		*slot = *module;
	}
	return true;
}

int build_read(struct db_build *build, struct err *err)
{
	DEFER(work_end) struct work work = {.build = build};
	struct worker workers[THREADS_MAX] = {0};
	unsigned int n;

	if (!choose(&work) || !build_names_reserve(&build->symbols, NAMES_USUAL * work.modules.n))
		return err_no_memory(err);
	n = work.modules.n < FEW ? 1 : build->thread_count;
	for (unsigned int i = 0; i < n; i++) {
		struct worker *worker = &workers[i];

		worker->work = &work;
		worker->number = i;
		worker->arena = build->thread_arenas[i];
		worker->own_names.arena = worker->arena;
		worker->names = i ? &worker->own_names : &build->symbols;
	}
	if (!run(&work, workers, n))
		return err_no_memory(err);
	report(build);
	return 0;
}

int build_read_threads(struct db_build *build, unsigned int wanted, struct err *err)
{
	unsigned int n = wanted > THREADS_MAX ? THREADS_MAX : wanted ? wanted : 1;

	build->thread_arenas = arena_array(build->arena, n, sizeof(*build->thread_arenas));
	for (unsigned int i = 0; build->thread_arenas && i < n; i++) {
		build->thread_arenas[i] = arena_new();
		if (!build->thread_arenas[i])
			break;
		build->thread_count = i + 1;
	}
	return build->thread_count == n ? 0 : err_no_memory(err);
}
