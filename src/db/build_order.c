/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order of modules and symbols in depmod's files.
 *
 * kmod keeps both in hash tables and walks through them: by bucket, and within a bucket by the
 * bytes of the names. Modules are then sorted, stably, by their place in modules.order; those that
 * it does not list come last, and only of them does the table's order remain. The tables have 512
 * buckets for modules and 2048 for symbols, however many there are; the hash is Paul Hsieh's
 * "SuperFastHash", with loads as on a little-endian machine.
 */
#include <errno.h>
#include <stdlib.h>

#include "db/build_internal.h"
#include "db/store.h"

enum { MODULE_BUCKETS = 512, LINE_SIZE = 4096 };

static uint32_t superfast(struct span text)
{
	uint32_t hash = (uint32_t)text.n;
	size_t at = 0, rest = text.n & 3;

	for (; at + 4 <= text.n; at += 4) {
		hash += span_le16(text, at);
		hash = (hash << 16) ^ ((uint32_t)span_le16(text, at + 2) << 11 ^ hash);
		hash += hash >> 11;
	}
	if (rest == 3) {
		hash += span_le16(text, at);
		hash ^= hash << 16;
		hash ^= (uint32_t)(signed char)text.p[at + 2] << 18;
		hash += hash >> 11;
	} else if (rest == 2) {
		hash += span_le16(text, at);
		hash ^= hash << 11;
		hash += hash >> 17;
	} else if (rest == 1) {
		hash += (uint32_t)(signed char)text.p[at];
		hash ^= hash << 10;
		hash += hash >> 1;
	}
	hash ^= hash << 3;
	hash += hash >> 5;
	hash ^= hash << 4;
	hash += hash >> 17;
	hash ^= hash << 25;
	return hash + (hash >> 6);
}

static int by_name(const void *a, const void *b)
{
	const struct build_key *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int order = memcmp(x->name.p, y->name.p, n);

	return order ? order : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

/* Counts what falls into each bucket, puts it there, and sorts each of the short buckets. */
bool build_hash_order(struct build_key *keys, size_t n, uint32_t buckets)
{
	DEFER(mem_freep) struct build_key *old = mem_array(n, sizeof(*old));
	DEFER(mem_freep) size_t *ends = mem_array(buckets, sizeof(*ends));
	size_t begin = 0;

	if (!old || !ends)
		return false;
	for (size_t i = 0; i < n; i++) {
		old[i] = keys[i];
		old[i].bucket = superfast(keys[i].name) & (buckets - 1);
		ends[old[i].bucket]++;
	}
	for (uint32_t i = 0; i < buckets; i++) {
		begin += ends[i];
		ends[i] = begin - ends[i];
	}
	for (size_t i = 0; i < n; i++)
		keys[ends[old[i].bucket]++] = old[i];
	for (uint32_t i = 0; i < buckets; i++) {
		begin = i ? ends[i - 1] : 0;
		if (ends[i] - begin > 1)
			qsort(keys + begin, ends[i] - begin, sizeof(*keys), by_name);
	}
	return true;
}

/* Finds the module of a line. As a rule that is the next one in the order of an earlier run; only
 * when it is not are all paths looked at. */
struct finder {
	const struct db_build *build;
	struct build_module **expected; /* by their numbers in the cache - 1; NULL: it is gone */
	size_t n, next;
	struct map paths;
};

static void finder_free(struct finder *finder)
{
	mem_free(finder->expected);
	map_free(&finder->paths);
}

static int finder_begin(struct finder *finder, const struct db_build *build, struct err *err)
{
	*finder = (struct finder){.build = build, .n = build_cache_module_count(build)};
	finder->expected = mem_array(finder->n, sizeof(struct build_module *));
	if (!finder->expected)
		return err_no_memory(err);
	vec_foreach (&build->modules, module)
		if ((*module)->known && (*module)->known <= finder->n)
			finder->expected[(*module)->known - 1] = *module;
	return 0;
}

static int index_paths(const struct db_build *build, struct map *paths, struct err *err)
{
	if (!map_reserve(paths, build->modules.n))
		return err_no_memory(err);
	vec_foreach (&build->modules, module)
		if ((*module)->order_key.n && !map_add(paths, (*module)->order_key, *module))
			return err_no_memory(err);
	return 0;
}

/* Fills in NULL when there is none. */
static int find(struct finder *finder, struct span key, struct build_module **out, struct err *err)
{
	int code = 0;

	while (finder->next < finder->n && !finder->expected[finder->next])
		finder->next++;
	if (key.n && finder->next < finder->n &&
	    span_equal(finder->expected[finder->next]->order_key, key)) {
		*out = finder->expected[finder->next++];
		return 0;
	}
	if (!finder->paths.size)
		code = index_paths(finder->build, &finder->paths, err);
	*out = code == 0 ? map_get(&finder->paths, key) : NULL;
	return code;
}

/* modules.order names files as they are before anybody packs them: without the ending here. */
static struct span without_ending(struct span line)
{
	struct span ending = SPAN_LITERAL(".ko");

	if (line.n > ending.n && span_equal(span_of(line.p + line.n - ending.n, ending.n), ending))
		return span_of(line.p, line.n - ending.n);
	return span_of(line.p, 0);
}

/* Gives places from 0 on. When a line has no end, is too long for kmod, or has a NUL in it, the
 * file is damaged, and nothing of it counts. */
static int take_lines(struct db_build *build, struct span rest, struct finder *finder,
		      struct err *err)
{
	struct build_module *module;
	unsigned int number = 0;
	long place = 0;
	struct span line;
	int code = 0;

	while (code == 0 && db_next_piece(&rest, LINE_SIZE, &line)) {
		number++;
		if (rest.p == line.p + line.n || memchr(line.p, 0, line.n)) {
			build_say(build, DB_ERROR,
				  "%s/modules.order:%u corrupted line misses '\\n'",
				  build->options.dir, number);
			vec_foreach (&build->modules, other)
				(*other)->order = -1;
			return 0;
		}
		code = find(finder, without_ending(line), &module, err);
		if (code == 0 && module && module->order < 0)
			module->order = place++;
	}
	return code;
}

static int read_places(struct db_build *build, struct err *err)
{
	DEFER(finder_free) struct finder finder = {0};
	DEFER(buf_free) struct buf lines = {0};
	bool present;
	int code = finder_begin(&finder, build, err);

	if (code == 0)
		code = build_source(build, "modules.order", &lines, &present, err);
	if (code == 0 && present)
		code = take_lines(build, buf_span(&lines), &finder, err);
	return code;
}

int build_order(struct db_build *build, struct err *err)
{
	size_t n = build->modules.n, listed = 0, others = 0;
	DEFER(mem_freep) struct build_key *keys = mem_array(n, sizeof(*keys));
	int code;

	if (n > BUILD_MODULES_MAX)
		return err_set(err, -ERANGE, "could not build module array: more than %d modules",
			       BUILD_MODULES_MAX);
	code = keys ? read_places(build, err) : err_no_memory(err);
	if (code < 0)
		return code;
	vec_foreach (&build->modules, module)
		listed += (*module)->order >= 0;
	vec_foreach (&build->modules, module) {
		struct build_module *one = *module;
		size_t at = one->order >= 0 ? (size_t)one->order : listed + others++;

		keys[at] = (struct build_key){one->name, one, 0};
	}
	if (!build_hash_order(keys + listed, others, MODULE_BUCKETS))
		return err_no_memory(err);
	for (size_t i = 0; i < n; i++) {
		build->modules.p[i] = keys[i].value;
		build->modules.p[i]->index = (uint32_t)i;
	}
	return 0;
}
