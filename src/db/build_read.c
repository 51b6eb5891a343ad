/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What depmod takes from a module file, read by several threads; each file is one thread's alone,
 * and what is found has the file's own order, so that the number of threads changes nothing.
 *
 * - Exports are the symbols __crc_NAME: absolute ones are the CRC, others stand where it is. A file
 *   without them (CONFIG_MODVERSIONS is off) exports what __ksymtab_strings holds.
 * - Imports are the undefined symbols, with CRCs from __versions, and then the names that only
 *   __versions has.
 * - From .modinfo: alias, softdep, weakdep.
 */
#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/file.h"
#include "db/build_internal.h"
#include "ko/ko.h"

enum {
	THREADS_MAX = 64,
	FEW = 16,	      /* files that are not worth a thread */
	REGISTER_SYMBOL = 13, /* STT_REGISTER, of sparc */
	NAMES_USUAL = 6,      /* that a module adds to those of others */
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
	struct ko_memory *memory; /* NULL: each file takes its own */
	struct build_names own_names, *names;
	pthread_t thread;
	uint32_t number;
	uint32_t marks;
	VEC(struct build_export) exports; /* scratch, as are these */
	VEC(struct build_import) imports;
	VEC(uint64_t) crcs;
	VEC(struct span) texts;
	VEC(uint32_t) names_of_rows; /* of __versions */
	VEC(bool) met;		     /* the same that are among the symbols */
};

/* A copy of n elements in the arena; NULL: out of memory. */
static void *keep(struct worker *worker, const void *p, size_t n, size_t size)
{
	void *copy = arena_array(worker->arena, n, size);

	if (copy && n)
		memcpy(copy, p, n * size);
	return copy;
}

static bool push_export(struct worker *worker, const char *name, uint64_t crc)
{
	struct build_export *slot = vec_push(&worker->exports);

	if (!slot)
		return false;
	slot->crc = crc;
	return build_names_add(worker->names, span_text(name), &slot->name);
}

static bool push_strings(struct worker *worker, struct span strings)
{
	for (uint64_t at = 0; at < strings.n;) {
		const char *text = span_string(strings, at);

		if (!text)
			return true;
		if (*text && !push_export(worker, text, 0))
			return false;
		at += strlen(text) + 1;
	}
	return true;
}

/* Most texts differ early: a call would take longer. */
static inline bool starts_with(const char *text, const char *front)
{
	while (*front)
		if (*text++ != *front++)
			return false;
	return true;
}

static bool read_exports(struct worker *worker, const struct ko *ko,
			 const struct ko_symbol *symbols, size_t n, struct build_facts *facts)
{
	static const char mark[] = "__crc_";
	const struct ko_section *strings;

	worker->exports.n = 0;
	for (size_t i = 1; i < n; i++) {
		const char *name = symbols[i].name;

		if (starts_with(name, mark) &&
		    !push_export(worker, name + sizeof(mark) - 1, ko_symbol_crc(ko, &symbols[i])))
			return false;
	}
	strings = worker->exports.n ? NULL : ko_section_named(ko, "__ksymtab_strings");
	if (strings && !push_strings(worker, ko_section_data(ko, strings)))
		return false;
	facts->export_count = (uint32_t)worker->exports.n;
	facts->exports =
		keep(worker, worker->exports.p, worker->exports.n, sizeof(*worker->exports.p));
	return facts->exports;
}

/* __versions of one file. The marks of names tell which row has them: those of this file begin
 * behind before. */
struct versions {
	const struct ko_version *p;
	size_t n;
	uint32_t before;
	size_t next; /* behind the row that was met last: imports have much the same order */
};

static bool name_versions(struct worker *worker, const struct versions *versions)
{
	worker->texts.n = worker->names_of_rows.n = worker->met.n = 0;
	for (size_t i = 0; i < versions->n; i++) {
		struct span *text = vec_push(&worker->texts);
		uint32_t *number = text ? vec_push(&worker->names_of_rows) : NULL;
		bool *met = number ? vec_push(&worker->met) : NULL;

		if (!met)
			return false;
		*text = span_text(versions->p[i].name);
		*met = false;
	}
	return build_names_add_all(worker->names, worker->texts.p, versions->n,
				   worker->names_of_rows.p);
}

static bool mark_versions(struct worker *worker, const struct versions *versions)
{
	if (!name_versions(worker, versions))
		return false;
	for (size_t i = 0; i < versions->n; i++) {
		struct build_name *name = &worker->names->list.p[worker->names_of_rows.p[i]];

		if (name->mark - versions->before - 1 >= i) /* the first of a name counts */
			name->mark = versions->before + 1 + (uint32_t)i;
	}
	return true;
}

/* The number of a name, and its row of __versions, or one behind the last. */
static bool find_row(struct worker *worker, struct versions *versions, const char *name,
		     uint32_t *number, size_t *row)
{
	if (versions->next < versions->n && strcmp(versions->p[versions->next].name, name) == 0)
		*number = worker->names_of_rows.p[versions->next];
	else if (!build_names_add(worker->names, span_text(name), number))
		return false;
	*row = worker->names->list.p[*number].mark - versions->before - 1;
	if (*row < versions->n)
		versions->next = *row + 1;
	return true;
}

static bool push_import(struct worker *worker, uint32_t number, uint64_t crc, bool weak)
{
	struct build_import *slot = vec_push(&worker->imports);
	uint64_t *crc_slot = slot ? vec_push(&worker->crcs) : NULL;

	if (!crc_slot)
		return false;
	*slot = (struct build_import){number & 0x7fffffff, weak};
	*crc_slot = crc;
	return true;
}

static bool push_undefined(struct worker *worker, struct versions *versions,
			   const struct ko_symbol *symbol)
{
	bool weak = symbol->binding == STB_WEAK;
	uint32_t number;
	size_t row;

	if (!find_row(worker, versions, symbol->name, &number, &row))
		return false;
	if (row >= versions->n)
		return push_import(worker, number, 0, weak);
	worker->met.p[row] = true;
	return push_import(worker, number, versions->p[row].crc, weak);
}

static bool keep_imports(struct worker *worker, struct build_facts *facts)
{
	const struct db_build_options *options = &worker->work->build->options;

	facts->import_count = (uint32_t)worker->imports.n;
	facts->imports =
		keep(worker, worker->imports.p, worker->imports.n, sizeof(*worker->imports.p));
	if (!options->report_unknown || !options->symvers)
		return facts->imports;
	facts->crcs = keep(worker, worker->crcs.p, worker->crcs.n, sizeof(*worker->crcs.p));
	return facts->imports && facts->crcs;
}

static bool read_imports(struct worker *worker, const struct ko *ko,
			 const struct ko_symbol *symbols, size_t n, struct build_facts *facts)
{
	bool has_registers = ko_machine(ko) == EM_SPARC || ko_machine(ko) == EM_SPARCV9;
	struct versions versions = {.before = worker->marks};

	versions.p = ko_versions(ko, &versions.n);
	worker->imports.n = worker->crcs.n = 0;
	worker->marks += (uint32_t)versions.n + 1;
	if (!versions.p || !mark_versions(worker, &versions))
		return false;
	for (size_t i = 1; i < n; i++) {
		const struct ko_symbol *symbol = &symbols[i];

		if (symbol->section != SHN_UNDEF || !symbol->name[0] ||
		    (has_registers && symbol->type == REGISTER_SYMBOL))
			continue;
		if (!push_undefined(worker, &versions, symbol))
			return false;
	}
	for (size_t i = 0; i < versions.n; i++)
		if (!worker->met.p[i] &&
		    !push_import(worker, worker->names_of_rows.p[i], versions.p[i].crc, false))
			return false;
	return keep_imports(worker, facts);
}

static bool read_infos(struct worker *worker, const struct ko *ko, const char *key,
		       struct span **out, uint32_t *count)
{
	size_t n;
	const struct ko_info *infos = ko_infos(ko, &n);

	worker->texts.n = 0;
	for (size_t i = 0; i < n; i++) {
		struct span *slot;

		if (infos[i].key[0] != key[0] || strcmp(infos[i].key, key) != 0)
			continue;
		slot = vec_push(&worker->texts);
		if (!slot)
			return false;
		slot->n = strlen(infos[i].value);
		slot->p = (unsigned char *)arena_strndup(worker->arena, infos[i].value, slot->n);
		if (!slot->p)
			return false;
	}
	*count = (uint32_t)worker->texts.n;
	*out = keep(worker, worker->texts.p, worker->texts.n, sizeof(**out));
	return *out;
}

static bool read_facts(struct worker *worker, const struct ko *ko, struct build_facts *facts)
{
	size_t n;
	const struct ko_symbol *symbols = ko_symbols(ko, &n);

	return symbols && read_exports(worker, ko, symbols, n, facts) &&
	       read_imports(worker, ko, symbols, n, facts) &&
	       read_infos(worker, ko, "alias", &facts->aliases, &facts->alias_count) &&
	       read_infos(worker, ko, "softdep", &facts->softdeps, &facts->softdep_count) &&
	       read_infos(worker, ko, "weakdep", &facts->weakdeps, &facts->weakdep_count);
}

static bool read_file(struct worker *worker, struct build_module *module)
{
	struct build_facts *facts = &module->facts;
	DEFER(ko_closep) struct ko *ko = NULL;
	struct err err;

	facts->code = ko_open_at(&ko, module->place.dir, module->place.path, worker->memory, &err);
	if (facts->code == 0 && !read_facts(worker, ko, facts))
		return false;
	if (facts->code == 0)
		facts->code = ko_failed(ko, &err);
	if (facts->code < 0 && facts->code != -ENOMEM)
		*facts = (struct build_facts){.code = facts->code,
					      .why = arena_strdup(worker->arena, err.text)};
	if (ko)
		module->id = *ko_file(ko);
	facts->thread = worker->number;
	return facts->code == 0 || facts->why;
}

static void worker_end(struct worker *worker)
{
	ko_memory_free(worker->memory);
	vec_free(&worker->exports);
	vec_free(&worker->imports);
	vec_free(&worker->crcs);
	vec_free(&worker->texts);
	vec_free(&worker->names_of_rows);
	vec_free(&worker->met);
}

static void *work_on(void *context)
{
	struct worker *worker = context;
	struct work *work = worker->work;
	size_t n = work->modules.n, i;

	worker->memory = ko_memory_new();
	while (!work->no_memory && (i = work->next++) < n)
		if (!read_file(worker, work->modules.p[i]))
			work->no_memory = true;
	worker_end(worker);
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
	vec_foreach (&work->build->modules, module) {
		struct build_module **slot;

		if (build_cache_take(work->build, *module))
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
	return build_cache_aliases(build, err);
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
