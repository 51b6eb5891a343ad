/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Symbols: all are looked at even after an error, and the errno is that of the last one. The
 * kernel's exports come first, then those of the loaded modules, newest first.
 *
 * An export of the kernel lies where it was linked, in an image that is moved to its nominal place,
 * which is enough to tell what fits a relocation; those of modules all lie at its beginning.
 */
#include <errno.h>

#include "load/arch/arch.h"

struct found {
	const struct load_provider *owner; /* NULL: the kernel */
	const char *name_space;
	uint32_t crc;
	bool has_crc, gpl;
	const char *module; /* that exports it, when only its name is known */
};

static bool find(const struct walk *walk, const char *name, struct found *found)
{
	struct image_export own;

	found->module = NULL;
	if (image_export(walk->kernel->image, name, &own)) {
		*found = (struct found){NULL,	     own.name_space, own.crc,
					own.has_crc, own.gpl,	     own.module};
		if (!own.module)
			return true;
	}
	for (size_t i = 0; i < walk->request->provider_count; i++) {
		const struct load_provider *owner = walk->request->providers[i];
		const struct ko_export *export = map_get(&owner->exports, span_text(name));

		if (export) {
			*found = (struct found){owner,		 export->name_space, export->crc,
						export->has_crc, export->gpl,	     NULL};
			return true;
		}
	}
	return found->module != NULL;
}

static int unknown(struct walk *walk, const char *name, int code)
{
	walk_line(walk, 4, "%s: Unknown symbol %s (err %d)", walk->name, name, code);
	walk->step_code = code;
	return code;
}

/* A module tells whose symbols it wants, if they were known when it was built. */
static const char *fix_of_absent(struct walk *walk)
{
	const char *needs = modinfo_get(walk, "depends");

	if (needs && needs[0])
		return walk_text(walk, "load first what it says it needs: %s (--with FILE)", needs);
	return walk_text(walk,
			 "load the module that exports it first (--with FILE), or build for %s",
			 walk->kernel->release);
}

static int not_found(struct walk *walk, const char *name, bool hidden)
{
	struct load_reason *reason;

	if (hidden) {
		reason = walk_reason(walk, "L-SYM-02", -ENOENT,
				     "the symbol %s is for modules under the GPL only", name);
		reason->fix = "change the module's licence, or do without the symbol";
		reason->subject = walk_text(walk, "%s", name);
		return unknown(walk, name, -ENOENT);
	}
	reason = walk_reason(
		walk, "L-SYM-02", -ENOENT,
		"nothing exports the symbol %s: neither the kernel nor a module that is "
		"loaded before",
		name);
	reason->subject = walk_text(walk, "%s", name);
	reason->absent = true;
	reason->fix = fix_of_absent(walk);
	return unknown(walk, name, -ENOENT);
}

static bool inherit(struct walk *walk, const char *name, const struct found *found)
{
	if (!found->owner || !found->owner->proprietary)
		return true;
	if (walk->uses_gpl_only) {
		walk_reason(
			walk, "L-SYM-04", -ENOENT,
			"it uses symbols for GPL modules, hence none of the proprietary module %s",
			found->owner->name);
		walk_line(walk, 3,
			  "%s: module using GPL-only symbols uses symbols %s from proprietary "
			  "module %s.",
			  walk->name, name, found->owner->name);
		return false;
	}
	if (!(walk->taints & LOAD_TAINT_P)) {
		walk_reason(walk, "L-SYM-05", 0, "it uses symbols of the proprietary module %s",
			    found->owner->name);
		walk_line(
			walk, 4,
			"%s: module uses symbols %s from proprietary module %s, inheriting taint.",
			walk->name, name, found->owner->name);
		walk_taint(walk, LOAD_TAINT_P);
	}
	return true;
}

static uint64_t address_of(const struct walk *walk, const char *name, const struct found *found)
{
	const struct load_places *places = walk->request->places;

	if (places && places->symbol)
		return places->symbol(places->context, name,
				      found->owner ? found->owner->name : NULL);
	if (found->owner || found->module)
		return walk->kernel->arch->kernel_text;
	return load_kernel_address(walk->kernel, name);
}

static void resolve_undefined(struct walk *walk, struct symbol *symbol)
{
	bool weak = ELF64_ST_BIND(symbol->info) == STB_WEAK ||
		    strcmp(symbol->name, "_GLOBAL_OFFSET_TABLE_") == 0;
	struct found found;
	bool there = find(walk, symbol->name, &found);
	bool hidden = there && found.gpl && (walk->taints & LOAD_TAINT_P);

	if (!there || hidden) {
		if (!weak)
			not_found(walk, symbol->name, hidden);
		return;
	}
	if (found.gpl)
		walk->uses_gpl_only = true;
	if (!inherit(walk, symbol->name, &found)) {
		unknown(walk, symbol->name, -ENOENT);
		return;
	}
	if (!version_check(walk, symbol->name, found.has_crc, found.crc) ||
	    !namespace_check(walk, symbol->name, found.name_space)) {
		unknown(walk, symbol->name, -EINVAL);
		return;
	}
	if (found.owner && !present_use(walk, found.owner->name, symbol->name)) {
		unknown(walk, symbol->name, -ENOENT);
		return;
	}
	symbol->value = address_of(walk, symbol->name, &found);
}

static void resolve_common(struct walk *walk, const struct symbol *symbol)
{
	if (strncmp(symbol->name, "__gnu_lto", 9) == 0)
		return;
	walk_reason(walk, "L-SYM-01", -ENOEXEC, "the symbol %s is a common one", symbol->name)
		->fix = "compile it with -fno-common";
	walk_line(walk, 4, "%s: please compile with -fno-common", walk->name);
}

static uint64_t percpu_of(const struct walk *walk)
{
	const struct load_places *places = walk->request->places;

	return places && places->percpu ? places->percpu : walk->kernel->arch->percpu;
}

static void resolve_symbol(struct walk *walk, struct symbol *symbol)
{
	const struct section *section;

	switch (symbol->section) {
	case SHN_COMMON:
		resolve_common(walk, symbol);
		return;
	case SHN_ABS:
	case SHN_LIVEPATCH:
		return;
	case SHN_UNDEF:
		resolve_undefined(walk, symbol);
		return;
	default:
		break;
	}
	if (symbol->section >= walk->section_count) {
		walk_reason(walk, "L-SYM-03", -ENOEXEC, "the symbol %s is in no section",
			    symbol->name);
		walk_line(walk, 3, "%s: Symbol %s has an invalid section index %u (max %zu)",
			  walk->name, symbol->name, symbol->section, walk->section_count - 1);
		return;
	}
	section = &walk->sections[symbol->section];
	if (section->placed)
		symbol->value += section->place;
	else if (section != walk->percpu)
		symbol->value += arch_section_address(section);
	else
		symbol->value += percpu_of(walk);
}

bool resolve_step(struct walk *walk)
{
	struct span table = walk->symtab->data;

	walk->symbol_count = table.n / sizeof(Elf64_Sym);
	walk->symbols = mem_room_take(&walk->reusable->symbols, walk->symbol_count + 1,
				      sizeof(*walk->symbols));
	if (!walk->symbols) {
		walk->no_memory = true;
		return false;
	}
	for (size_t i = 0; i < walk->symbol_count; i++) {
		uint64_t at = i * sizeof(Elf64_Sym);
		struct symbol *symbol = &walk->symbols[i];

		symbol->name_offset = span_le32(table, at);
		symbol->info = table.p[at + offsetof(Elf64_Sym, st_info)];
		symbol->section = span_le16(table, at + offsetof(Elf64_Sym, st_shndx));
		symbol->value = span_le64(table, at + offsetof(Elf64_Sym, st_value));
		symbol->name = "";
		if (i == 0)
			continue;
		if (symbol->section == SHN_UNDEF || symbol->section >= walk->section_count)
			symbol->name = walk_string(walk, walk->names, symbol->name_offset);
		if (!symbol->name) {
			walk_crash(walk, "L-CRASH-03",
				   "the name of symbol %zu lies outside of the table of names", i);
			return false;
		}
		resolve_symbol(walk, symbol);
	}
	return true;
}

/* ld's relocations of an export's entry name it; the entry's name itself is in __ksymtab_strings,
 * and the symbol __ksymtab_NAME stands for it. */
bool export_step(struct walk *walk)
{
	static const char prefix[] = "__ksymtab_";

	for (size_t i = 1; i < walk->symbol_count; i++) {
		const struct symbol *symbol = &walk->symbols[i];
		const struct section *section = symbol->section < walk->section_count
							? &walk->sections[symbol->section]
							: NULL;
		struct found found;
		const char *name;

		if (!section || strncmp(section->name, "__ksymtab", 9) != 0 ||
		    strcmp(section->name, "__ksymtab_strings") == 0)
			continue;
		name = walk_string(walk, walk->names, symbol->name_offset);
		if (!name || strncmp(name, prefix, strlen(prefix)) != 0)
			continue;
		name += strlen(prefix);
		if (!find(walk, name, &found) || found.module)
			continue;
		walk_reason(walk, "L-EXP-01", -ENOEXEC, "it exports %s, which %s exports already",
			    name, found.owner ? found.owner->name : "the kernel");
		walk_line(walk, 3, "%s: exports duplicate symbol %s (owned by %s)", walk->name,
			  name, found.owner ? found.owner->name : "kernel");
		break;
	}
	return true;
}

/* The kernel looks for a name by halves, so that a table that is not sorted hides some. */
static bool is_found(const struct ko_export *rows, size_t count, bool gpl, const char *name)
{
	VEC(const struct ko_export *) table = {0};
	size_t low = 0, high;
	bool found = false;

	for (size_t i = 0; i < count; i++)
		if (rows[i].gpl == gpl) {
			const struct ko_export **slot = vec_push(&table);

			if (slot)
				*slot = &rows[i];
		}
	for (high = table.n; low < high && !found;) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, table.p[middle]->name);

		found = order == 0;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	vec_free(&table);
	return found;
}

static bool is_sorted(const struct ko_export *rows, size_t count)
{
	const char *last[2] = {"", ""};

	for (size_t i = 0; i < count; i++) {
		if (strcmp(last[rows[i].gpl], rows[i].name) > 0)
			return false;
		last[rows[i].gpl] = rows[i].name;
	}
	return true;
}

int load_provider_open(struct load_provider **out, const struct ko *ko, struct err *err)
{
	struct load_provider *provider = mem_zalloc(sizeof(*provider));
	const struct ko_export *exports;
	const char *license = ko_info(ko, "license");
	size_t count;
	bool sorted;

	exports = ko_exports(ko, &count);
	if (!provider || !exports) {
		mem_free(provider);
		return err_no_memory(err);
	}
	provider->name = ko_name(ko);
	provider->ko = ko;
	provider->proprietary = !license || !modinfo_is_gpl(license);
	sorted = is_sorted(exports, count);
	for (size_t i = 0; i < count; i++)
		if ((sorted || is_found(exports, count, exports[i].gpl, exports[i].name)) &&
		    !map_add(&provider->exports, span_text(exports[i].name), (void *)&exports[i])) {
			load_provider_close(provider);
			return err_no_memory(err);
		}
	*out = provider;
	return 0;
}

const struct ko *load_provider_ko(const struct load_provider *provider)
{
	return provider->ko;
}

void load_provider_close(struct load_provider *provider)
{
	if (!provider)
		return;
	map_free(&provider->exports);
	mem_free(provider);
}
