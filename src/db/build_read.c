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
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "db/build_internal.h"
#include "ko/ko.h"

enum { THREADS_MAX = 64, REGISTER_SYMBOL = 13 /* STT_REGISTER, of sparc */ };

struct work {
	struct db_build *build;
	atomic_size_t next;
	atomic_bool no_memory;
};

struct worker {
	struct work *work;
	struct arena *arena;
	struct ko_memory *memory; /* NULL: each file takes its own */
	pthread_t thread;
	VEC(struct build_symbol) symbols; /* scratch, as are these */
	VEC(struct span) texts;
};

static bool keep_text(struct worker *worker, const char *text, struct span *out)
{
	size_t length = strlen(text);

	*out = span_of(arena_strndup(worker->arena, text, length), length);
	return out->p;
}

static bool push_symbol(struct worker *worker, const char *name, uint64_t crc, bool weak)
{
	struct build_symbol *slot = vec_push(&worker->symbols);

	if (!slot)
		return false;
	slot->crc = crc;
	slot->weak = weak;
	return keep_text(worker, name, &slot->name);
}

/* Moves what was pushed into the arena. */
static bool take_symbols(struct worker *worker, struct build_symbol **out, size_t *count)
{
	*out = arena_array(worker->arena, worker->symbols.n, sizeof(**out));
	if (!*out)
		return false;
	if (worker->symbols.n)
		memcpy(*out, worker->symbols.p, worker->symbols.n * sizeof(**out));
	*count = worker->symbols.n;
	worker->symbols.n = 0;
	return true;
}

static uint64_t crc_of(const struct ko *ko, const struct ko_symbol *symbol)
{
	const struct ko_section *section;
	uint64_t crc = UINT64_MAX;

	if (symbol->section == SHN_ABS || symbol->section == SHN_UNDEF)
		return symbol->value;
	section = ko_section(ko, symbol->section);
	if (section)
		span_number(ko_section_data(ko, section), symbol->value, 4, ko_big_endian(ko),
			    &crc);
	return crc;
}

static bool push_strings(struct worker *worker, struct span strings)
{
	for (uint64_t at = 0; at < strings.n;) {
		const char *text = span_string(strings, at);

		if (!text)
			return true;
		if (*text && !push_symbol(worker, text, 0, false))
			return false;
		at += strlen(text) + 1;
	}
	return true;
}

static bool read_exports(struct worker *worker, const struct ko *ko,
			 const struct ko_symbol *symbols, size_t n, struct build_facts *facts)
{
	static const char mark[] = "__crc_";
	const struct ko_section *strings;

	for (size_t i = 1; i < n; i++) {
		const char *name = symbols[i].name;

		if (strncmp(name, mark, sizeof(mark) - 1) == 0 &&
		    !push_symbol(worker, name + sizeof(mark) - 1, crc_of(ko, &symbols[i]), false))
			return false;
	}
	strings = worker->symbols.n ? NULL : ko_section_named(ko, "__ksymtab_strings");
	if (strings && !push_strings(worker, ko_section_data(ko, strings)))
		return false;
	return take_symbols(worker, &facts->exports, &facts->export_count);
}

/* __versions by name; its values are the entries, of which used[] marks those that were met. */
struct crcs {
	const struct ko_version *p;
	size_t n;
	struct map names;
	bool *used;
};

static void crcs_free(struct crcs *crcs)
{
	map_free(&crcs->names);
	mem_free(crcs->used);
}

static bool crcs_read(struct crcs *crcs, const struct ko *ko)
{
	crcs->p = ko_versions(ko, &crcs->n);
	crcs->used = mem_array(crcs->n, 1);
	if (!crcs->p || !crcs->used)
		return false;
	for (size_t i = 0; i < crcs->n; i++)
		if (!map_add(&crcs->names, span_text(crcs->p[i].name), (void *)&crcs->p[i]))
			return false;
	return true;
}

static uint64_t crcs_take(struct crcs *crcs, const char *name)
{
	const struct ko_version *version = map_get(&crcs->names, span_text(name));

	if (!version)
		return 0;
	crcs->used[version - crcs->p] = true;
	return version->crc;
}

static bool is_import(const struct ko_symbol *symbol, bool has_registers)
{
	return symbol->section == SHN_UNDEF && symbol->name[0] &&
	       !(has_registers && symbol->type == REGISTER_SYMBOL);
}

static bool read_imports(struct worker *worker, const struct ko *ko,
			 const struct ko_symbol *symbols, size_t n, struct build_facts *facts)
{
	bool has_registers = ko_machine(ko) == EM_SPARC || ko_machine(ko) == EM_SPARCV9;
	DEFER(crcs_free) struct crcs crcs = {0};

	if (!crcs_read(&crcs, ko))
		return false;
	for (size_t i = 1; i < n; i++) {
		const struct ko_symbol *symbol = &symbols[i];

		if (is_import(symbol, has_registers) &&
		    !push_symbol(worker, symbol->name, crcs_take(&crcs, symbol->name),
				 symbol->binding == STB_WEAK))
			return false;
	}
	for (size_t i = 0; i < crcs.n; i++)
		if (!crcs.used[i] && !push_symbol(worker, crcs.p[i].name, crcs.p[i].crc, false))
			return false;
	return take_symbols(worker, &facts->imports, &facts->import_count);
}

static bool read_infos(struct worker *worker, const struct ko *ko, const char *key,
		       struct span **out, size_t *count)
{
	size_t n;
	const struct ko_info *infos = ko_infos(ko, &n);

	worker->texts.n = 0;
	for (size_t i = 0; i < n; i++) {
		struct span *slot;

		if (strcmp(infos[i].key, key) != 0)
			continue;
		slot = vec_push(&worker->texts);
		if (!slot || !keep_text(worker, infos[i].value, slot))
			return false;
	}
	*count = worker->texts.n;
	*out = arena_array(worker->arena, *count, sizeof(**out));
	if (*out && *count)
		memcpy(*out, worker->texts.p, *count * sizeof(**out));
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
	struct err err = {0};

	facts->code = ko_open_at(&ko, AT_FDCWD, module->path, worker->memory, &err);
	if (facts->code == 0 && !read_facts(worker, ko, facts))
		return false;
	if (facts->code == 0)
		facts->code = ko_failed(ko, &err);
	if (facts->code < 0 && facts->code != -ENOMEM)
		*facts = (struct build_facts){.code = facts->code,
					      .why = arena_strdup(worker->arena, err.text)};
	return facts->code == 0 || facts->why;
}

static void *work_on(void *context)
{
	struct worker *worker = context;
	struct work *work = worker->work;
	size_t n = work->build->modules.n, i;

	worker->memory = ko_memory_new();
	while (!work->no_memory && (i = work->next++) < n)
		if (!read_file(worker, work->build->modules.p[i]))
			work->no_memory = true;
	ko_memory_free(worker->memory);
	vec_free(&worker->symbols);
	vec_free(&worker->texts);
	return NULL;
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

int build_read(struct db_build *build, struct err *err)
{
	struct work work = {.build = build};
	struct worker workers[THREADS_MAX] = {0};
	unsigned int n = build->thread_count, started;

	for (unsigned int i = 0; i < n; i++) {
		workers[i].work = &work;
		workers[i].arena = build->thread_arenas[i];
	}
	for (started = 1; started < n; started++)
		if (pthread_create(&workers[started].thread, NULL, work_on, &workers[started]))
			break; /* fewer will do */
	work_on(&workers[0]);
	while (--started > 0)
		pthread_join(workers[started].thread, NULL);
	if (work.no_memory)
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
