/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes what depmod keeps for its next run: build_kept.h has the form, build_cache.c what it
 * means.
 */
#include "base/hash.h"
#include "db/build_kept.h"
#include "db/build_output.h"

struct writer {
	struct build_output *output;
	struct db_build *build;
	struct kept_head head;
	struct buf arrays[KEPT_ARRAYS];
	uint32_t *names;  /* numbers of names in the file, + 1; 0: it is not there yet */
	uint32_t *places; /* of modules in the file, + 1, by their index */
	struct map known; /* numbers of what is in the file, by path */
	bool is_whole;	  /* all modules are kept */
	bool no_memory;
};

static void writer_free(struct writer *out)
{
	for (int i = 0; i < KEPT_ARRAYS; i++)
		buf_free(&out->arrays[i]);
	mem_free(out->names);
	mem_free(out->places);
	map_free(&out->known);
}

static void put(struct writer *out, enum kept_array array, const void *p, size_t n)
{
	buf_add(&out->arrays[array], p, n * kept_sizes[array]);
	out->head.counts[array] += n;
}

static struct kept_text put_bytes(struct writer *out, struct span text)
{
	struct kept_text kept = {(uint32_t)out->head.counts[KEPT_BYTES], (uint32_t)text.n};

	put(out, KEPT_BYTES, text.p, text.n);
	put(out, KEPT_BYTES, "", 1);
	return kept;
}

static void put_texts(struct writer *out, enum kept_array array, const struct span *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct kept_text kept = put_bytes(out, texts[i]);

		put(out, array, &kept, 1);
	}
}

static uint32_t name_number(struct writer *out, uint32_t number)
{
	if (!out->names[number]) {
		struct span text = build_names_at(&out->build->symbols, number)->text;
		struct kept_name kept = {put_bytes(out, text), 0};

		put(out, KEPT_NAMES, &kept, 1);
		out->names[number] = (uint32_t)out->head.counts[KEPT_NAMES];
	}
	return out->names[number] - 1;
}

static void put_facts(struct writer *out, const struct build_facts *facts)
{
	for (uint32_t i = 0; i < facts->export_count; i++) {
		struct build_export export;

		memset(&export, 0, sizeof(export)); /* also what lies between its fields */
		export.crc = facts->exports[i].crc;
		export.name = name_number(out, facts->exports[i].name);
		put(out, KEPT_EXPORTS, &export, 1);
	}
	for (uint32_t i = 0; i < facts->import_count; i++) {
		struct build_import import = facts->imports[i];

		import.name = name_number(out, import.name) & 0x7fffffff;
		put(out, KEPT_IMPORTS, &import, 1);
	}
	put_texts(out, KEPT_TEXTS, facts->softdeps, facts->softdep_count);
	put_texts(out, KEPT_TEXTS, facts->weakdeps, facts->weakdep_count);
	for (uint32_t i = 0; i < facts->alias_count; i++) {
		uint32_t length = (uint32_t)facts->aliases[i].n;

		put(out, KEPT_ALIASES, &length, 1);
	}
}

/* Where a part of a file that is kept lies. */
static struct kept_text place_of(const struct buf *file, struct span part)
{
	return (struct kept_text){(uint32_t)(part.p - (const unsigned char *)file->p),
				  (uint32_t)part.n};
}

/* When all modules are kept, their numbers in the file are their indexes. */
static void put_depends(struct writer *out, const struct build_module *module)
{
	for (size_t i = 0; out->is_whole && i < module->depend_count; i++)
		put(out, KEPT_DEPENDS, &module->depends[i]->index, 1);
}

static void set_known(struct writer *out, const char *path, uint32_t number)
{
	if (!map_add(&out->known, span_text(path), (void *)(uintptr_t)number))
		out->no_memory = true;
}

static void put_module(struct writer *out, struct build_module *module)
{
	const struct build_output *output = out->output;
	const struct buf *dep = &output->files[BUILD_DEP], *alias = &output->files[BUILD_ALIAS];
	const struct build_facts *facts = &module->facts;
	const uint64_t *counts = out->head.counts;
	struct kept_module kept = {
		.id = module->id,
		.exports_hash = build_exports_hash(out->build, module),
		.path = put_bytes(out, span_text(module->path)),
		.name = put_bytes(out, module->name),
		.line = place_of(dep, build_line(output, module->index)),
		.alias_lines = place_of(
			alias, build_part(buf_span(alias), output->alias_begins, module->index)),
		.first_export = (uint32_t)counts[KEPT_EXPORTS],
		.exports = facts->export_count,
		.first_import = (uint32_t)counts[KEPT_IMPORTS],
		.imports = facts->import_count,
		.first_depend = (uint32_t)counts[KEPT_DEPENDS],
		.depends = out->is_whole ? (uint32_t)module->depend_count : 0,
		.first_text = (uint32_t)counts[KEPT_TEXTS],
		.softdeps = facts->softdep_count,
		.weakdeps = facts->weakdep_count,
		.first_alias = (uint32_t)counts[KEPT_ALIASES],
		.aliases = facts->alias_count,
		.index = module->index,
		.rank = (uint32_t)module->rank,
		.notes = module->notes,
	};

	if (!build_cache_aliases(out->build, module))
		out->no_memory = true;
	else
		put_facts(out, facts);
	put_depends(out, module);
	put(out, KEPT_MODULES, &kept, 1);
	out->places[module->index] = (uint32_t)counts[KEPT_MODULES];
	set_known(out, module->path, out->places[module->index]);
}

static bool is_kept(const struct db_build *build, const struct build_module *module)
{
	return module->facts.code == 0 && file_is_settled(&module->id, build->clock);
}

static void put_modules(struct writer *out)
{
	const struct db_build *build = out->build;

	out->is_whole = true;
	vec_foreach (&build->modules, module)
		out->is_whole = out->is_whole && is_kept(build, *module);
	vec_foreach (&build->modules, module)
		if (is_kept(build, *module))
			put_module(out, *module);
}

/* Who exports what, which is known now that all modules have a number. */
static void put_owners(struct writer *out)
{
	struct kept_name *kept = (struct kept_name *)out->arrays[KEPT_NAMES].p;

	for (uint32_t i = 0;
	     !buf_failed(&out->arrays[KEPT_NAMES]) && i < out->build->symbols.list.n; i++) {
		const struct build_module *module = build_names_at(&out->build->symbols, i)->module;

		if (module && out->names[i])
			kept[out->names[i] - 1].module = out->places[module->index];
	}
}

/* A hash table of texts, which are numbered from 0 on. */
static void put_slots(struct writer *out, enum kept_array array, const struct kept_text *texts,
		      size_t n)
{
	size_t size = build_names_room(n);
	DEFER(mem_freep) uint64_t *slots = mem_array(size, sizeof(*slots));
	const struct buf *bytes = &out->arrays[KEPT_BYTES];

	if (!slots || buf_failed(bytes)) {
		out->no_memory = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		build_names_put(slots, size, span_of(bytes->p + texts[i].at, texts[i].length),
				(uint32_t)i);
	put(out, array, slots, size);
}

static void put_name_slots(struct writer *out)
{
	size_t n = out->head.counts[KEPT_NAMES];
	DEFER(mem_freep) struct kept_text *texts = mem_array(n, sizeof(*texts));
	const struct buf *names = &out->arrays[KEPT_NAMES];

	if (!texts || buf_failed(names)) {
		out->no_memory = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		texts[i] = ((const struct kept_name *)names->p)[i].text;
	put_slots(out, KEPT_NAME_SLOTS, texts, n);
}

static void put_path_slots(struct writer *out)
{
	size_t modules = out->head.counts[KEPT_MODULES], listings = out->head.counts[KEPT_LISTINGS];
	DEFER(mem_freep) struct kept_text *paths = mem_array(modules + listings, sizeof(*paths));
	const struct buf *module = &out->arrays[KEPT_MODULES];
	const struct buf *listing = &out->arrays[KEPT_LISTINGS];

	if (!paths || buf_failed(module) || buf_failed(listing)) {
		out->no_memory = true;
		return;
	}
	for (size_t i = 0; i < modules; i++)
		paths[i] = ((const struct kept_module *)module->p)[i].path;
	for (size_t i = 0; i < listings; i++)
		paths[modules + i] = ((const struct kept_listing *)listing->p)[i].path;
	put_slots(out, KEPT_PATH_SLOTS, paths, modules + listings);
}

/* What is known of each entry of a directory, for which path is a scratch. */
static void put_known(struct writer *out, const struct build_listing *listing, struct buf *path)
{
	for (struct span rest = listing->entries; rest.n;) {
		const char *name = (const char *)rest.p + 1;
		size_t length = strlen(name) + 2;
		uint32_t number;

		buf_clear(path);
		buf_text(path, listing->path);
		buf_text(path, "/");
		buf_text(path, name);
		number = (uint32_t)(uintptr_t)map_get(&out->known, buf_span(path));
		put(out, KEPT_KNOWN, &number, 1);
		rest = span_of(rest.p + length, rest.n - length);
	}
	out->no_memory = out->no_memory || buf_failed(path);
}

static void put_listings(struct writer *out)
{
	const struct db_build *build = out->build;
	DEFER(buf_free) struct buf path = {0};

	for (size_t i = 0; i < build->listings.n; i++)
		set_known(out, build->listings.p[i].path,
			  kept_listing_number(out->head.counts[KEPT_MODULES], i));
	vec_foreach (&build->listings, listing) {
		struct kept_listing kept = {
			.id = listing->id,
			.path = put_bytes(out, span_text(listing->path)),
			.entries = put_bytes(out, listing->entries),
			.first_known = out->head.counts[KEPT_KNOWN],
		};

		put_known(out, listing, &path);
		put(out, KEPT_LISTINGS, &kept, 1);
	}
}

/* The arrays that are files lie in the buffers of these. */
static const struct buf *buf_of(const struct writer *out, int array)
{
	const struct buf *files = out->output->files;

	switch (array) {
	case KEPT_DEP:
		return &files[BUILD_DEP];
	case KEPT_DEP_BIN:
		return &files[BUILD_DEP_BIN];
	case KEPT_ALIAS:
		return &files[BUILD_ALIAS];
	case KEPT_ALIAS_BIN:
		return &files[BUILD_ALIAS_BIN];
	default:
		return &out->arrays[array];
	}
}

static void count_files(struct writer *out)
{
	for (int i = KEPT_DEP; i <= KEPT_ALIAS_BIN; i++)
		out->head.counts[i] = buf_of(out, i)->n;
}

static void put_all(struct writer *out, struct buf *file)
{
	static const char nothing[8];
	struct kept_head *head;

	buf_add(file, &out->head, sizeof(out->head));
	for (int i = 0; i < KEPT_ARRAYS; i++) {
		const struct buf *array = buf_of(out, i);

		buf_add(file, array->p, array->n);
		buf_add(file, nothing, -array->n & 7);
		file->failed = file->failed || buf_failed(array);
	}
	if (buf_failed(file))
		return;
	head = (struct kept_head *)file->p;
	head->hash =
		hash_bytes(span_of(&head->symbols, file->n - offsetof(struct kept_head, symbols)));
}

void build_keep(struct build_output *output)
{
	struct db_build *build = output->build;
	DEFER(writer_free) struct writer out = {.output = output, .build = build};
	DEFER(buf_free) struct buf file = {0};

	out.names = mem_array(build->symbols.list.n, sizeof(*out.names));
	out.places = mem_array(build->modules.n, sizeof(*out.places));
	if (!out.names || !out.places)
		return;
	memcpy(out.head.magic, kept_magic, sizeof(kept_magic));
	out.head.dir = put_bytes(&out, span_text(build->options.dir));
	out.head.modules = build->modules.n;
	out.head.symbol_prefix = (unsigned char)build->options.symbol_prefix;
	put_modules(&out);
	put_owners(&out);
	put_name_slots(&out);
	put_listings(&out);
	put_path_slots(&out);
	count_files(&out);
	build_note_symbols(output); /* now, that some time has passed */
	out.head.symbols = build->symbols_written;
	put_all(&out, &file);
	if (!out.no_memory && !buf_failed(&file) && file.n <= kept_max)
		file_replace_own(build->options.cache, buf_span(&file));
}
