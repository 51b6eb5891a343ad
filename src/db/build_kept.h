/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file in which depmod keeps what it read for its next run: build_keep.c writes it,
 * build_kept.c reads it, build_cache.c answers from it. It has the numbers of this machine, and all
 * of it is used in the place where it is mapped:
 *
 *	head
 *	arrays	in the order of enum kept_array, each filled up to 8 bytes
 *
 * Slots are hash tables as build_names.c has them, of the names and of the paths of what is known.
 * The entries of a listing are as struct build_listing has them. Modules are in their order, which
 * is nearly that of modules.order.
 *
 * Four of the files that were written are in there: a module's part of modules.dep and
 * modules.alias is a text that need not be made again, and to the two indexes only what is new need
 * be added. An alias is a part of its line, of which the length is known.
 */
#ifndef LKM_DB_BUILD_KEPT_H
#define LKM_DB_BUILD_KEPT_H

#include "db/build_internal.h"

enum kept_array {
	KEPT_MODULES,
	KEPT_LISTINGS,
	KEPT_KNOWN,   /* uint32_t: of the entries of listings, what is known of them; see below */
	KEPT_EXPORTS, /* struct build_export */
	KEPT_IMPORTS, /* struct build_import */
	KEPT_DEPENDS, /* uint32_t: of modules, the numbers of others here - 1 */
	KEPT_TEXTS,   /* struct kept_text: softdeps and weakdeps */
	KEPT_ALIASES, /* uint32_t: lengths */
	KEPT_NAMES,   /* of symbols, by number */
	KEPT_NAME_SLOTS, /* uint64_t */
	KEPT_PATH_SLOTS,
	KEPT_BYTES, /* that texts consist of, with a NUL behind each */
	KEPT_DEP,   /* and the next: the bytes of these files */
	KEPT_DEP_BIN,
	KEPT_ALIAS,
	KEPT_ALIAS_BIN,
	KEPT_ARRAYS
};

struct kept_text {
	uint32_t at, length; /* in KEPT_BYTES, or where it is said */
};

struct kept_head {
	char magic[8];
	uint64_t hash; /* of all that follows */
	struct build_symbols symbols;
	struct kept_text dir;
	uint64_t modules; /* that there were: more than are kept, if some just changed */
	uint64_t symbol_prefix;
	uint64_t counts[KEPT_ARRAYS];
};
static const char kept_magic[8] = "lkmdep\5";

struct kept_module {
	struct file_id id;
	uint64_t exports_hash; /* build_exports_hash() */
	struct kept_text path, name;
	struct kept_text line;	      /* in KEPT_DEP */
	struct kept_text alias_lines; /* in KEPT_ALIAS */
	uint32_t first_export, exports, first_import, imports, first_depend, depends;
	uint32_t first_text, softdeps, weakdeps, first_alias, aliases;
	uint32_t index, rank; /* in build_module */
	uint32_t notes;
};

struct kept_name {
	struct kept_text text;
	uint32_t module; /* that exports it: its number; 0: none that is kept */
};

struct kept_listing {
	struct file_id id;
	struct kept_text path, entries;
	uint64_t first_known;
};

static const size_t kept_sizes[KEPT_ARRAYS] = {
	[KEPT_MODULES] = sizeof(struct kept_module),
	[KEPT_LISTINGS] = sizeof(struct kept_listing),
	[KEPT_KNOWN] = sizeof(uint32_t),
	[KEPT_EXPORTS] = sizeof(struct build_export),
	[KEPT_IMPORTS] = sizeof(struct build_import),
	[KEPT_DEPENDS] = sizeof(uint32_t),
	[KEPT_TEXTS] = sizeof(struct kept_text),
	[KEPT_ALIASES] = sizeof(uint32_t),
	[KEPT_NAMES] = sizeof(struct kept_name),
	[KEPT_NAME_SLOTS] = sizeof(uint64_t),
	[KEPT_PATH_SLOTS] = sizeof(uint64_t),
	[KEPT_BYTES] = 1,
	[KEPT_DEP] = 1,
	[KEPT_DEP_BIN] = 1,
	[KEPT_ALIAS] = 1,
	[KEPT_ALIAS_BIN] = 1,
};

static const size_t kept_max = (size_t)256 << 20;

/* What is known has numbers: modules from 1 on, listings behind them; 0 is nothing. */
static inline uint32_t kept_listing_number(uint64_t modules, size_t listing)
{
	return (uint32_t)(modules + listing + 1);
}

/* The file as it is used, after it was checked. */
struct build_cache {
	struct file_map file;
	const struct kept_head *head;
	const struct kept_module *modules;
	const struct kept_listing *listings;
	const uint32_t *known;
	const struct build_export *exports;
	const struct build_import *imports;
	const uint32_t *depends, *aliases;
	const struct kept_name *names;
	struct span bytes, dep, dep_bin, alias, alias_bin;
	struct span *texts;
	const uint64_t *slots; /* of the paths */
	size_t module_count, listing_count, name_count, slot_count;

	struct build_module **taken; /* by kept module: who has its facts now */
};

static inline struct span kept_span(struct span bytes, struct kept_text text)
{
	return span_of(bytes.p + text.at, text.length);
}

#endif
