/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file in which depmod keeps what it read for its next run: build_keep.c writes it,
 * build_kept.c reads it, build_cache.c answers from it. It has the numbers of this machine, and all
 * of it is used in the place where it is mapped:
 *
 *	head
 *	arrays	in the order of enum kept_array, each filled up to 8 bytes
 *
 * The texts of a module are its aliases, softdeps and weakdeps, one after the other; the entries of
 * a listing are as struct build_listing has them. Slots are hash tables as build_names.c has them,
 * of the names and of the paths of what is known. Modules are in their order, which is nearly
 * that of modules.order. The aliases are in the order of modules.alias.bin, with its keys: what is
 * nearly sorted is sorted soon. There are none when one of them has no place in that file, since
 * what is said of it comes in the order of modules.
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
	KEPT_TEXTS,   /* struct kept_text */
	KEPT_NAMES,   /* struct kept_text: names of symbols, by number */
	KEPT_NAME_SLOTS, /* uint64_t */
	KEPT_PATH_SLOTS,
	KEPT_ALIASES,
	KEPT_BYTES, /* that texts consist of, with a NUL behind each */
	KEPT_ARRAYS
};

struct kept_text {
	uint32_t at, length; /* in KEPT_BYTES */
};

struct kept_head {
	char magic[8];
	uint64_t hash; /* of all that follows */
	struct build_symbols symbols;
	struct kept_text dir;
	uint64_t counts[KEPT_ARRAYS];
};
static const char kept_magic[8] = "lkmdep\4";

struct kept_module {
	struct file_id id;
	uint64_t exports_hash; /* build_exports_hash() */
	struct kept_text path, name;
	uint32_t first_export, exports, first_import, imports;
	uint32_t first_text, aliases, softdeps, weakdeps;
};

struct kept_listing {
	struct file_id id;
	struct kept_text path, entries;
	uint64_t first_known;
};

struct kept_alias {
	uint32_t module, index;
	struct kept_text key;
};

static const size_t kept_sizes[KEPT_ARRAYS] = {
	[KEPT_MODULES] = sizeof(struct kept_module),
	[KEPT_LISTINGS] = sizeof(struct kept_listing),
	[KEPT_KNOWN] = sizeof(uint32_t),
	[KEPT_EXPORTS] = sizeof(struct build_export),
	[KEPT_IMPORTS] = sizeof(struct build_import),
	[KEPT_TEXTS] = sizeof(struct kept_text),
	[KEPT_NAMES] = sizeof(struct kept_text),
	[KEPT_NAME_SLOTS] = sizeof(uint64_t),
	[KEPT_PATH_SLOTS] = sizeof(uint64_t),
	[KEPT_ALIASES] = sizeof(struct kept_alias),
	[KEPT_BYTES] = 1,
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
	const struct kept_alias *aliases;
	struct span bytes;
	struct span *texts;
	const uint64_t *slots; /* of the paths */
	size_t module_count, listing_count, alias_count, slot_count;

	struct build_module **taken; /* by kept module: who has its facts now */
};

static inline struct span kept_span(struct span bytes, struct kept_text text)
{
	return span_of(bytes.p + text.at, text.length);
}

#endif
