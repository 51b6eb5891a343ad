/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading what an earlier run has kept (build_kept.h). The file is checked once, here; behind that
 * its numbers lead nowhere else. It is taken only if nobody else can write to it, because what
 * root's depmod writes decides which modules root loads.
 */
#include "base/hash.h"
#include "db/build_kept.h"

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
	in->bytes = span_of(in->arrays[KEPT_BYTES], in->head->counts[KEPT_BYTES]);
	return true;
}

static bool text_fits(const struct reader *in, struct kept_text text)
{
	return text.at < in->bytes.n && text.length < in->bytes.n - text.at &&
	       in->bytes.p[text.at + text.length] == 0;
}

/* n elements from first on. */
static bool range_fits(const struct reader *in, enum kept_array array, uint64_t first, uint64_t n)
{
	uint64_t count = in->head->counts[array];

	return first <= count && n <= count - first;
}

static bool take_modules(struct reader *in)
{
	struct build_cache *cache = in->build->cache;

	cache->modules = in->arrays[KEPT_MODULES];
	cache->module_count = in->head->counts[KEPT_MODULES];
	for (size_t i = 0; i < cache->module_count; i++) {
		const struct kept_module *module = &cache->modules[i];

		if (!text_fits(in, module->path) || !text_fits(in, module->name) ||
		    !range_fits(in, KEPT_EXPORTS, module->first_export, module->exports) ||
		    !range_fits(in, KEPT_IMPORTS, module->first_import, module->imports) ||
		    !range_fits(in, KEPT_TEXTS, module->first_text,
				(uint64_t)module->aliases + module->softdeps + module->weakdeps))
			return false;
	}
	cache->taken = arena_array(in->build->arena, cache->module_count, sizeof(*cache->taken));
	return remember(in, cache->taken) &&
	       remember(in, map_reserve(&in->build->names, cache->module_count));
}

/* Entries are kinds with a name that ends, and something is known of each. */
static bool entries_fit(const struct reader *in, const struct kept_listing *listing)
{
	const struct build_cache *cache = in->build->cache;
	struct span entries = kept_span(in->bytes, listing->entries);
	uint64_t at = listing->first_known;

	for (; entries.n; at++) {
		const unsigned char *end = memchr(entries.p, 0, entries.n);

		if ((entries.p[0] != BUILD_FILE && entries.p[0] != BUILD_DIRECTORY) || !end ||
		    !range_fits(in, KEPT_KNOWN, at, 1) ||
		    cache->known[at] > cache->module_count + cache->listing_count)
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

static bool take_names(struct reader *in)
{
	const struct kept_text *kept = in->arrays[KEPT_NAMES];
	struct build_names *names = &in->build->symbols;
	size_t n = in->head->counts[KEPT_NAMES];

	if (!remember(in, vec_grow((void **)&names->list.p, &names->list.size, n,
				   sizeof(*names->list.p))))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!text_fits(in, kept[i]))
			return false;
		names->list.p[i] = build_name_of(kept_span(in->bytes, kept[i]));
	}
	names->list.n = n;
	return take_slots(in);
}

static bool take_aliases(struct reader *in)
{
	struct build_cache *cache = in->build->cache;

	cache->aliases = in->arrays[KEPT_ALIASES];
	cache->alias_count = in->head->counts[KEPT_ALIASES];
	for (size_t i = 0; i < cache->alias_count; i++) {
		const struct kept_alias *alias = &cache->aliases[i];

		if (alias->module >= cache->module_count ||
		    alias->index >= cache->modules[alias->module].aliases ||
		    !text_fits(in, alias->key))
			return false;
	}
	return true;
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
	       take_names(in) && take_aliases(in);
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
