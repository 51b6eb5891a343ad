/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes a file a module: its symbol table, .modinfo and module structure, and its names. I is
 * the name that early messages use: of .modinfo, or of the structure.
 */
#include <errno.h>

#include "load/walk.h"

static bool refuse(struct walk *walk, const char *id, const char *sentence)
{
	walk_reason(walk, id, -ENOEXEC, "%s", sentence);
	return false;
}

/* Sections without content did not count once. */
static bool counts(const struct walk *walk, const struct section *section)
{
	return walk->kernel->has[SERIES_STRING_TABLE] ||
	       (section->type != SHT_NULL && section->type != SHT_NOBITS);
}

static size_t count_of(struct walk *walk, uint32_t type, const char *name)
{
	size_t count = 0;

	for (size_t i = 1; i < walk->section_count; i++)
		if (counts(walk, &walk->sections[i]))
			count += name ? strcmp(walk->sections[i].name, name) == 0
				      : walk->sections[i].type == type;
	return count;
}

/* The last of the sections of that name that count, loaded or not; NULL: there is none. */
static struct section *only(struct walk *walk, const char *name)
{
	for (size_t i = walk->section_count; i-- > 1;)
		if (counts(walk, &walk->sections[i]) && strcmp(walk->sections[i].name, name) == 0)
			return &walk->sections[i];
	return NULL;
}

/* The strings of .modinfo, as the kernel walks through them: the first is looked at even when the
 * section is empty, and the last may read on to the end of the file. */
static void read_infos(struct walk *walk)
{
	const struct section *section = walk->modinfo;
	uint64_t at = section ? section->offset : walk->file.n;
	uint64_t end = section ? at + section->size : 0;

	if (section && section->size > walk->file.n)
		end = walk->file.n;
	while (at < walk->file.n) {
		const char *text = walk_string(walk, walk->file, at);
		const char **slot = vec_push(&walk->infos);

		if (!slot) {
			walk->no_memory = true;
			return;
		}
		*slot = text;
		at += strlen(text) + 1;
		while (at < end && at < walk->file.n && walk->file.p[at] == 0)
			at++;
		if (at >= end)
			break;
	}
}

static void find_sections(struct walk *walk)
{
	for (size_t i = 1; i < walk->section_count && !walk->symtab; i++)
		if (walk->sections[i].type == SHT_SYMTAB)
			walk->symtab = &walk->sections[i];
	if (walk->symtab) {
		walk->strtab = &walk->sections[walk->symtab->link];
		if (walk->strtab->offset < walk->file.n)
			span_cut(walk->file, walk->strtab->offset,
				 walk->file.n - walk->strtab->offset, &walk->names);
	}
	walk->modinfo = walk->kernel->has[SERIES_ONE_OF_EACH] ? only(walk, ".modinfo")
							      : elf_find(walk, ".modinfo");
	walk->this_module = elf_find(walk, ".gnu.linkonce.this_module");
	walk->percpu = elf_find(walk, ".data..percpu");
}

static bool no_symbols(struct walk *walk, const char *id, const char *sentence)
{
	walk_reason(walk, id, -ENOEXEC, "%s", sentence)->fix =
		"use the module as the kernel's build made it; strip it with --strip-debug only";
	walk_line(walk, 4, "%s: module has no symbols (stripped?)",
		  walk->info_name ? walk->info_name : "(missing .modinfo section or name field)");
	return false;
}

static bool check_one_of_each(struct walk *walk)
{
	const char *name =
		walk->info_name ? walk->info_name : "(missing .modinfo section or name field)";

	if (count_of(walk, 0, ".modinfo") > 1) {
		refuse(walk, "L-INF-03", "it has more than one .modinfo section");
		walk_line(walk, 3, "Only one .modinfo section must exist.");
		return false;
	}
	if (count_of(walk, SHT_SYMTAB, NULL) != 1)
		return no_symbols(walk, "L-INF-08", "it has not exactly one symbol table");
	if (count_of(walk, 0, ".gnu.linkonce.this_module") != 1) {
		refuse(walk, "L-INF-04", "it has not exactly one module structure");
		walk_line(walk, 3,
			  "module %s: %s one .gnu.linkonce.this_module section must exist.", name,
			  walk->kernel->has[SERIES_STRING_TABLE] ? "Exactly" : "Only");
	} else if (only(walk, ".gnu.linkonce.this_module")->type == SHT_NOBITS) {
		refuse(walk, "L-INF-05", "its module structure has no content");
		walk_line(walk, 3,
			  "module %s: .gnu.linkonce.this_module section must have a size set",
			  name);
	} else if (!walk->this_module) {
		refuse(walk, "L-INF-06", "its module structure is not loaded");
		walk_line(walk, 3,
			  "module %s: .gnu.linkonce.this_module must occupy memory during process "
			  "execution",
			  name);
	} else if (walk->kernel->module_size &&
		   walk->this_module->size != walk->kernel->module_size) {
		struct load_reason *reason = walk_reason(
			walk, "L-INF-07", -ENOEXEC, "its module structure is not this kernel's");

		reason->wanted = walk_text(walk, "%u bytes", walk->kernel->module_size);
		reason->found = walk_text(walk, "%ju bytes", (uintmax_t)walk->this_module->size);
		reason->fix = walk_text(walk, "build it against the headers of %s",
					walk->kernel->release);
		walk_line(walk, 3,
			  "module %s: .gnu.linkonce.this_module section size must match the "
			  "kernel's built struct module size at run time",
			  name);
	}
	return walk->step_code == 0;
}

static bool check_module_structure(struct walk *walk)
{
	const struct section *section = walk->this_module;
	const struct load_kernel *kernel = walk->kernel;
	struct span name;

	if (section->type == SHT_NOBITS) {
		walk_crash(walk, "L-CRASH-02", "its module structure has no content");
		return false;
	}
	if (!span_cut(section->data, kernel->name_offset, kernel->name_size, &name)) {
		walk_crash(walk, "L-CRASH-01", "its module structure is cut short");
		return false;
	}
	if (!memchr(name.p, 0, name.n) && !kernel->has[SERIES_OPEN_NAME]) {
		walk_crash(walk, "L-CRASH-06", "its name has no end");
		return false;
	}
	walk->name = walk_string(walk, section->data, kernel->name_offset);
	if (!walk->info_name)
		walk->info_name = walk->name;
	return true;
}

static bool check_string_table(struct walk *walk)
{
	struct span names = walk->strtab->data;

	if (walk->kernel->has[SERIES_TABLE_TYPES] && walk->strtab->type != SHT_STRTAB) {
		refuse(walk, "L-ELF-22", "its table of symbol names is of another type");
		walk_line(walk, 3, "Invalid ELF symbol string table type: %u", walk->strtab->type);
	} else if (names.n == 0) {
		refuse(walk, "L-ELF-17", "its table of symbol names is empty");
		walk_line(walk, 3, "empty symbol string table");
	} else if (names.p[0] != 0) {
		refuse(walk, "L-ELF-18", "its table of symbol names does not begin with NUL");
		walk_line(walk, 3, "symbol string table missing leading NUL");
	} else if (names.p[names.n - 1] != 0) {
		refuse(walk, "L-ELF-19", "its table of symbol names has no end");
		walk_line(walk, 3, "symbol string table isn't NUL terminated");
	}
	for (uint64_t at = 0; walk->step_code == 0 && at + 24 <= walk->symtab->data.n; at += 24) {
		if (span_le32(walk->symtab->data, at) >= names.n) {
			refuse(walk, "L-ELF-20", "a symbol's name lies outside of the table");
			walk_line(walk, 3, "symbol name out of bounds in string table");
		}
	}
	return walk->step_code == 0;
}

bool identity_step(struct walk *walk)
{
	find_sections(walk);
	read_infos(walk);
	walk->info_name = modinfo_get(walk, "name");
	if (walk->kernel->has[SERIES_ONE_OF_EACH]) {
		if (!check_one_of_each(walk))
			return false;
	} else if (!walk->symtab) {
		return no_symbols(walk, "L-INF-01", "it has no symbol table");
	} else if (!walk->this_module) {
		refuse(walk, "L-INF-02",
		       "it is an object file, not a module: it has no module "
		       "structure");
		walk_line(walk, 4, "%s: No module found in object",
			  walk->info_name ? walk->info_name
					  : "(missing .modinfo section or name field)");
		return false;
	}
	if (!version_find(walk))
		return false;
	if (walk->kernel->has[SERIES_STRING_TABLE] && !check_string_table(walk))
		return false;
	return check_module_structure(walk);
}
