/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading what an earlier run has kept (build_kept.h). The file is checked once, here; behind that
 * its numbers lead nowhere else. It is taken only if nobody else can write to it, because what
 * root's depmod writes decides which modules root loads.
 */
#include "base/hash.h"
#include "db/build_kept.h"
#include "db/build_output.h"

void build_kept_free(struct build_cache *cache)
{
	if (!cache)
		return;
	file_unmap(&cache->file);
}

struct reader {
	struct db_build *build;
	const struct kept_head *head;
	const void *arrays[KEPT_ARRAYS];
	struct span bytes;
	bool no_memory;
};

/* All below return false for a damaged file, and when memory runs out. */
static bool remember(struct reader *in, bool fine)
{
	in->no_memory = in->no_memory || !fine;
	return fine;
}

static bool take_head(struct reader *in, struct span file)
{
	const struct kept_head *head = (const struct kept_head *)file.p;
	const size_t hashed = offsetof(struct kept_head, symbols);

	in->head = head;
	return file.n >= sizeof(*head) &&
	       memcmp(head->magic, kept_magic, sizeof(kept_magic)) == 0 &&
	       hash_bytes(span_of(file.p + hashed, file.n - hashed)) == head->hash;
}

static struct span bytes_of(const struct reader *in, enum kept_array array)
{
	return span_of(in->arrays[array], in->head->counts[array]);
}

static bool take_arrays(struct reader *in, struct span file)
{
	struct span rest = span_of(file.p + sizeof(*in->head), file.n - sizeof(*in->head));

	for (int i = 0; i < KEPT_ARRAYS; i++) {
		uint64_t count = in->head->counts[i], length;

		if (count > kept_max)
			return false;
		length = (count * kept_sizes[i] + 7) & ~(uint64_t)7;
		if (length > rest.n)
			return false;
		in->arrays[i] = rest.p;
		rest = span_of(rest.p + length, rest.n - length);
	}
	in->bytes = bytes_of(in, KEPT_BYTES);
	in->build->cache->dep = bytes_of(in, KEPT_DEP);
	in->build->cache->dep_bin = bytes_of(in, KEPT_DEP_BIN);
	in->build->cache->alias = bytes_of(in, KEPT_ALIAS);
	in->build->cache->alias_bin = bytes_of(in, KEPT_ALIAS_BIN);
	return true;
}

static bool part_fits(struct span bytes, struct kept_text part)
{
	return part.at <= bytes.n && part.length <= bytes.n - part.at;
}

/* One that ends with a NUL. */
static bool text_fits(const struct reader *in, struct kept_text text)
{
	return part_fits(in->bytes, text) && text.at + text.length < in->bytes.n &&
	       in->bytes.p[text.at + text.length] == 0;
}

/* n elements from first on. */
static bool range_fits(const struct reader *in, enum kept_array array, uint64_t first, uint64_t n)
{
	uint64_t count = in->head->counts[array];

	return first <= count && n <= count - first;
}

/* The lines of a module's aliases are as long as the aliases make them (build_text.c). */
static bool aliases_fit(const struct reader *in, const struct kept_module *module)
{
	const uint32_t *lengths = in->build->cache->aliases;
	uint64_t length = 0;

	if (!range_fits(in, KEPT_ALIASES, module->first_alias, module->aliases) ||
	    !part_fits(in->build->cache->alias, module->alias_lines))
		return false;
	for (uint32_t i = 0; i < module->aliases; i++)
		length += build_alias_line_length(lengths[module->first_alias + i],
						  module->name.length);
	return length == module->alias_lines.length;
}

static bool depends_fit(const struct reader *in, const struct kept_module *module)
{
	const uint32_t *depends = in->build->cache->depends;

	if (!range_fits(in, KEPT_DEPENDS, module->first_depend, module->depends))
		return false;
	for (uint32_t i = 0; i < module->depends; i++)
		if (depends[module->first_depend + i] >= in->head->counts[KEPT_MODULES])
			return false;
	return true;
}

static bool module_fits(const struct reader *in, const struct kept_module *module)
{
	return text_fits(in, module->path) && text_fits(in, module->name) &&
	       part_fits(in->build->cache->dep, module->line) && aliases_fit(in, module) &&
	       depends_fit(in, module) && module->index < in->head->modules &&
	       module->rank < in->head->modules &&
	       range_fits(in, KEPT_EXPORTS, module->first_export, module->exports) &&
	       range_fits(in, KEPT_IMPORTS, module->first_import, module->imports) &&
	       range_fits(in, KEPT_TEXTS, module->first_text,
			  (uint64_t)module->softdeps + module->weakdeps);
}

static bool take_modules(struct reader *in)
{
	struct build_cache *cache = in->build->cache;

	cache->modules = in->arrays[KEPT_MODULES];
	cache->module_count = in->head->counts[KEPT_MODULES];
	cache->depends = in->arrays[KEPT_DEPENDS];
	cache->aliases = in->arrays[KEPT_ALIASES];
	if (in->head->modules > BUILD_MODULES_MAX || cache->module_count > in->head->modules)
		return false;
	for (size_t i = 0; i < cache->module_count; i++)
		if (!module_fits(in, &cache->modules[i]))
			return false;
	cache->taken = arena_array(in->build->arena, cache->module_count, sizeof(*cache->taken));
	return remember(in, cache->taken) &&
	       remember(in, map_reserve(&in->build->names, cache->module_count));
}

/* Whether what is known of an entry can have its path: that of the listing, "/" and its name. */
static bool known_fits(const struct reader *in, const struct kept_listing *listing, uint32_t number,
		       size_t name)
{
	const struct build_cache *cache = in->build->cache;
	uint64_t length = (uint64_t)listing->path.length + 1 + name;

	if (number == 0)
		return true;
	if (number > cache->module_count + cache->listing_count)
		return false;
	if (number > cache->module_count)
		return cache->listings[number - cache->module_count - 1].path.length == length;
	return cache->modules[number - 1].path.length == length &&
	       cache->modules[number - 1].name.length <= name;
}

/* Entries are kinds with a name that ends, and something is known of each. */
static bool entries_fit(const struct reader *in, const struct kept_listing *listing)
{
	const struct build_cache *cache = in->build->cache;
	struct span entries = kept_span(in->bytes, listing->entries);
	uint64_t at = listing->first_known;

	for (; entries.n; at++) {
		const unsigned char *end = memchr(entries.p, 0, entries.n);
		bool is_file = entries.p[0] == BUILD_FILE;

		if ((!is_file && entries.p[0] != BUILD_DIRECTORY) || !end ||
		    !range_fits(in, KEPT_KNOWN, at, 1) ||
		    (is_file && cache->known[at] > cache->module_count) ||
		    !known_fits(in, listing, cache->known[at], (size_t)(end - entries.p) - 1))
			return false;
		entries = span_of(end + 1, entries.n - (size_t)(end + 1 - entries.p));
	}
	return true;
}

static bool take_listings(struct reader *in)
{
	struct build_cache *cache = in->build->cache;

	cache->listings = in->arrays[KEPT_LISTINGS];
	cache->listing_count = in->head->counts[KEPT_LISTINGS];
	cache->known = in->arrays[KEPT_KNOWN];
	for (size_t i = 0; i < cache->listing_count; i++)
		if (!text_fits(in, cache->listings[i].path) ||
		    !text_fits(in, cache->listings[i].entries) ||
		    !entries_fit(in, &cache->listings[i]))
			return false;
	return true;
}

static bool take_links(struct reader *in)
{
	const struct build_export *exports = in->arrays[KEPT_EXPORTS];
	const struct build_import *imports = in->arrays[KEPT_IMPORTS];
	size_t export_count = in->head->counts[KEPT_EXPORTS];
	size_t import_count = in->head->counts[KEPT_IMPORTS];
	uint32_t largest = 0;

	for (size_t i = 0; i < export_count; i++)
		largest = exports[i].name > largest ? exports[i].name : largest;
	for (size_t i = 0; i < import_count; i++)
		largest = imports[i].name > largest ? imports[i].name : largest;
	in->build->cache->exports = exports;
	in->build->cache->imports = imports;
	return !(export_count + import_count) || largest < in->head->counts[KEPT_NAMES];
}

static bool take_texts(struct reader *in)
{
	const struct kept_text *kept = in->arrays[KEPT_TEXTS];
	size_t n = in->head->counts[KEPT_TEXTS];
	struct span *texts = arena_bytes(in->build->arena, n * sizeof(*texts));

	if (!remember(in, texts))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!text_fits(in, kept[i]))
			return false;
		texts[i] = kept_span(in->bytes, kept[i]);
	}
	in->build->cache->texts = texts;
	return true;
}

/* A hash table of n texts, whose slots have numbers from 1 on in their lower halves. */
static bool slots_fit(const struct reader *in, enum kept_array array, size_t n)
{
	const uint64_t *slots = in->arrays[array];
	size_t size = in->head->counts[array], used = 0;
	uint32_t largest = 0;

	if (size != build_names_room(n))
		return false;
	for (size_t i = 0; i < size; i++) {
		largest = (uint32_t)slots[i] > largest ? (uint32_t)slots[i] : largest;
		used += slots[i] != 0;
	}
	return largest <= n && used <= n;
}

/* The slots serve as they are; a new name is put into a copy of their page. */
static bool take_slots(struct reader *in)
{
	struct build_names *names = &in->build->symbols;
	struct build_cache *cache = in->build->cache;

	names->slots = (uint64_t *)in->arrays[KEPT_NAME_SLOTS];
	names->size = in->head->counts[KEPT_NAME_SLOTS];
	names->is_lent = true;
	cache->slots = in->arrays[KEPT_PATH_SLOTS];
	cache->slot_count = in->head->counts[KEPT_PATH_SLOTS];
	return slots_fit(in, KEPT_NAME_SLOTS, names->list.n) &&
	       slots_fit(in, KEPT_PATH_SLOTS, cache->module_count + cache->listing_count);
}

/* Names have no end of their own here: what is not looked at need not be read. */
static bool take_names(struct reader *in)
{
	struct build_cache *cache = in->build->cache;

	cache->names = in->arrays[KEPT_NAMES];
	cache->name_count = in->head->counts[KEPT_NAMES];
	for (size_t i = 0; i < cache->name_count; i++)
		if (!part_fits(in->bytes, cache->names[i].text) ||
		    cache->names[i].module > cache->module_count)
			return false;
	return remember(in, build_names_know(&in->build->symbols, cache, cache->name_count)) &&
	       take_slots(in);
}

static bool take_all(struct reader *in, struct span file)
{
	struct span dir = span_text(in->build->options.dir);

	if (!take_head(in, file) || !take_arrays(in, file) || !text_fits(in, in->head->dir) ||
	    !span_equal(kept_span(in->bytes, in->head->dir), dir))
		return false;
	in->build->cache->head = in->head;
	in->build->cache->bytes = in->bytes;
	return take_modules(in) && take_listings(in) && take_links(in) && take_texts(in) &&
	       take_names(in);
}

static void forget(struct db_build *build)
{
	build_kept_free(build->cache);
	*build->cache = (struct build_cache){0};
	build_names_free(&build->symbols);
	build->symbols = (struct build_names){.arena = build->arena};
}

int build_kept_read(struct db_build *build, struct err *err)
{
	struct reader in = {.build = build};

	build->cache = arena_alloc(build->arena, sizeof(*build->cache));
	if (!build->cache)
		return err_no_memory(err);
	if (file_map_own(build->options.cache, FILE_OWN, kept_max, &build->cache->file, NULL) ==
		    0 &&
	    take_all(&in, build->cache->file.bytes))
		return 0;
	forget(build);
	return in.no_memory ? err_no_memory(err) : 0;
}
