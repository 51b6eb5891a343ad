/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What depmod knows from its last run: the facts of each module file and the entries of each
 * directory, with the state (struct file_id) that they were read from. What is in another state now
 * is read again. Configuration and order are worked out anew; build_recall.c has what becomes of
 * the rest. (Of the symbols' files it is kept which files they are, so that they can be left alone
 * while these are the same, and what they come from.)
 *
 * A state is kept only when it is older than the run: two changes within one tick of the clock
 * leave the same times behind.
 */
#include "base/hash.h"
#include "base/threads.h"
#include "db/build_kept.h"
#include "db/build_output.h"

enum { REWRITE_PART = 32 }; /* a file is not worth to be written for fewer changes than 1 in 32 */

/* Whether what path leads to is in that state. */
static bool is_as_it_was(struct build_place place, const struct file_id *id)
{
	struct file_id now;

	return file_identify(place.dir, place.path, &now) == 0 && file_is_same(&now, id);
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
		     span_equal(kept_span(cache->bytes, path_of(cache, number)), text)))
			return number;
	}
	return 0;
}

struct build_known build_cache_known(const struct db_build *build, uint32_t number)
{
	const struct build_cache *cache = build->cache;
	const struct kept_module *module = module_of(cache, number);
	struct span path = kept_span(cache->bytes, path_of(cache, number));

	return (struct build_known){
		.path = (const char *)path.p,
		.name = module ? kept_span(cache->bytes, module->name) : span_of("", 0),
	};
}

bool build_cache_listing(struct db_build *build, const char *path, struct build_place place,
			 uint32_t number, struct build_listing *out)
{
	struct build_cache *cache = build->cache;
	const struct kept_listing *listing;

	if (cache && !number)
		number = number_of(cache, path);
	listing = cache && number ? listing_of(cache, number) : NULL;
	if (!listing || !is_as_it_was(place, &listing->id))
		return false;
	*out = (struct build_listing){path, listing->id, kept_span(cache->bytes, listing->entries),
				      cache->known + listing->first_known};
	return true;
}

static struct build_facts facts_of(const struct build_cache *cache, const struct kept_module *kept)
{
	struct span *texts = cache->texts + kept->first_text;

	return (struct build_facts){
		.exports = (struct build_export *)cache->exports + kept->first_export,
		.imports = (struct build_import *)cache->imports + kept->first_import,
		.softdeps = texts,
		.weakdeps = texts + kept->softdeps,
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
	module->notes = kept->notes;
	module->old_index = kept->index;
	module->old_line = kept_span(cache->dep, kept->line);
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

struct span build_cache_alias_lines(const struct db_build *build, const struct build_module *module)
{
	const struct build_cache *cache = build->cache;

	return kept_span(cache->alias, module_of(cache, module->known)->alias_lines);
}

bool build_cache_aliases(const struct db_build *build, struct build_module *module)
{
	struct build_facts *facts = &module->facts;
	struct span *aliases, lines;
	const uint32_t *lengths;

	if (!module->is_cached || facts->aliases)
		return true;
	aliases = arena_array(build->arena, facts->alias_count, sizeof(*aliases));
	if (!aliases)
		return false;
	lines = build_cache_alias_lines(build, module);
	lengths = build->cache->aliases + module_of(build->cache, module->known)->first_alias;
	for (uint32_t i = 0; i < facts->alias_count; i++) {
		aliases[i] = span_of(lines.p + BUILD_ALIAS_BEGIN, lengths[i]);
		lines.p += build_alias_line_length(lengths[i], module->name.n);
	}
	facts->aliases = aliases;
	return true;
}

struct build_name build_cache_name(const struct build_cache *cache, uint32_t number)
{
	const struct kept_name *kept = &cache->names[number];
	struct build_name name = build_name_of(kept_span(cache->bytes, kept->text));

	name.module = kept->module ? cache->taken[kept->module - 1] : NULL;
	return name;
}

uint64_t build_exports_hash(const struct db_build *build, const struct build_module *module)
{
	uint64_t hash = 0;

	if (module->is_cached)
		return module->exports_hash;
	for (size_t i = 0; i < module->facts.export_count; i++) {
		uint32_t name = module->facts.exports[i].name;
		uint64_t facts[] = {hash, hash_short(build_names_at(&build->symbols, name)->text)};

		hash = hash_short(span_of(facts, sizeof(facts)));
	}
	return hash;
}

struct build_symbols build_cache_symbols(const struct db_build *build)
{
	return build->cache && build->cache->head ? build->cache->head->symbols
						  : (struct build_symbols){0};
}

static size_t count_failed(const struct db_build *build)
{
	size_t n = 0;

	vec_foreach (&build->modules, module)
		n += (*module)->facts.code < 0;
	return n;
}

/* Modules that were too young to be kept are worth to be kept now. */
bool build_cache_suffices(const struct db_build *build)
{
	const struct build_cache *cache = build->cache;
	size_t few = build->modules.n / REWRITE_PART;

	return cache->head && cache->head->modules - cache->module_count <= count_failed(build) &&
	       build->modules.n - build->reused <= few &&
	       cache->module_count - build->reused <= few;
}
