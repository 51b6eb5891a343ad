/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making the files that depmod writes, and putting them into their place. */
#include <fcntl.h>

#include "base/hash.h"
#include "base/threads.h"
#include "db/build_output.h"

static void output_free(struct build_output *output)
{
	for (int i = 0; i < BUILD_FILES; i++)
		buf_free(&output->files[i]);
	mem_free(output->symbols);
	mem_free(output->symbol_lines);
	mem_free(output->dep_begins);
	mem_free(output->alias_begins);
}

enum maker_trait {
	TEXT = 1,
	SOURCE = 2, /* of the next file */
	SAYS = 4,   /* it has something to say, and needs the arena */
	KEPT = 8,   /* for the next run, by build_keep.c */
};

/* In the order in which kmod makes them. */
static const struct maker {
	const char *name;
	build_make *make;
	unsigned int traits; /* enum maker_trait */
} makers[BUILD_FILES] = {
	[BUILD_DEP] = {"modules.dep", build_make_dep, TEXT | SOURCE | KEPT},
	[BUILD_DEP_BIN] = {"modules.dep.bin", build_make_dep_bin, KEPT},
	[BUILD_ALIAS] = {"modules.alias", build_make_alias, TEXT | KEPT},
	[BUILD_ALIAS_BIN] = {"modules.alias.bin", build_make_alias_bin, SAYS | KEPT},
	[BUILD_SOFTDEP] = {"modules.softdep", build_make_softdep, TEXT},
	[BUILD_WEAKDEP] = {"modules.weakdep", build_make_weakdep, TEXT},
	[BUILD_SYMBOLS] = {"modules.symbols", build_make_symbols, TEXT | SOURCE},
	[BUILD_SYMBOLS_BIN] = {"modules.symbols.bin", build_make_symbols_bin, 0},
	[BUILD_BUILTIN_BIN] = {"modules.builtin.bin", build_make_builtin_bin, SAYS},
	[BUILD_BUILTIN_ALIAS_BIN] = {"modules.builtin.alias.bin", build_make_builtin_alias_bin,
				     SAYS},
	[BUILD_DEVNAME] = {"modules.devname", build_make_devname, TEXT | SAYS},
};

static int make(struct build_output *output, enum build_file file, struct err *err)
{
	struct buf *out = &output->files[file];
	int code = makers[file].make(output, out, err);

	if (code < 0)
		return err_add(err, "%s cannot be made", makers[file].name);
	return buf_failed(out) ? err_no_memory(err) : 0;
}

int db_build_text(struct db_build *build, struct buf *out, struct err *err)
{
	DEFER(output_free) struct build_output output = {.build = build};
	int code = 0;

	for (int i = 0; code == 0 && i < BUILD_FILES; i++) {
		if (!(makers[i].traits & TEXT))
			continue;
		code = make(&output, i, err);
		buf_add(out, output.files[i].p, output.files[i].n);
	}
	return code == 0 && buf_failed(out) ? err_no_memory(err) : code;
}

/* Writing ------------------------------------------------------------------------------ */

enum { MODE = 0644 };

/* The files that have to be written; fd is negative for those that are there already. */
struct new_files {
	const char *dir;
	struct file_new list[BUILD_FILES];
};

static void new_files_free(struct new_files *files)
{
	for (int i = 0; i < BUILD_FILES; i++)
		file_abandon(&files->list[i]);
}

/* What is in the directory under a name, if it is as we make it; else nothing. */
static struct file_map look_at(const char *dir, enum build_file file)
{
	DEFER(mem_freep) char *path = mem_format("%s/%s", dir, makers[file].name);
	struct file_map map = {{NULL, 0}};

	if (path)
		file_map_own(path, MODE, SIZE_MAX, &map, NULL);
	return map;
}

static bool is_there(const char *dir, enum build_file file, struct span bytes)
{
	DEFER(file_unmap) struct file_map map = look_at(dir, file);

	return map.bytes.p && span_equal(map.bytes, bytes);
}

/* Of all that the symbols' files come from: the modules in their order, and what each exports. */
static uint64_t symbols_source(const struct db_build *build)
{
	uint64_t sum = (unsigned char)build->options.symbol_prefix;

	vec_foreach (&build->modules, module)
		if ((*module)->facts.export_count) {
			uint64_t facts[] = {sum, build_exports_hash(build, *module),
					    hash_short((*module)->name), (*module)->index};

			sum = hash_short(span_of(facts, sizeof(facts)));
		}
	return sum;
}

static struct file_id identify(const char *dir, enum build_file file)
{
	DEFER(mem_freep) char *path = mem_format("%s/%s", dir, makers[file].name);
	struct file_id id = {0};

	if (path)
		file_identify(AT_FDCWD, path, &id);
	return id;
}

static bool is_still(const char *dir, enum build_file file, const struct file_id *known)
{
	struct file_id now = identify(dir, file);

	return known->inode && file_is_same(&now, known);
}

/* Whether the symbols' files need not be made: they are there, of the same source. */
static bool knows_symbols(struct db_build *build, const char *dir)
{
	struct build_symbols known = build_cache_symbols(build);

	if (!build->cache)
		return false;
	build->symbols_written.source = symbols_source(build);
	if (known.source != build->symbols_written.source ||
	    !is_still(dir, BUILD_SYMBOLS, &known.text) ||
	    !is_still(dir, BUILD_SYMBOLS_BIN, &known.index))
		return false;
	build->symbols_written = known;
	return true;
}

/* A file that was written just now may change without a change of its times. */
static struct file_id identify_settled(const char *dir, enum build_file file)
{
	struct file_id id = identify(dir, file);

	return file_is_settled(&id, file_clock()) ? id : (struct file_id){0};
}

void build_note_symbols(struct build_output *output)
{
	struct build_symbols *written = &output->build->symbols_written;

	written->text = identify_settled(output->dir, BUILD_SYMBOLS);
	written->index = identify_settled(output->dir, BUILD_SYMBOLS_BIN);
}

static int create(const char *dir, enum build_file file, struct span bytes, struct file_new *out,
		  struct err *err)
{
	DEFER(mem_freep) char *path = mem_format("%s/%s", dir, makers[file].name);
	int code = path ? file_create(path, MODE, out, err) : err_no_memory(err);

	return code < 0 ? code : file_write_all(out->fd, bytes.p, bytes.n, path, err);
}

/* Files are made in two parts, at the same time: those that have something to say, in the order in
 * which kmod says it, and the others. */
enum { PART_SAYS, PART_QUIET, PARTS };

struct part {
	struct build_output *output;
	struct new_files *files;
	bool knows_symbols;
	struct buf spare; /* what a file leaves behind serves the next */
	int code;
	struct err err;
};

static struct buf take_buf(struct buf *buf)
{
	struct buf taken = *buf;

	*buf = (struct buf){0};
	return taken;
}

static void leave_behind(struct part *part, enum build_file file)
{
	struct buf *buf = &part->output->files[file];

	if (part->output->keeps && (makers[file].traits & KEPT))
		return;
	buf_clear(buf);
	if (buf->size > part->spare.size) {
		struct buf kept = part->spare;

		part->spare = *buf;
		*buf = kept;
	}
	buf_free(buf);
}

/* A file that is there with the same bytes stays. modules.dep does not: its time tells when all was
 * looked at last, "depmod -A" for one. */
static int make_new(struct part *part, enum build_file file)
{
	struct build_output *output = part->output;
	struct new_files *files = part->files;
	struct span bytes;
	int code;

	output->files[file] = take_buf(&part->spare);
	code = make(output, file, &part->err);
	bytes = buf_span(&output->files[file]);

	if (code == 0 && (file == BUILD_DEP || !is_there(files->dir, file, bytes)))
		code = create(files->dir, file, bytes, &files->list[file], &part->err);
	if (!(makers[file].traits & SOURCE))
		leave_behind(part, file);
	if (file > 0 && (makers[file - 1].traits & SOURCE))
		leave_behind(part, file - 1);
	return code;
}

/* modules.alias is the largest file as a rule: what holds it can hold all others of its part after
 * it, and need not grow, which would touch twice as much memory. */
static bool make_room(struct part *part)
{
	const struct db_build *build = part->output->build;
	size_t size = 0;

	vec_foreach (&build->modules, item) {
		const struct build_module *module = *item;

		if (module->is_cached)
			size += build_cache_alias_lines(build, module).n;
		else
			for (uint32_t i = 0; i < module->facts.alias_count; i++)
				size += build_alias_line_length(module->facts.aliases[i].n,
								module->name.n);
	}
	return buf_reserve(&part->spare, size + BUILD_HEAD_MAX);
}

static void make_part(void *context, size_t number)
{
	struct part *part = (struct part *)context + number;

	if (number == PART_QUIET && !make_room(part))
		part->code = err_no_memory(&part->err);
	for (int i = 0; part->code == 0 && i < BUILD_FILES; i++) {
		bool known = part->knows_symbols && (i == BUILD_SYMBOLS || i == BUILD_SYMBOLS_BIN);
		bool says = makers[i].traits & SAYS;

		if (!known && says == (number == PART_SAYS))
			part->code = make_new(part, i);
	}
	buf_free(&part->spare);
}

static int make_all(struct build_output *output, struct new_files *files, bool knows_symbols,
		    struct err *err)
{
	struct part parts[PARTS] = {
		[PART_SAYS] = {output, files, knows_symbols},
		[PART_QUIET] = {output, files, knows_symbols},
	};

	threads_each(build_useful_threads(output->build), PARTS, make_part, parts);
	for (int i = 0; i < PARTS; i++)
		if (parts[i].code < 0)
			return err_set(err, parts[i].code, "%s", parts[i].err.text);
	return 0;
}

static int put_in_place(struct new_files *files,
			int (*step)(struct file_new *file, struct err *err), struct err *err)
{
	int code = 0;

	for (int i = 0; code == 0 && i < BUILD_FILES; i++)
		if (files->list[i].fd >= 0)
			code = step(&files->list[i], err);
	return code;
}

int db_build_write(struct db_build *build, const char *dir, struct err *err)
{
	DEFER(output_free) struct build_output output = {.build = build, .dir = dir};
	DEFER(new_files_free) struct new_files files = {.dir = dir};
	bool knows = knows_symbols(build, dir);
	int code;

	output.keeps = build->cache && !(knows && build_cache_suffices(build));
	for (int i = 0; i < BUILD_FILES; i++)
		files.list[i] = (struct file_new){.fd = -1};
	code = file_make_dirs(dir, 0755, err);
	if (code == 0)
		code = make_all(&output, &files, knows, err);
	if (code == 0)
		code = put_in_place(&files, file_prepare, err);
	if (code == 0)
		code = put_in_place(&files, file_commit, err);
	if (code == 0 && output.keeps)
		build_keep(&output);
	return code;
}
