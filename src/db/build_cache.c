/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What depmod keeps for its next run: the facts of each module file and the entries of each
 * directory, with the state (struct file_id) that they were read from. What is in another state now
 * is read again. Nothing else is kept: configuration, order and dependencies are worked out anew.
 * (Of the symbols' files it is kept what was in them, so that they can be left alone while it is
 * the same.)
 *
 * A state is kept only when it is older than the run: two changes within one tick of the clock
 * leave the same times behind. Facts are taken from a file of our own only that nobody else can
 * write to, because what root's depmod writes decides which modules root loads.
 *
 * The file (build_kept.h) is checked once, here; behind that its numbers lead nowhere else.
 */
#include <errno.h>

#include "base/hash.h"
#include "base/threads.h"
#include "db/build_kept.h"

enum { REWRITE_PART = 32 }; /* a file is not worth to be written for fewer changes than 1 in 32 */

struct build_cache {
	struct file_map file;
	const struct kept_head *head;
	const struct kept_module *modules;
	const struct kept_listing *listings;
	const uint32_t *known;
	const struct build_export *exports;
	const struct build_import *imports;
	const struct kept_alias *aliases;
	struct span bytes;
	struct span *texts;
	const uint64_t *slots; /* of the paths */
	size_t module_count, listing_count, alias_count, slot_count;

	struct build_module **taken; /* by kept module: who has its facts now */
};

void build_cache_free(struct build_cache *cache)
{
	if (!cache)
		return;
	file_unmap(&cache->file);
}

/* Reading ---------------------------------------------------------------------------------- */

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

static struct span text_of(struct span bytes, struct kept_text text)
{
	return span_of(bytes.p + text.at, text.length);
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
	struct span entries = text_of(in->bytes, listing->entries);
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
		texts[i] = text_of(in->bytes, kept[i]);
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
		names->list.p[i] = build_name_of(text_of(in->bytes, kept[i]));
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
	    !span_equal(text_of(in->bytes, in->head->dir), dir))
		return false;
	in->build->cache->head = in->head;
	in->build->cache->bytes = in->bytes;
	return take_modules(in) && take_listings(in) && take_links(in) && take_texts(in) &&
	       take_names(in) && take_aliases(in);
}

static void forget(struct db_build *build)
{
	build_cache_free(build->cache);
	*build->cache = (struct build_cache){0};
	build_names_free(&build->symbols);
	build->symbols = (struct build_names){.arena = build->arena};
}

int build_cache_read(struct db_build *build, struct err *err)
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

/* Using ------------------------------------------------------------------------------------ */

static bool is_same(const struct file_id *a, const struct file_id *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified == b->modified && a->changed == b->changed;
}

/* Whether what path leads to is in that state. */
static bool is_as_it_was(struct build_place place, const struct file_id *id)
{
	struct file_id now;

	return file_identify(place.dir, place.path, &now) == 0 && is_same(&now, id);
}

static const struct kept_listing *listing_of(const struct build_cache *cache, uint32_t number)
{
	return number > cache->module_count ? &cache->listings[number - cache->module_count - 1]
					    : NULL;
}

static const struct kept_module *module_of(const struct build_cache *cache, uint32_t number)
{
	return number && number <= cache->module_count ? &cache->modules[number - 1] : NULL;
}

static struct kept_text path_of(const struct build_cache *cache, uint32_t number)
{
	const struct kept_module *module = module_of(cache, number);

	return module ? module->path : listing_of(cache, number)->path;
}

static uint32_t number_of(const struct build_cache *cache, const char *path)
{
	struct span text = span_text(path);
	uint64_t hash = hash_short(text);

	for (size_t i = hash; cache->slot_count; i++) {
		uint64_t slot = cache->slots[i & (cache->slot_count - 1)];
		uint32_t number = (uint32_t)slot;

		if (number == 0 ||
		    (slot >> 32 == hash >> 32 &&
		     span_equal(text_of(cache->bytes, path_of(cache, number)), text)))
			return number;
	}
	return 0;
}

struct build_known build_cache_known(const struct db_build *build, uint32_t number)
{
	const struct build_cache *cache = build->cache;
	const struct kept_module *module = module_of(cache, number);
	struct span path = text_of(cache->bytes, path_of(cache, number));

	return (struct build_known){
		.path = (const char *)path.p,
		.name = module ? text_of(cache->bytes, module->name) : span_of("", 0),
	};
}

bool build_cache_listing(struct db_build *build, const char *path, uint32_t number,
			 struct build_listing *out)
{
	struct build_cache *cache = build->cache;
	const struct kept_listing *listing;

	if (cache && !number)
		number = number_of(cache, path);
	listing = cache && number ? listing_of(cache, number) : NULL;
	if (!listing || !is_as_it_was(build_place(build, path), &listing->id))
		return false;
	*out = (struct build_listing){path, listing->id, text_of(cache->bytes, listing->entries),
				      cache->known + listing->first_known};
	return true;
}

static struct build_facts facts_of(const struct build_cache *cache, const struct kept_module *kept)
{
	struct span *texts = cache->texts + kept->first_text;

	return (struct build_facts){
		.exports = (struct build_export *)cache->exports + kept->first_export,
		.imports = (struct build_import *)cache->imports + kept->first_import,
		.aliases = texts,
		.softdeps = texts + kept->aliases,
		.weakdeps = texts + kept->aliases + kept->softdeps,
		.export_count = kept->exports,
		.import_count = kept->imports,
		.alias_count = kept->aliases,
		.softdep_count = kept->softdeps,
		.weakdep_count = kept->weakdeps,
	};
}

size_t build_cache_module_count(const struct db_build *build)
{
	return build->cache ? build->cache->module_count : 0;
}

static void look_at(void *context, size_t number)
{
	const struct db_build *build = context;
	struct build_module *module = build->modules.p[number];
	const struct kept_module *kept;

	if (!module->known)
		module->known = number_of(build->cache, module->path);
	kept = module_of(build->cache, module->known);
	module->is_cached = kept && is_as_it_was(module->place, &kept->id);
}

static void take(struct db_build *build, struct build_module *module)
{
	struct build_cache *cache = build->cache;
	const struct kept_module *kept = module_of(cache, module->known);

	module->facts = facts_of(cache, kept);
	module->id = kept->id;
	module->exports_hash = kept->exports_hash;
	cache->taken[module->known - 1] = module;
	build->reused++;
}

/* The system takes most of the time that an incremental depmod needs to tell in which state files
 * are; hence several threads ask. */
void build_cache_take(struct db_build *build)
{
	if (!build->cache || !build->cache->module_count)
		return;
	threads_each(build_useful_threads(build), build->modules.n, look_at, build);
	vec_foreach (&build->modules, module)
		if ((*module)->is_cached)
			take(build, *module);
}

size_t build_cache_alias_count(const struct db_build *build)
{
	return build->cache ? build->cache->alias_count : 0;
}

bool build_cache_alias(const struct db_build *build, size_t number, struct build_alias *out)
{
	const struct build_cache *cache = build->cache;
	const struct kept_alias *alias = &cache->aliases[number];
	const struct build_module *module = cache->taken[alias->module];

	if (module)
		*out = (struct build_alias){text_of(cache->bytes, alias->key), module->index,
					    alias->index};
	return module;
}

uint64_t build_exports_hash(const struct db_build *build, const struct build_module *module)
{
	uint64_t hash = 0;

	if (module->is_cached)
		return module->exports_hash;
	for (size_t i = 0; i < module->facts.export_count; i++) {
		uint32_t name = module->facts.exports[i].name;
		uint64_t facts[] = {hash, hash_short(build->symbols.list.p[name].text)};

		hash = hash_short(span_of(facts, sizeof(facts)));
	}
	return hash;
}

struct build_symbols build_cache_symbols(const struct db_build *build)
{
	return build->cache && build->cache->head ? build->cache->head->symbols
						  : (struct build_symbols){0};
}

bool build_cache_suffices(const struct db_build *build)
{
	const struct build_cache *cache = build->cache;
	size_t few = build->modules.n / REWRITE_PART;

	return cache->head && cache->head->symbols.source == build->symbols_written.source &&
	       build->modules.n - build->reused <= few &&
	       cache->module_count - build->reused <= few;
}
