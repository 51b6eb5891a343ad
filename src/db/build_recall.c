/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an earlier run of depmod worked out, as far as it still holds.
 *
 * What modules need is the same while those known are all there, in the same order, and the others
 * export nothing that was known by name: then each symbol that they import has the owner it had. A
 * line of modules.dep is the same, too, if what it has is still sorted by rank in the same way.
 *
 * The indexes are good for more: what is in there of modules that are gone, or different, is taken
 * out, and what is new put in.
 */
#include "db/build_kept.h"
#include "db/trie.h"

/* Without a change, or only with places for others between them. */
static bool is_order_kept(const struct build_cache *cache)
{
	for (size_t i = 1; i < cache->module_count; i++)
		if (cache->taken[i - 1]->index >= cache->taken[i]->index)
			return false;
	return true;
}

/* A name that begins with a dot stands for another (build_depend.c). */
static bool is_new_name(const struct db_build *build, uint32_t number)
{
	return number >= build->cache->name_count &&
	       build_names_at(&build->symbols, number)->first != '.';
}

/* Its names change nothing for other modules. */
static bool is_addition(const struct db_build *build, const struct build_module *module)
{
	const struct build_facts *facts = &module->facts;

	for (uint32_t i = 0; i < facts->export_count; i++)
		if (!is_new_name(build, facts->exports[i].name))
			return false;
	for (uint32_t i = 0; i < facts->import_count; i++)
		if (build_names_at(&build->symbols, facts->imports[i].name)->first == '.')
			return false;
	return true;
}

static bool holds(const struct db_build *build)
{
	const struct db_build_options *options = &build->options;
	const struct build_cache *cache = build->cache;

	if (!cache || !cache->head || options->symbol_prefix || options->symvers ||
	    options->system_map || options->report_unknown || options->report_needs ||
	    cache->head->symbol_prefix || cache->head->modules != cache->module_count ||
	    build->reused != cache->module_count || !is_order_kept(cache))
		return false;
	vec_foreach (&build->modules, module)
		if (!(*module)->is_cached && !is_addition(build, *module))
			return false;
	return true;
}

int build_recall_depends(struct db_build *build, bool *same, struct err *err)
{
	const struct build_cache *cache = build->cache;
	struct build_module **next;

	*same = holds(build);
	if (!*same)
		return 0;
	for (size_t i = 0; i < cache->module_count; i++) {
		const struct kept_module *kept = &cache->modules[i];
		struct build_module *module = cache->taken[i];

		next = arena_bytes(build->arena, kept->depends * sizeof(*next));
		if (!next)
			return err_no_memory(err);
		module->depends = next;
		module->depend_count = kept->depends;
		for (uint32_t j = 0; j < kept->depends; j++) {
			next[j] = cache->taken[cache->depends[kept->first_depend + j]];
			next[j]->users++;
		}
	}
	return 0;
}

/* Whether modules that are known have kept their order by rank; by_rank is for a pointer each. */
static bool are_ranks_kept(const struct build_cache *cache, const struct build_module **by_rank)
{
	for (size_t i = 0; i < cache->module_count; i++)
		by_rank[cache->modules[i].rank] = cache->taken[i];
	for (size_t i = 1; i < cache->module_count; i++)
		if (!by_rank[i - 1] || !by_rank[i] || by_rank[i - 1]->rank >= by_rank[i]->rank)
			return false;
	return true;
}

int build_recall_lines(struct db_build *build, struct err *err)
{
	const struct build_cache *cache = build->cache;
	DEFER(mem_freep)
	const struct build_module **by_rank = mem_array(cache->module_count, sizeof(*by_rank));

	if (!by_rank)
		return err_no_memory(err);
	if (are_ranks_kept(cache, by_rank))
		for (size_t i = 0; i < cache->module_count; i++)
			cache->taken[i]->line_holds = true;
	return 0;
}

void build_recalled_free(struct build_recalled *recalled)
{
	mem_free(recalled->places);
}

/* Of several that changed their order an index would have to be sorted anew. */
int build_recall_indexes(const struct db_build *build, struct build_recalled *out, struct err *err)
{
	const struct build_cache *cache = build->cache;
	uint32_t last = 0;

	*out = (struct build_recalled){0};
	if (!cache || !cache->head || !cache->module_count)
		return 0;
	out->places = mem_array(cache->head->modules, sizeof(*out->places));
	if (!out->places)
		return err_no_memory(err);
	for (size_t i = 0; i < cache->head->modules; i++)
		out->places[i] = DB_TRIE_GONE;
	for (size_t i = 0; i < cache->module_count; i++) {
		const struct build_module *module = cache->taken[i];

		if (!module)
			continue;
		if (module->index < last)
			return 0;
		last = module->index;
		out->places[module->old_index] = last;
	}
	out->dep = cache->dep_bin;
	out->alias = cache->alias_bin;
	out->n = cache->head->modules;
	return 0;
}
