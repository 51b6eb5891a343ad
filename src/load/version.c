/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CRCs of symbols. __versions is an array of rows of 64 bytes: u64 CRC, name. A remainder is
 * ignored.
 */
#include <errno.h>

#include "load/walk.h"

enum { ROW = 64, ROW_NAME = 8 };

static void read_rows(struct walk *walk)
{
	struct span rows = elf_raw(walk, walk->versions);

	for (uint64_t at = 0; at + ROW <= rows.n; at += ROW) {
		const char *name = walk_string(walk, rows, at + ROW_NAME);

		if (!name || !map_add(&walk->version_rows, span_text(name), (void *)(rows.p + at)))
			walk->no_memory = true;
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

bool version_check(struct walk *walk, const char *symbol, bool has_crc, uint32_t crc)
{
	const unsigned char *row;
	uint64_t found;

	if (!has_crc || !walk->kernel->modversions)
		return true;
	if (!walk->versions)
		return version_force(walk,
				     strcmp(symbol, "module_layout") ? "L-VER-07" : "L-VER-01",
				     symbol, "it does not tell the versions of its symbols");
	row = map_get(&walk->version_rows, span_text(symbol));
	if (!row)
		return missing(walk, symbol);
	found = span_le64(span_of(row, ROW), 0);
	return found == crc || differs(walk, symbol, found, crc);
}

bool version_layout_step(struct walk *walk)
{
	const struct image_export *layout = &walk->kernel->layout;

	if (walk->versions)
		read_rows(walk);
	if (walk->kernel->has_layout)
		version_check(walk, layout->name, layout->has_crc, layout->crc);
	return true;
}

bool export_crc_step(struct walk *walk)
{
	const char *const pairs[][2] = {{"__ksymtab", "__kcrctab"},
					{"__ksymtab_gpl", "__kcrctab_gpl"}};

	for (size_t i = 0; i < 2 && walk->kernel->modversions; i++) {
		const struct section *symbols = elf_find(walk, pairs[i][0]);
		const struct section *crcs = elf_find(walk, pairs[i][1]);

		if (symbols && symbols->size >= 12 && !crcs) {
			version_force(walk, "L-VER-04", "no versions for exported symbols",
				      "it does not tell the versions of its exports");
			break;
		}
	}
	return true;
}
