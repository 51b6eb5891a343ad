/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding the module files, and which one of several with the same name counts.
 *
 * The first that is found stays unless the other has a higher priority; the order is that of the
 * file system. An override decides alone. Otherwise each path gets the number of the search entry
 * it lies in; entries are numbered from the end of the list, so that the first is the strongest.
 * Each external directory takes a number of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/dir.h"
#include "db/build_internal.h"
#include "db/store.h"

/* Deeper than any tree of modules; a link to a directory above would lead there. */
enum { DEPTH_MAX = 64 };

/* The part of a path below the release's directory; p is NULL when it is elsewhere. */
static struct span below(const struct db_build *build, struct span path)
{
	struct span dir = span_text(build->options.dir);

	if (path.n <= dir.n || !span_starts(path, dir) || path.p[dir.n] != '/')
		return span_of(NULL, 0);
	return span_of(path.p + dir.n + 1, path.n - dir.n - 1);
}

/* A path up to the module's name: without the endings. */
static struct span stem(struct span path)
{
	struct span name = db_name_part(path);

	return span_of(path.p, (size_t)(name.p - path.p) + name.n);
}

static bool lies_in(struct span path, struct span dir)
{
	return path.n > dir.n && path.p[dir.n] == '/' && memcmp(path.p, dir.p, dir.n) == 0;
}

/* 1: the new path is named by an override, -1: the old one, 0: neither. */
static int overridden(const struct build_config *config, struct span new, struct span old)
{
	for (size_t i = config->overrides.n; i-- > 0;) {
		if (new.p && span_equal(config->overrides.p[i], new))
			return 1;
		if (old.p && span_equal(config->overrides.p[i], old))
			return -1;
	}
	return 0;
}

struct ranks {
	long other, new, old;
};

static void rank_externals(const struct build_config *config, struct span new, struct span old,
			   long *number, struct ranks *ranks)
{
	for (size_t i = config->externals.n; i-- > 0; ++*number) {
		struct span dir = span_text(config->externals.p[i]);

		if (lies_in(new, dir))
			ranks->new = *number;
		if (lies_in(old, dir))
			ranks->old = *number;
	}
}

/* As in kmod, an entry that both lie in counts for the new one only. */
static bool is_stronger(const struct db_build *build, const char *new_path, const char *old_path)
{
	const struct build_config *config = &build->config;
	struct span new = stem(span_text(new_path)), old = stem(span_text(old_path));
	struct span new_below = below(build, new), old_below = below(build, old);
	struct ranks ranks = {-1, -1, -1};
	int override = overridden(config, new_below, old_below);
	long number = 0;

	if (override)
		return override > 0;
	for (size_t i = config->searches.n; i-- > 0; number++) {
		const struct search *search = &config->searches.p[i];

		if (search->kind == SEARCH_BUILTIN)
			ranks.other = number;
		else if (search->kind == SEARCH_EXTERNAL)
			rank_externals(config, new, old, &number, &ranks);
		else if (lies_in(new_below, search->path))
			ranks.new = number;
		else if (lies_in(old_below, search->path))
			ranks.old = number;
	}
	return (ranks.new < 0 ? ranks.other : ranks.new) >
	       (ranks.old < 0 ? ranks.other : ranks.old);
}

/* A file that was found. Path and name live as long as the build. */
struct found {
	const char *path;
	struct build_place place;
	struct span name;
	size_t stem;	/* length of the path up to the end of the name */
	uint32_t known; /* number for build_cache.c; 0: none */
};

static void set_file(struct db_build *build, struct build_module *module, const struct found *file)
{
	struct span inside = below(build, span_of(file->path, file->stem));

	module->path = file->path;
	module->place = file->place;
	module->known = file->known;
	module->shown = inside.p ? (const char *)inside.p : module->path;
	module->order_key = inside;
}

static int add_file(struct db_build *build, const struct found *file, struct err *err)
{
	struct build_module *module = arena_alloc(build->arena, sizeof(*module)), *other, **slot;

	other = module ? map_add(&build->names, file->name, module) : NULL;
	if (!other)
		return err_no_memory(err);
	if (other != module) {
		if (is_stronger(build, file->path, other->path))
			set_file(build, other, file);
		return 0;
	}
	slot = vec_push(&build->modules);
	if (!slot)
		return err_no_memory(err);
	set_file(build, module, file);
	module->name = file->name;
	module->order = -1;
	*slot = module;
	return 0;
}

static int add_path(struct db_build *build, const char *path, struct build_below below,
		    struct err *err)
{
	char *kept = arena_strdup(build->arena, path), *name;
	struct span part;

	if (!kept)
		return err_no_memory(err);
	part = db_name_part(span_text(kept));
	name = arena_strndup(build->arena, (const char *)part.p, part.n);
	if (!name)
		return err_no_memory(err);
	for (char *dash = name; (dash = strchr(dash, '-'));)
		*dash = '_';
	return add_file(build,
			&(struct found){
				.path = kept,
				.place = build_place(below, kept),
				.name = span_of(name, part.n),
				.stem = (size_t)(part.p - (unsigned char *)kept) + part.n,
			},
			err);
}

static bool is_excluded(const struct build_config *config, const char *name)
{
	if (strcmp(name, "build") == 0 || strcmp(name, "source") == 0)
		return true;
	vec_foreach (&config->excludes, excluded)
		if (strcmp(name, *excluded) == 0)
			return true;
	return false;
}

/* A directory that is looked into. */
struct place {
	struct db_build *build;
	const char *path;
	struct build_place at;
	struct build_below below;
	size_t length; /* of path */
	unsigned int depth;
	struct buf entries; /* as struct build_listing has them */
	bool is_lasting;    /* they only change when the directory does */
};

static void place_free(struct place *place)
{
	buf_free(&place->entries);
}

/* A directory, by its path, which lives as long as the build. */
struct found_directory {
	const char *path;
	struct build_below above; /* of the directory that it lies in */
	unsigned int depth;
	uint32_t known;
};
static int look_into(struct db_build *build, const struct found_directory *directory,
		     struct err *err);

static const char *path_of(struct place *place, const char *name)
{
	struct buf *path = &place->build->path;

	buf_clear(path);
	buf_text(path, place->path);
	buf_text(path, "/");
	buf_text(path, name);
	return buf_failed(path) ? NULL : path->p;
}

static int take(struct place *place, const char *name, enum dir_type type, struct err *err)
{
	struct db_build *build = place->build;
	struct found_directory directory = {.above = place->below, .depth = place->depth + 1};
	const char *path;
	int code;

	if (is_excluded(&build->config, name))
		return 0;
	path = path_of(place, name);
	if (!path)
		return err_no_memory(err);
	if (type == DIR_FILE)
		return add_path(build, path, place->below, err);
	directory.path = arena_strdup(build->arena, path);
	if (!directory.path)
		return err_no_memory(err);
	code = look_into(build, &directory, err);
	return code == -ENOMEM ? code : 0;
}

/* The same for what an earlier run knows by a number: no text has to be made. */
static int take_known(struct place *place, const char *name, enum dir_type type, uint32_t number,
		      struct err *err)
{
	struct db_build *build = place->build;
	struct build_known known;

	if (number == 0)
		return take(place, name, type, err);
	if (is_excluded(&build->config, name))
		return 0;
	known = build_cache_known(build, number);
	if (type == DIR_FILE)
		return add_file(build,
				&(struct found){
					.path = known.path,
					.place = build_place(place->below, known.path),
					.name = known.name,
					.stem = place->length + 1 + known.name.n,
					.known = number,
				},
				err);
	return look_into(build,
			 &(struct found_directory){known.path, place->below, place->depth + 1,
						   number},
			 err) == -ENOMEM
		       ? -ENOMEM
		       : 0;
}

static int refuse(struct place *place, const struct dir_entry *entry, struct err *err)
{
	const char *path = path_of(place, entry->name);

	if (!path)
		return err_no_memory(err);
	if (entry->code < 0)
		build_say(place->build, DB_ERROR, "could not look at %s: %s", path,
			  strerror(-entry->code));
	else
		build_say(place->build, DB_ERROR, "unsupported file type %s", path);
	return 0;
}

static int take_entry(void *context, const struct dir_entry *entry, struct err *err)
{
	struct place *place = context;
	char type = entry->type == DIR_FILE ? BUILD_FILE : BUILD_DIRECTORY;

	if (entry->type == DIR_FILE && !db_is_module_path(entry->name))
		return 0;
	place->is_lasting = place->is_lasting && entry->is_direct;
	if (entry->code < 0 || entry->type == DIR_OTHER)
		return is_excluded(&place->build->config, entry->name) ? 0
								       : refuse(place, entry, err);
	buf_add(&place->entries, &type, 1);
	buf_add(&place->entries, entry->name, strlen(entry->name) + 1);
	return take(place, entry->name, entry->type, err);
}

/* The entries as an earlier run saw them. */
static int take_listing(struct place *place, const struct build_listing *listing, struct err *err)
{
	const uint32_t *known = listing->known;
	int code = 0;

	for (struct span rest = listing->entries; code == 0 && rest.n; known++) {
		const char *name = (const char *)rest.p + 1;
		size_t length = strlen(name) + 2;

		code = take_known(place, name, rest.p[0] == BUILD_FILE ? DIR_FILE : DIR_DIRECTORY,
				  *known, err);
		rest = span_of(rest.p + length, rest.n - length);
	}
	return code;
}

static int keep_listing(struct db_build *build, const struct build_listing *listing,
			struct err *err)
{
	struct build_listing *slot;

	if (!build->cache || !file_is_settled(&listing->id, build->clock))
		return 0;
	slot = vec_push(&build->listings);
	if (!slot)
		return err_no_memory(err);
	*slot = *listing;
	return 0;
}

static int read_place(struct place *place, struct err *err)
{
	struct db_build *build = place->build;
	struct build_listing listing = {.path = place->path};
	struct err why = {0};
	int code = dir_scan_at(place->at.dir, place->at.path, build->cache ? &listing.id : NULL,
			       take_entry, place, &why);

	if (code == -ENOMEM || buf_failed(&place->entries))
		return err_no_memory(err);
	if (code < 0)
		build_say(build, DB_ERROR, "could not open directory %s: %s", place->path,
			  strerror(-code));
	if (code < 0 || !place->is_lasting || !build->cache)
		return code;
	listing.entries = span_of(arena_strndup(build->arena, place->entries.p, place->entries.n),
				  place->entries.n);
	return listing.entries.p ? keep_listing(build, &listing, err) : err_no_memory(err);
}

/* Whether so much lies below that it is worth to be kept open. */
static bool is_large(const struct found_directory *directory, const struct build_listing *known)
{
	enum { SECOND_LEVEL = 2, BYTES = 400 };

	return known ? known->entries.n > BYTES : directory->depth <= SECOND_LEVEL;
}

/* Only memory is a reason to end; a directory that cannot be read is said to be so. The path lives
 * as long as the build. */
static int look_into(struct db_build *build, const struct found_directory *directory,
		     struct err *err)
{
	DEFER(place_free)
	struct place place = {
		.build = build,
		.path = directory->path,
		.at = build_place(directory->above, directory->path),
		.below = directory->above,
		.length = strlen(directory->path),
		.depth = directory->depth,
		.is_lasting = true,
	};
	struct build_listing listing;
	bool is_known;
	int code;

	if (directory->depth == DEPTH_MAX) {
		build_say(build, DB_ERROR, "%s is too deep to look for modules in",
			  directory->path);
		return 0;
	}
	is_known =
		build_cache_listing(build, directory->path, place.at, directory->known, &listing);
	if (is_large(directory, is_known ? &listing : NULL))
		place.below = build_below_open(build, place.below, place.path);
	if (!is_known)
		return read_place(&place, err);
	code = take_listing(&place, &listing, err);
	return code < 0 ? code : keep_listing(build, &listing, err);
}

static int take_given(struct db_build *build, struct err *err)
{
	int code = 0;

	for (const char *const *path = build->options.files; code == 0 && *path; path++) {
		size_t before = build->modules.n;

		if (**path != '/')
			return err_set(err, -EINVAL, "%s: not absolute path.", *path);
		if (access(*path, F_OK) < 0)
			return err_errno(err, "could not create module %s", *path);
		code = add_path(build, *path, (struct build_below){AT_FDCWD, 0}, err);
		if (code == 0 && build->modules.n == before)
			return err_set(err, -EEXIST, "could not add module %s: %s", *path,
				       strerror(EEXIST));
	}
	return code;
}

/* One that is not found below another. */
static int look_into_first(struct db_build *build, const char *path, struct err *err)
{
	struct found_directory directory = {.path = path, .above = {AT_FDCWD, 0}};

	return look_into(build, &directory, err);
}

int build_search(struct db_build *build, struct err *err)
{
	int code;

	if (build->options.files)
		return take_given(build, err);
	code = look_into_first(build, build->options.dir, err);
	if (code < 0 && code != -ENOMEM)
		return err_set(err, code, "could not search modules: %s", strerror(-code));
	for (size_t i = build->config.externals.n; code == 0 && i-- > 0;) {
		code = look_into_first(build, build->config.externals.p[i], err);
		if (code != -ENOMEM)
			code = 0;
	}
	return code;
}
