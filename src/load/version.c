/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CRCs of symbols. __versions is an array of rows of 64 bytes: u64 CRC, name. A remainder is
 * ignored. Where names may be longer there is __version_ext_crcs besides, an array of u32, and
 * __version_ext_names, as many strings; a kernel that knows them uses these alone.
 */
#include <errno.h>

#include "load/walk.h"

enum { ROW = 64, ROW_NAME = 8, LONG_CRC = 4 };

/* Each CRC of the longer table must have a name. */
static bool check_names(struct walk *walk)
{
	struct span names = elf_raw(walk, walk->long_names);
	uint64_t count = walk->long_crcs->size / LONG_CRC;

	for (uint64_t at = 0; count > 0; count--) {
		const char *name = span_string(names, at);

		if (!name) {
			walk_reason(walk, "L-VER-09", -ENOEXEC,
				    "it tells the versions of more symbols than it names");
			walk_line(walk, 3, "more extended version crcs than names");
			return false;
		}
		at += strlen(name) + 1;
	}
	return true;
}

bool version_find(struct walk *walk)
{
	if (walk->request->flags & LOAD_IGNORE_MODVERSIONS)
		return true;
	walk->versions = elf_find(walk, "__versions");
	if (!walk->kernel->has[SERIES_LONG_VERSIONS])
		return true;
	walk->long_crcs = elf_find(walk, "__version_ext_crcs");
	walk->long_names = elf_find(walk, "__version_ext_names");
	if (!walk->long_crcs == !walk->long_names)
		return !walk->long_crcs || check_names(walk);
	walk_reason(walk, "L-VER-08", -ENOEXEC, "of the versions of symbols it has only the %s",
		    walk->long_crcs ? "CRCs and not the names" : "names and not the CRCs");
	walk_line(walk, 3, "extended version crc+name presence does not match");
	return false;
}

static void add_row(struct walk *walk, const char *name, const unsigned char *crc)
{
	if (!name || !map_add(&walk->version_rows, span_text(name), (void *)crc))
		walk->no_memory = true;
}

static void read_rows(struct walk *walk)
{
	struct span rows = elf_raw(walk, walk->versions);

	for (uint64_t at = 0; at + ROW <= rows.n; at += ROW)
		add_row(walk, walk_string(walk, rows, at + ROW_NAME), rows.p + at);
}

static void read_long_rows(struct walk *walk)
{
	struct span crcs = elf_raw(walk, walk->long_crcs);
	struct span names = elf_raw(walk, walk->long_names);

	for (uint64_t at = 0, next = 0; at + LONG_CRC <= crcs.n; at += LONG_CRC) {
		const char *name = walk_string(walk, names, next);

		add_row(walk, name, crcs.p + at);
		next += name ? strlen(name) + 1 : 0;
	}
}

bool version_force(struct walk *walk, const char *id, const char *what, const char *sentence)
{
	bool allowed = walk->kernel->force_load;

	walk_reason(walk, id, allowed ? 0 : -ENOEXEC, "%s", sentence)->fix =
		walk_text(walk, "build it against the headers of %s", walk->kernel->release);
	if (!allowed)
		return false;
	if (!walk_has_taint(walk, LOAD_TAINT_F))
		walk_line(walk, 4, "%s: %s: kernel tainted.", walk->name, what);
	walk_taint(walk, LOAD_TAINT_F);
	return true;
}

static bool differs(struct walk *walk, const char *symbol, uint64_t found, uint32_t wanted)
{
	bool layout = strcmp(symbol, "module_layout") == 0;
	struct load_reason *reason =
		walk_reason(walk, layout ? "L-VER-02" : "L-VER-05", layout ? -ENOEXEC : -EINVAL,
			    "it is built for another version of the symbol %s", symbol);

	reason->subject = walk_text(walk, "%s", symbol);
	reason->wanted = walk_text(walk, "0x%08x", wanted);
	reason->found = walk_text(walk, "0x%08jx", (uintmax_t)found);
	reason->fix = walk_text(walk, "build it against the headers of %s", walk->kernel->release);
	walk_line(walk, 4, "%s: disagrees about version of symbol %s", walk->info_name, symbol);
	return false;
}

static bool missing(struct walk *walk, const char *symbol)
{
	bool layout = strcmp(symbol, "module_layout") == 0;

	walk_reason(walk, layout ? "L-VER-03" : "L-VER-06", layout ? -ENOEXEC : -EINVAL,
		    "it does not tell the version of the symbol %s that it is built for", symbol)
		->fix =
		walk_text(walk, "build it against the headers of %s", walk->kernel->release);
	walk_line(walk, 4, "%s: no symbol version for %s", walk->info_name, symbol);
	return false;
}

/* The kernel's own build leaves no symbol out; it is told, and no more than that. */
static bool missing_long(struct walk *walk, const char *symbol)
{
	bool layout = strcmp(symbol, "module_layout") == 0;

	walk_reason(walk, layout ? "L-VER-03" : "L-VER-06", 0,
		    "it does not tell the version of the symbol %s that it is built for", symbol);
	walk_line(walk, 4, "%s: no extended symbol version for %s", walk->info_name, symbol);
	return true;
}

bool version_check(struct walk *walk, const char *symbol, bool has_crc, uint32_t crc)
{
	const unsigned char *found = map_get(&walk->version_rows, span_text(symbol));
	uint64_t value;

	if (!has_crc || !walk->kernel->modversions)
		return true;
	if (!walk->versions && !walk->long_crcs)
		return version_force(walk,
				     strcmp(symbol, "module_layout") ? "L-VER-07" : "L-VER-01",
				     symbol, "it does not tell the versions of its symbols");
	if (!found)
		return walk->long_crcs ? missing_long(walk, symbol) : missing(walk, symbol);
	value = walk->long_crcs ? span_le32(span_of(found, LONG_CRC), 0)
				: span_le64(span_of(found, ROW), 0);
	return value == crc || differs(walk, symbol, value, crc);
}

bool version_layout_step(struct walk *walk)
{
	const struct image_export *layout = &walk->kernel->layout;

	if (walk->long_crcs)
		read_long_rows(walk);
	else if (walk->versions)
		read_rows(walk);
	if (walk->kernel->has_layout)
		version_check(walk, layout->name, layout->has_crc, layout->crc);
	return true;
}

static bool has_exports(const struct section *table)
{
	enum { EXPORT = 12 };

	return table && table->size >= EXPORT;
}

bool export_crc_step(struct walk *walk)
{
	const char *const pairs[][2] = {{"__ksymtab", "__kcrctab"},
					{"__ksymtab_gpl", "__kcrctab_gpl"}};
	size_t tables = walk->kernel->export_flags ? 1 : 2;

	if (walk->kernel->export_flags && has_exports(elf_find(walk, pairs[0][0])) &&
	    !elf_find(walk, "__kflagstab")) {
		walk_reason(walk, "L-EXP-02", -ENOEXEC, "its exports have no flags");
		walk_line(walk, 3, "%s: no flags for exported symbols", walk->name);
		return true;
	}
	for (size_t i = 0; i < tables && walk->kernel->modversions; i++)
		if (has_exports(elf_find(walk, pairs[i][0])) && !elf_find(walk, pairs[i][1])) {
			version_force(walk, "L-VER-04", "no versions for exported symbols",
				      "it does not tell the versions of its exports");
			break;
		}
	return true;
}
