/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that depmod writes. Each text file is made first, and its binary index from the lines
 * of it where both have the same.
 *
 *	modules.dep		PATH: PATH...		.bin: the module's name -> that line
 *	modules.alias		alias PATTERN MODULE	.bin: PATTERN, '-' as '_' outside of [] ->
 *MODULE modules.softdep		softdep MODULE VALUE
 *	modules.weakdep		weakdep MODULE VALUE
 *	modules.symbols		alias symbol:NAME MODULE	.bin: symbol:NAME -> MODULE
 *	modules.devname		MODULE DEVNAME cMAJOR:MINOR (or b)
 *	modules.builtin.bin		the names of modules.builtin -> ""
 *	modules.builtin.alias.bin	the aliases of modules.builtin.modinfo -> the module
 *
 * The priority of a value is the module's place. Without modules.builtin or modules.builtin.modinfo
 * the indexes that come from them are empty files.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "db/build_internal.h"
#include "db/store.h"
#include "db/trie.h"

enum { SYMBOL_BUCKETS = 2048, KEY_MAX = 4095 };

enum file {
	DEP,
	DEP_BIN,
	ALIAS,
	ALIAS_BIN,
	SOFTDEP,
	WEAKDEP,
	SYMBOLS,
	SYMBOLS_BIN,
	BUILTIN_BIN,
	BUILTIN_ALIAS_BIN,
	DEVNAME,
	FILE_COUNT
};

struct output {
	struct db_build *build;
	struct buf files[FILE_COUNT];
	struct buf spare;	   /* what a file leaves behind serves the next */
	struct build_key *symbols; /* in the order of the file; values are struct build_name */
	size_t *symbol_lines;	   /* where "symbol:NAME" of each is in the file */
	size_t symbol_count;
	size_t *dep_ends; /* of the lines of modules.dep */
};

static void output_free(struct output *output)
{
	for (int i = 0; i < FILE_COUNT; i++)
		buf_free(&output->files[i]);
	buf_free(&output->spare);
	mem_free(output->symbols);
	mem_free(output->symbol_lines);
	mem_free(output->dep_ends);
}

static void put(struct buf *out, struct span text)
{
	buf_add(out, text.p, text.n);
}

/* Text files --------------------------------------------------------------------------- */

static int make_dep(struct output *output, struct buf *out, struct err *err)
{
	DEFER(build_modules_free) struct build_modules needed = {0};
	int code = 0;

	output->dep_ends = mem_array(output->build->modules.n, sizeof(*output->dep_ends));
	if (!output->dep_ends)
		return err_no_memory(err);
	vec_foreach (&output->build->modules, module) {
		code = build_closure(output->build, *module, &needed, err);
		if (code < 0)
			return code;
		buf_text(out, (*module)->shown);
		buf_text(out, ":");
		vec_foreach (&needed.list, other) {
			buf_text(out, " ");
			buf_text(out, (*other)->shown);
		}
		output->dep_ends[(*module)->index] = out->n;
		buf_text(out, "\n");
	}
	return 0;
}

static int make_alias(struct output *output, struct buf *out, struct err *err)
{
	buf_text(out, "# Aliases extracted from modules themselves.\n");
	vec_foreach (&output->build->modules, module)
		for (size_t i = 0; i < (*module)->facts.alias_count; i++) {
			buf_text(out, "alias ");
			put(out, (*module)->facts.aliases[i]);
			buf_text(out, " ");
			put(out, (*module)->name);
			buf_text(out, "\n");
		}
	return 0;
}

static void put_values(struct buf *out, const char *word, const struct build_module *module,
		       const struct span *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_format(out, "%s %s %s\n", word, (const char *)module->name.p,
			   (const char *)values[i].p);
}

static int make_softdep(struct output *output, struct buf *out, struct err *err)
{
	buf_text(out, "# Soft dependencies extracted from modules themselves.\n");
	vec_foreach (&output->build->modules, module)
		put_values(out, "softdep", *module, (*module)->facts.softdeps,
			   (*module)->facts.softdep_count);
	return 0;
}

static int make_weakdep(struct output *output, struct buf *out, struct err *err)
{
	buf_text(out, "# Weak dependencies extracted from modules themselves.\n");
	vec_foreach (&output->build->modules, module)
		put_values(out, "weakdep", *module, (*module)->facts.weakdeps,
			   (*module)->facts.weakdep_count);
	return 0;
}

static const char symbols_head[] = "# Aliases for symbols, used by symbol_request().\n";

static int sort_symbols(struct output *output, struct err *err)
{
	const struct build_names *names = &output->build->symbols;

	output->symbols = mem_array(names->list.n, sizeof(*output->symbols));
	output->symbol_lines = mem_array(names->list.n, sizeof(*output->symbol_lines));
	if (!output->symbols || !output->symbol_lines)
		return err_no_memory(err);
	vec_foreach (&names->list, name)
		if (name->module)
			output->symbols[output->symbol_count++] =
				(struct build_key){name->text, name, 0};
	if (!build_hash_order(output->symbols, output->symbol_count, SYMBOL_BUCKETS))
		return err_no_memory(err);
	return 0;
}

static int make_symbols(struct output *output, struct buf *out, struct err *err)
{
	int code = sort_symbols(output, err);

	buf_text(out, symbols_head);
	for (size_t i = 0; i < output->symbol_count; i++) {
		const struct build_name *name = output->symbols[i].value;

		buf_text(out, "alias ");
		output->symbol_lines[i] = out->n;
		buf_text(out, "symbol:");
		put(out, name->text);
		buf_text(out, " ");
		put(out, name->module->name);
		buf_text(out, "\n");
	}
	return code;
}

struct device {
	const char *name;
	char type; /* 'c', 'b'; 0: unknown */
	unsigned int major, minor;
};

static void take_numbers(struct device *device, char type, const unsigned char *numbers)
{
	unsigned int major, minor;

	if (sscanf((const char *)numbers, "%u-%u", &major, &minor) == 2)
		*device = (struct device){device->name, type, major, minor};
}

static struct device find_device(const struct build_facts *facts)
{
	struct span name = SPAN_LITERAL("devname:"), character = SPAN_LITERAL("char-major-"),
		    block = SPAN_LITERAL("block-major-");
	struct device device = {0};

	for (size_t i = 0; i < facts->alias_count && !(device.name && device.type); i++) {
		struct span alias = facts->aliases[i];

		if (span_starts(alias, name))
			device.name = (const char *)alias.p + name.n;
		else if (span_starts(alias, character))
			take_numbers(&device, 'c', alias.p + character.n);
		else if (span_starts(alias, block))
			take_numbers(&device, 'b', alias.p + block.n);
	}
	return device;
}

static int make_devname(struct output *output, struct buf *out, struct err *err)
{
	vec_foreach (&output->build->modules, module) {
		struct device device = find_device(&(*module)->facts);
		const char *name = (const char *)(*module)->name.p;

		if (!device.name)
			continue;
		if (!device.type) {
			build_say(output->build, DB_ERROR,
				  "Module '%s' has devname (%s) but lacks major and minor "
				  "information. Ignoring.",
				  name, device.name);
			continue;
		}
		if (out->n == 0)
			buf_text(out, "# Device nodes to trigger on-demand module loading.\n");
		buf_format(out, "%s %s %c%u:%u\n", name, device.name, device.type, device.major,
			   device.minor);
	}
	return 0;
}

/* Binary indexes ----------------------------------------------------------------------- */

static int make_dep_bin(struct output *output, struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	size_t at = 0;
	int code = 0;

	vec_foreach (&output->build->modules, module) {
		size_t end = output->dep_ends[(*module)->index];

		if (code == 0)
			code = db_trie_add(&trie, (*module)->name,
					   span_of(output->files[DEP].p + at, end - at),
					   (*module)->index, err);
		at = end + 1;
	}
	return code < 0 ? code : db_trie_write(&trie, out, err);
}

/* *out.p is NULL for a pattern that has no place in an index. */
static int alias_key(struct output *output, struct span alias, struct span *out, struct err *err)
{
	char *key;

	*out = alias;
	if (alias.n < KEY_MAX && !memchr(alias.p, '-', alias.n) && !memchr(alias.p, ']', alias.n) &&
	    !memchr(alias.p, '[', alias.n))
		return 0;
	key = arena_strndup(output->build->arena, (const char *)alias.p,
			    alias.n < KEY_MAX ? alias.n : KEY_MAX);
	if (!key)
		return err_no_memory(err);
	*out = span_of(NULL, 0);
	if (db_normal_pattern(key))
		*out = span_text(key);
	else
		build_say(output->build, DB_WARNING, "Unmatched bracket in %s",
			  (const char *)alias.p);
	return 0;
}

static int report_duplicate(struct output *output, struct map *seen, struct span key,
			    struct span value, struct err *err)
{
	char *text = arena_format(output->build->arena, "%s %s", (const char *)key.p,
				  (const char *)value.p);
	const char *known = text ? map_add(seen, span_text(text), text) : NULL;

	if (!known)
		return err_no_memory(err);
	if (known != text)
		build_say(output->build, DB_WARNING, "duplicate module alias:\n%s", text);
	return 0;
}

static int add_alias(struct output *output, struct db_trie *trie, struct map *seen,
		     const struct build_alias *alias, struct err *err)
{
	const struct build_module *module = output->build->modules.p[alias->module];
	struct span key;
	int code = alias_key(output, module->facts.aliases[alias->index], &key, err);

	if (code < 0 || !key.p)
		return code;
	if (output->build->options.report_duplicates)
		code = report_duplicate(output, seen, key, module->name, err);
	return code < 0 ? code : db_trie_add_key(trie, key, alias->module, err);
}

/* The value of each module, of that number. */
static int add_modules(const struct db_build *build, struct db_trie *trie, struct err *err)
{
	uint32_t number;
	int code = 0;

	vec_foreach (&build->modules, module)
		if (code == 0)
			code = db_trie_add_value(trie, (*module)->name, (*module)->index, &number,
						 err);
	return code;
}

/* The aliases come into the order of the index, for the next run. One that is not in there keeps
 * them as they are: its report has its place among others. */
static int order_aliases(struct db_build *build, const struct db_trie *trie, struct err *err)
{
	DEFER(mem_freep) struct build_alias *old = NULL;
	size_t n = build->aliases.n;

	if (!build->cache || trie->keys.n != n || n == 0)
		return 0;
	old = mem_array(n, sizeof(*old));
	if (!old)
		return err_no_memory(err);
	memcpy(old, build->aliases.p, n * sizeof(*old));
	for (size_t i = 0; i < n; i++)
		build->aliases.p[i] = old[trie->keys.p[i].number];
	return 0;
}

static int make_alias_bin(struct output *output, struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(map_free) struct map seen = {0};
	int code = add_modules(output->build, &trie, err);

	if (code == 0 && !db_trie_reserve(&trie, output->build->aliases.n))
		code = err_no_memory(err);
	vec_foreach (&output->build->aliases, alias)
		if (code == 0)
			code = add_alias(output, &trie, &seen, alias, err);
	if (code == 0)
		code = db_trie_write(&trie, out, err);
	return code < 0 ? code : order_aliases(output->build, &trie, err);
}

static int make_symbols_bin(struct output *output, struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	int code = add_modules(output->build, &trie, err);

	if (code == 0 && !db_trie_reserve(&trie, output->symbol_count))
		code = err_no_memory(err);
	for (size_t i = 0; code == 0 && i < output->symbol_count; i++) {
		const struct build_name *name = output->symbols[i].value;
		struct span key = span_of(output->files[SYMBOLS].p + output->symbol_lines[i],
					  strlen("symbol:") + name->text.n);

		code = db_trie_add_key(&trie, key, name->module->index, err);
	}
	return code < 0 ? code : db_trie_write(&trie, out, err);
}

static int make_builtin_bin(struct output *output, struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(buf_free) struct buf lines = {0};
	struct span rest, line;
	bool present;
	int code = build_source(output->build, "modules.builtin", &lines, &present, err);

	if (code < 0 || !present)
		return code;
	rest = buf_span(&lines);
	while (code == 0 && db_next_line(&rest, &line)) {
		struct span name = db_name_part(line);
		char *normal;

		if (line.n == 0 || !isalpha(line.p[0])) {
			build_say(output->build, DB_ERROR, "Invalid modules.builtin line: %.*s",
				  (int)line.n, (const char *)line.p);
			continue;
		}
		normal = arena_strndup(output->build->arena, (const char *)name.p, name.n);
		if (!normal)
			return err_no_memory(err);
		for (char *p = normal; (p = strchr(p, '-'));)
			*p = '_';
		code = db_trie_add(&trie, span_text(normal), SPAN_LITERAL(""), 0, err);
	}
	return code < 0 ? code : db_trie_write(&trie, out, err);
}

/* "MODULE.alias=PATTERN"; other keys are left out. */
static int add_builtin_alias(struct output *output, struct db_trie *trie, const char *text,
			     struct err *err)
{
	static const char mark[] = ".alias=";
	const char *dot = strchr(text, '.');
	struct span key;
	int code;

	if (!dot || dot == text || strncmp(dot, mark, sizeof(mark) - 1) != 0 ||
	    !dot[sizeof(mark) - 1])
		return 0;
	code = alias_key(output, span_text(dot + sizeof(mark) - 1), &key, err);
	if (code < 0 || !key.p)
		return code;
	return db_trie_add(trie, key, span_of(text, (size_t)(dot - text)), 0, err);
}

static int make_builtin_alias_bin(struct output *output, struct buf *out, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(buf_free) struct buf infos = {0};
	bool present;
	int code = build_source(output->build, "modules.builtin.modinfo", &infos, &present, err);

	if (code < 0 || !present)
		return code;
	for (size_t at = 0; code == 0 && at < infos.n; at += strlen(infos.p + at) + 1)
		code = add_builtin_alias(output, &trie, infos.p + at, err);
	return code < 0 ? code : db_trie_write(&trie, out, err);
}

/* In the order in which kmod makes them. */
static const struct maker {
	const char *name;
	bool is_text, is_source; /* is_source: that of the next file */
	int (*make)(struct output *output, struct buf *out, struct err *err);
} makers[FILE_COUNT] = {
	[DEP] = {"modules.dep", true, true, make_dep},
	[DEP_BIN] = {"modules.dep.bin", false, false, make_dep_bin},
	[ALIAS] = {"modules.alias", true, false, make_alias},
	[ALIAS_BIN] = {"modules.alias.bin", false, false, make_alias_bin},
	[SOFTDEP] = {"modules.softdep", true, false, make_softdep},
	[WEAKDEP] = {"modules.weakdep", true, false, make_weakdep},
	[SYMBOLS] = {"modules.symbols", true, true, make_symbols},
	[SYMBOLS_BIN] = {"modules.symbols.bin", false, false, make_symbols_bin},
	[BUILTIN_BIN] = {"modules.builtin.bin", false, false, make_builtin_bin},
	[BUILTIN_ALIAS_BIN] = {"modules.builtin.alias.bin", false, false, make_builtin_alias_bin},
	[DEVNAME] = {"modules.devname", true, false, make_devname},
};

static int make(struct output *output, enum file file, struct err *err)
{
	struct buf *out = &output->files[file];
	int code = makers[file].make(output, out, err);

	if (code < 0)
		return err_add(err, "%s cannot be made", makers[file].name);
	return buf_failed(out) ? err_no_memory(err) : 0;
}

int db_build_text(struct db_build *build, struct buf *out, struct err *err)
{
	DEFER(output_free) struct output output = {.build = build};
	int code = 0;

	for (int i = 0; code == 0 && i < FILE_COUNT; i++) {
		if (!makers[i].is_text)
			continue;
		code = make(&output, i, err);
		put(out, buf_span(&output.files[i]));
	}
	return code == 0 && buf_failed(out) ? err_no_memory(err) : code;
}

/* Writing ------------------------------------------------------------------------------ */

enum { MODE = 0644 };

/* The files that have to be written; fd is negative for those that are there already. */
struct new_files {
	const char *dir;
	struct file_new list[FILE_COUNT];
};

static void new_files_free(struct new_files *files)
{
	for (int i = 0; i < FILE_COUNT; i++)
		file_abandon(&files->list[i]);
}

/* What is in the directory under a name, if it is as we make it; else nothing. */
static struct file_map look_at(const char *dir, enum file file)
{
	DEFER(mem_freep) char *path = mem_format("%s/%s", dir, makers[file].name);
	struct file_map map = {{NULL, 0}};

	if (path)
		file_map_own(path, MODE, SIZE_MAX, &map, NULL);
	return map;
}

static bool is_there(const char *dir, enum file file, struct span bytes)
{
	DEFER(file_unmap) struct file_map map = look_at(dir, file);

	return map.bytes.p && span_equal(map.bytes, bytes);
}

static bool has_hash(const char *dir, enum file file, uint64_t hash)
{
	DEFER(file_unmap) struct file_map map = look_at(dir, file);

	return map.bytes.p && hash_bytes(map.bytes) == hash;
}

static uint64_t symbols_source(const struct db_build *build)
{
	uint64_t sum = 0; /* the numbers of names differ between runs, and so does their order */

	vec_foreach (&build->symbols.list, name)
		if (name->module) {
			uint64_t facts[] = {hash_short(name->text), hash_short(name->module->name),
					    name->module->index};

			sum += hash_short(span_of(facts, sizeof(facts)));
		}
	return sum;
}

/* Whether the symbols' files need not be made: they are there, of the same source. */
static bool knows_symbols(struct db_build *build, const char *dir)
{
	struct build_symbols known = build_cache_symbols(build);

	if (!build->cache)
		return false;
	build->symbols_written.source = symbols_source(build);
	if (known.source != build->symbols_written.source || !has_hash(dir, SYMBOLS, known.text) ||
	    !has_hash(dir, SYMBOLS_BIN, known.index))
		return false;
	build->symbols_written = known;
	return true;
}

static void note_symbols(struct output *output, enum file file)
{
	struct build_symbols *written = &output->build->symbols_written;

	if (output->build->cache && file == SYMBOLS)
		written->text = hash_bytes(buf_span(&output->files[file]));
	if (output->build->cache && file == SYMBOLS_BIN)
		written->index = hash_bytes(buf_span(&output->files[file]));
}

static int create(const char *dir, enum file file, struct span bytes, struct file_new *out,
		  struct err *err)
{
	DEFER(mem_freep) char *path = mem_format("%s/%s", dir, makers[file].name);
	int code = path ? file_create(path, MODE, out, err) : err_no_memory(err);

	return code < 0 ? code : file_write_all(out->fd, bytes.p, bytes.n, path, err);
}

static struct buf take_buf(struct buf *buf)
{
	struct buf taken = *buf;

	*buf = (struct buf){0};
	return taken;
}

static void leave_behind(struct output *output, enum file file)
{
	struct buf *buf = &output->files[file];

	buf_clear(buf);
	if (buf->size > output->spare.size) {
		struct buf kept = output->spare;

		output->spare = *buf;
		*buf = kept;
	}
	buf_free(buf);
}

/* A file that is there with the same bytes stays. modules.dep does not: its time tells when all was
 * looked at last, "depmod -A" for one. */
static int make_new(struct output *output, enum file file, struct new_files *files, struct err *err)
{
	struct span bytes;
	int code;

	output->files[file] = take_buf(&output->spare);
	code = make(output, file, err);
	bytes = buf_span(&output->files[file]);

	note_symbols(output, file);
	if (code == 0 && (file == DEP || !is_there(files->dir, file, bytes)))
		code = create(files->dir, file, bytes, &files->list[file], err);
	if (!makers[file].is_source)
		leave_behind(output, file);
	if (file > 0 && makers[file - 1].is_source)
		leave_behind(output, file - 1);
	return code;
}

static int put_in_place(struct new_files *files,
			int (*step)(struct file_new *file, struct err *err), struct err *err)
{
	int code = 0;

	for (int i = 0; code == 0 && i < FILE_COUNT; i++)
		if (files->list[i].fd >= 0)
			code = step(&files->list[i], err);
	return code;
}

int db_build_write(struct db_build *build, const char *dir, struct err *err)
{
	DEFER(output_free) struct output output = {.build = build};
	DEFER(new_files_free) struct new_files files = {.dir = dir};
	bool knows = knows_symbols(build, dir);
	int code;

	for (int i = 0; i < FILE_COUNT; i++)
		files.list[i] = (struct file_new){.fd = -1};
	code = file_make_dirs(dir, 0755, err);
	for (int i = 0; code == 0 && i < FILE_COUNT; i++)
		if (!knows || (i != SYMBOLS && i != SYMBOLS_BIN))
			code = make_new(&output, i, &files, err);
	if (code == 0)
		code = put_in_place(&files, file_prepare, err);
	if (code == 0)
		code = put_in_place(&files, file_commit, err);
	if (code == 0)
		build_keep(build);
	return code;
}
