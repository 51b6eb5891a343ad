/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What depmod keeps for its next run: the facts of each module file and the entries of each
 * directory, with the state (struct file_id) that they were read from. What is in another state now
 * is read again. Nothing else is kept: configuration, order and dependencies are worked out anew.
 *
 * A state is kept only when it is older than the run: two changes within one tick of the clock
 *leave the same times behind. Facts are taken from a file of our own only that nobody else can
 *write to, because what root's depmod writes decides which modules root loads.
 *
 * The file has the numbers of this machine:
 *
 *	head, modules, listings, exports, imports, aliases	arrays of the structs below, each
 *								filled up to 8 bytes
 *	texts	NUL-terminated: the release's directory; the names of symbols by number; of each
 *		module its path, aliases, softdeps, weakdeps; of each directory its path, then its
 *		entries as struct build_listing has them
 *
 * The aliases are in the order of modules.alias.bin, and names that modules export in that of
 * modules.symbols.bin: what is nearly sorted is sorted soon.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "db/build_internal.h"

enum { REWRITE_PART = 32 }; /* a file is not worth to be written for fewer changes than 1 in 32 */

static const size_t cache_max = (size_t)256 << 20;

struct head {
	char magic[8];
	uint64_t hash; /* of all that follows */
	uint32_t modules, listings, names, exports, imports, aliases;
};
static const char magic[8] = "lkmdep\1";

struct kept_module {
	struct file_id id;
	uint32_t exports, imports, aliases, softdeps, weakdeps, unused;
};

struct kept_listing {
	struct file_id id;
	uint64_t length; /* of its entries */
};

struct kept_alias {
	uint32_t module, index;
};

struct cached_module {
	struct build_facts facts;
	struct file_id id;
	struct build_module *taken; /* that has these facts now */
};

struct build_cache {
	struct buf bytes;
	struct map modules;  /* of struct cached_module, by path */
	struct map listings; /* of struct build_listing, by path */
	struct cached_module *list;
	const struct kept_alias *aliases;
	uint32_t module_count, alias_count;
};

void build_cache_free(struct build_cache *cache)
{
	if (!cache)
		return;
	buf_free(&cache->bytes);
	map_free(&cache->modules);
	map_free(&cache->listings);
}

/* Reading ---------------------------------------------------------------------------------- */

/* What is left of the file. */
struct reader {
	struct db_build *build;
	struct span rest;
	const struct head *head;
	bool no_memory;
};

/* An array at the front; NULL: the file is too short. */
static const void *take_array(struct reader *in, uint32_t n, size_t size)
{
	uint64_t length = ((uint64_t)n * size + 7) & ~(uint64_t)7;
	const void *array = in->rest.p;

	if (length > in->rest.n)
		return NULL;
	in->rest = span_of(in->rest.p + length, in->rest.n - length);
	return array;
}

static bool take_text(struct reader *in, struct span *out)
{
	const unsigned char *end = in->rest.n ? memchr(in->rest.p, 0, in->rest.n) : NULL;

	if (!end)
		return false;
	*out = span_of(in->rest.p, (size_t)(end - in->rest.p));
	in->rest = span_of(end + 1, in->rest.n - out->n - 1);
	return true;
}

/* All alike return false for a damaged file, and when memory runs out. */
static bool remember(struct reader *in, bool fine)
{
	in->no_memory = in->no_memory || !fine;
	return fine;
}

static bool take_texts(struct reader *in, uint32_t n, struct span **out)
{
	if (n > in->rest.n) /* each has a NUL at least */
		return false;
	*out = arena_array(in->build->arena, n, sizeof(**out));
	if (!remember(in, *out))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!take_text(in, &(*out)[i]))
			return false;
	return true;
}

static bool take_names(struct reader *in)
{
	for (uint32_t i = 0; i < in->head->names; i++) {
		struct span text;
		uint32_t number;

		if (!take_text(in, &text) ||
		    !remember(in, build_names_add(&in->build->symbols, text, &number)) ||
		    number != i)
			return false;
	}
	return true;
}

static bool numbers_fit(const struct head *head, const struct build_export *exports,
			const struct build_import *imports)
{
	bool fit = true;

	for (uint32_t i = 0; i < head->exports; i++)
		fit = fit && exports[i].name < head->names;
	for (uint32_t i = 0; i < head->imports; i++)
		fit = fit && imports[i].name < head->names;
	return fit;
}

static bool take_modules(struct reader *in, const struct kept_module *kept,
			 const struct build_export *exports, const struct build_import *imports)
{
	struct build_cache *cache = in->build->cache;
	uint64_t export = 0, import = 0;

	for (uint32_t i = 0; i < in->head->modules; i++) {
		struct cached_module *module = &cache->list[i];
		struct build_facts *facts = &module->facts;
		struct span path;

		module->id = kept[i].id;
		*facts = (struct build_facts){
			.exports = (struct build_export *)exports + export,
			.imports = (struct build_import *)imports + import,
			.export_count = kept[i].exports,
			.import_count = kept[i].imports,
			.alias_count = kept[i].aliases,
			.softdep_count = kept[i].softdeps,
			.weakdep_count = kept[i].weakdeps,
		};
		export += kept[i].exports;
		import += kept[i].imports;
		if (export > in->head->exports || import > in->head->imports ||
		    !take_text(in, &path) || !take_texts(in, facts->alias_count, &facts->aliases) ||
		    !take_texts(in, facts->softdep_count, &facts->softdeps) ||
		    !take_texts(in, facts->weakdep_count, &facts->weakdeps) ||
		    !remember(in, map_add(&cache->modules, path, module)))
			return false;
	}
	return true;
}

/* Entries are kinds with a name that ends. */
static bool are_entries(struct span entries)
{
	while (entries.n) {
		const unsigned char *end = memchr(entries.p, 0, entries.n);

		if ((entries.p[0] != BUILD_FILE && entries.p[0] != BUILD_DIRECTORY) || !end)
			return false;
		entries = span_of(end + 1, entries.n - (size_t)(end + 1 - entries.p));
	}
	return true;
}

static bool take_listings(struct reader *in, const struct kept_listing *kept)
{
	struct build_listing *listings =
		arena_array(in->build->arena, in->head->listings, sizeof(*listings));

	if (!remember(in, listings))
		return false;
	for (uint32_t i = 0; i < in->head->listings; i++) {
		struct build_listing *listing = &listings[i];
		struct span path;

		if (!take_text(in, &path) ||
		    !span_cut(in->rest, 0, kept[i].length, &listing->entries) ||
		    !are_entries(listing->entries))
			return false;
		in->rest = span_of(in->rest.p + kept[i].length, in->rest.n - kept[i].length);
		listing->path = (const char *)path.p;
		listing->id = kept[i].id;
		if (!remember(in, map_add(&in->build->cache->listings, path, listing)))
			return false;
	}
	return true;
}

static bool aliases_fit(const struct build_cache *cache)
{
	bool fit = true;

	for (uint32_t i = 0; i < cache->alias_count; i++)
		fit = fit && cache->aliases[i].module < cache->module_count &&
		      cache->aliases[i].index <
			      cache->list[cache->aliases[i].module].facts.alias_count;
	return fit;
}

static bool take_head(struct reader *in)
{
	const struct head *head = take_array(in, 1, sizeof(*head));
	struct span hashed;

	if (!head || memcmp(head->magic, magic, sizeof(magic)) != 0)
		return false;
	hashed = span_of(&head->modules, sizeof(*head) - offsetof(struct head, modules));
	hashed.n += in->rest.n; /* the rest follows at once */
	in->head = head;
	return hash_bytes(hashed) == head->hash && head->modules <= in->rest.n &&
	       head->listings <= in->rest.n;
}

static bool take_all(struct reader *in)
{
	struct build_cache *cache = in->build->cache;
	const struct kept_listing *listings;
	const struct kept_module *modules;
	const struct build_export *exports;
	const struct build_import *imports;
	struct span dir;

	if (!take_head(in) || !(modules = take_array(in, in->head->modules, sizeof(*modules))) ||
	    !(listings = take_array(in, in->head->listings, sizeof(*listings))) ||
	    !(exports = take_array(in, in->head->exports, sizeof(*exports))) ||
	    !(imports = take_array(in, in->head->imports, sizeof(*imports))) ||
	    !(cache->aliases = take_array(in, in->head->aliases, sizeof(*cache->aliases))) ||
	    !take_text(in, &dir) || !span_equal(dir, span_text(in->build->options.dir)))
		return false;
	cache->list = arena_array(in->build->arena, in->head->modules, sizeof(*cache->list));
	cache->module_count = in->head->modules;
	cache->alias_count = in->head->aliases;
	return remember(in, cache->list) && take_names(in) &&
	       numbers_fit(in->head, exports, imports) &&
	       take_modules(in, modules, exports, imports) && take_listings(in, listings) &&
	       aliases_fit(cache);
}

static void forget(struct db_build *build)
{
	struct build_cache *cache = build->cache;

	map_free(&cache->modules);
	map_free(&cache->listings);
	build_names_free(&build->symbols);
	build->symbols = (struct build_names){.arena = build->arena};
	cache->module_count = cache->alias_count = 0;
}

int build_cache_read(struct db_build *build, struct err *err)
{
	struct reader in = {.build = build};

	build->cache = arena_alloc(build->arena, sizeof(*build->cache));
	if (!build->cache)
		return err_no_memory(err);
	if (file_read_own(build->options.cache, cache_max, &build->cache->bytes, err) == -ENOMEM)
		return -ENOMEM;
	in.rest = buf_span(&build->cache->bytes);
	if (take_all(&in))
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

const struct build_listing *build_cache_listing(const struct db_build *build, const char *path)
{
	const struct build_listing *listing =
		build->cache ? map_get(&build->cache->listings, span_text(path)) : NULL;
	struct file_id now;

	if (!listing || file_identify(build->dir, build_path(build, path), &now) < 0 ||
	    !is_same(&now, &listing->id))
		return NULL;
	return listing;
}

bool build_cache_take(struct db_build *build, struct build_module *module)
{
	struct cached_module *known =
		build->cache ? map_get(&build->cache->modules, span_text(module->path)) : NULL;

	if (!known || file_identify(build->dir, build_path(build, module->path), &module->id) < 0 ||
	    !is_same(&module->id, &known->id))
		return false;
	module->facts = known->facts;
	known->taken = module;
	module->is_cached = true;
	build->reused++;
	return true;
}

static bool push_alias(struct db_build *build, struct build_module *module, uint32_t index)
{
	struct build_alias *slot = vec_push(&build->aliases);

	if (slot)
		*slot = (struct build_alias){module, index};
	return slot;
}

/* Those of the cache in its order, unless the order of reports would tell. */
int build_cache_aliases(struct db_build *build, struct err *err)
{
	const struct build_cache *cache = build->cache;
	bool ordered = cache && cache->alias_count && !build->options.report_duplicates;

	for (uint32_t i = 0; ordered && i < cache->alias_count; i++) {
		struct cached_module *module = &cache->list[cache->aliases[i].module];

		if (module->taken && !push_alias(build, module->taken, cache->aliases[i].index))
			return err_no_memory(err);
	}
	vec_foreach (&build->modules, module)
		for (uint32_t i = 0; i < (*module)->facts.alias_count; i++)
			if ((!ordered || !(*module)->is_cached) && !push_alias(build, *module, i))
				return err_no_memory(err);
	return 0;
}

/* Writing ---------------------------------------------------------------------------------- */

struct writer {
	struct db_build *build;
	struct head head;
	uint32_t *numbers; /* of names in the file, + 1; 0: it is in no file yet */
	uint32_t *places;  /* of modules in the file, + 1, by their index */
	struct buf modules, listings, exports, imports, aliases, names, texts;
};

static void writer_free(struct writer *out)
{
	mem_free(out->numbers);
	mem_free(out->places);
	buf_free(&out->modules);
	buf_free(&out->listings);
	buf_free(&out->exports);
	buf_free(&out->imports);
	buf_free(&out->aliases);
	buf_free(&out->names);
	buf_free(&out->texts);
}

static void put_text(struct buf *out, struct span text)
{
	buf_add(out, text.p, text.n);
	buf_add(out, "", 1);
}

static void put_texts(struct buf *out, const struct span *texts, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		put_text(out, texts[i]);
}

static uint32_t number_of(struct writer *out, uint32_t name)
{
	if (!out->numbers[name]) {
		put_text(&out->names, out->build->symbols.list.p[name].text);
		out->numbers[name] = ++out->head.names;
	}
	return out->numbers[name] - 1;
}

static void put_facts(struct writer *out, const struct build_facts *facts)
{
	for (uint32_t i = 0; i < facts->export_count; i++) {
		struct build_export export;

		memset(&export, 0, sizeof(export)); /* also what lies between its fields */
		export.crc = facts->exports[i].crc;
		export.name = number_of(out, facts->exports[i].name);
		buf_add(&out->exports, &export, sizeof(export));
	}
	for (uint32_t i = 0; i < facts->import_count; i++) {
		struct build_import import = facts->imports[i];

		import.name = number_of(out, import.name) & 0x7fffffff;
		buf_add(&out->imports, &import, sizeof(import));
	}
	put_texts(&out->texts, facts->aliases, facts->alias_count);
	put_texts(&out->texts, facts->softdeps, facts->softdep_count);
	put_texts(&out->texts, facts->weakdeps, facts->weakdep_count);
}

static void put_modules(struct writer *out)
{
	vec_foreach (&out->build->modules, each) {
		const struct build_module *module = *each;
		const struct build_facts *facts = &module->facts;
		struct kept_module kept = {module->id,
					   facts->export_count,
					   facts->import_count,
					   facts->alias_count,
					   facts->softdep_count,
					   facts->weakdep_count,
					   0};

		if (facts->code < 0 || !file_is_settled(&module->id, out->build->clock))
			continue;
		buf_add(&out->modules, &kept, sizeof(kept));
		put_text(&out->texts, span_text(module->path));
		put_facts(out, facts);
		out->places[module->index] = ++out->head.modules;
		out->head.exports += facts->export_count;
		out->head.imports += facts->import_count;
	}
}

static void put_listings(struct writer *out)
{
	vec_foreach (&out->build->listings, listing) {
		struct kept_listing kept = {listing->id, listing->entries.n};

		buf_add(&out->listings, &kept, sizeof(kept));
		put_text(&out->texts, span_text(listing->path));
		buf_add(&out->texts, listing->entries.p, listing->entries.n);
		out->head.listings++;
	}
}

static void put_aliases(struct writer *out)
{
	vec_foreach (&out->build->aliases, alias) {
		uint32_t place = out->places[alias->module->index];
		struct kept_alias kept = {place - 1, alias->index};

		if (!place)
			continue;
		buf_add(&out->aliases, &kept, sizeof(kept));
		out->head.aliases++;
	}
}

static void put_array(struct buf *out, const struct buf *array)
{
	static const char nothing[8];

	buf_add(out, array->p, array->n);
	buf_add(out, nothing, -array->n & 7);
	out->failed = out->failed || buf_failed(array);
}

static void put_all(struct writer *out, struct buf *file)
{
	const struct buf *const arrays[] = {&out->modules, &out->listings, &out->exports,
					    &out->imports, &out->aliases};
	struct head *head;

	buf_add(file, &out->head, sizeof(out->head));
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		put_array(file, arrays[i]);
	put_text(file, span_text(out->build->options.dir));
	buf_add(file, out->names.p, out->names.n);
	buf_add(file, out->texts.p, out->texts.n);
	file->failed = file->failed || buf_failed(&out->names) || buf_failed(&out->texts);
	if (buf_failed(file))
		return;
	head = (struct head *)file->p;
	memcpy(head->magic, magic, sizeof(magic));
	head->hash = hash_bytes(span_of(&head->modules, file->n - offsetof(struct head, modules)));
}

static bool is_worth_it(const struct db_build *build)
{
	const struct build_cache *cache = build->cache;
	size_t fresh = build->modules.n - build->reused;

	return cache && (fresh > build->modules.n / REWRITE_PART ||
			 cache->module_count - build->reused > build->modules.n / REWRITE_PART);
}

void build_cache_write(struct db_build *build)
{
	DEFER(writer_free) struct writer out = {.build = build};
	DEFER(buf_free) struct buf file = {0};

	if (!is_worth_it(build))
		return;
	out.numbers = mem_array(build->symbols.list.n, sizeof(*out.numbers));
	out.places = mem_array(build->modules.n, sizeof(*out.places));
	if (!out.numbers || !out.places)
		return;
	for (size_t i = 0; i < build->exported.n; i++)
		number_of(&out, build->exported.p[i]);
	put_modules(&out);
	put_listings(&out);
	put_aliases(&out);
	put_all(&out, &file);
	if (!buf_failed(&file))
		file_replace_own(build->options.cache, buf_span(&file));
}
