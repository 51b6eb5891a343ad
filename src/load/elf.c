/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's ELF gate, which differs from ko's: it says what the kernel says, in its order, and
 * lets pass what the kernel lets pass. On x86-64 that is ELF64 in little endian whatever e_ident
 * says.
 */
#include <errno.h>

#include "load/arch/arch.h"

#define FIELD(type, member) offsetof(type, member)

struct header {
	uint64_t shoff;
	unsigned int shentsize, shnum, shstrndx;
};

static bool refuse(struct walk *walk, const char *id, const char *sentence)
{
	walk_reason(walk, id, -ENOEXEC, "%s", sentence);
	return false;
}

static bool check_header(struct walk *walk, struct header *header)
{
	struct span file = walk->file;
	unsigned int type = span_le16(file, FIELD(Elf64_Ehdr, e_type));
	unsigned int machine = span_le16(file, FIELD(Elf64_Ehdr, e_machine));

	if (file.n < sizeof(Elf64_Ehdr)) {
		refuse(walk, "L-ELF-01", "the file is too short for an ELF header");
		walk_line(walk, 3, "Invalid ELF header len %zu", file.n);
	} else if (!span_starts(file, SPAN_LITERAL(ELFMAG))) {
		refuse(walk, "L-ELF-02", "it is not an ELF file");
		walk_line(walk, 3, "Invalid ELF header magic: != %s", ELFMAG);
	} else if (type != ET_REL) {
		refuse(walk, "L-ELF-03", "it is an ELF file, but not a relocatable one");
		walk_line(walk, 3, "Invalid ELF header type: %u != 1", type);
	} else if (machine != walk->kernel->arch->machine) {
		refuse(walk, "L-ELF-04", "it is built for another architecture");
		walk_line(walk, 3, "Invalid architecture in ELF header: %u", machine);
		walk->verdict->reasons.p[walk->verdict->reasons.n - 1].wanted =
			ko_machine_name(walk->kernel->arch->machine);
		walk->verdict->reasons.p[walk->verdict->reasons.n - 1].found =
			ko_machine_name(machine);
	} else if (header->shentsize != sizeof(Elf64_Shdr)) {
		refuse(walk, "L-ELF-05", "its section headers have a strange size");
		walk_line(walk, 3, "Invalid ELF section header size");
	} else if (header->shoff >= file.n ||
		   header->shnum * sizeof(Elf64_Shdr) > file.n - header->shoff) {
		refuse(walk, "L-ELF-06",
		       "its section headers lie behind the end of the file: it is "
		       "cut short");
		walk_line(walk, 3, "Invalid ELF section header overflow");
	}
	return walk->step_code == 0;
}

static bool read_sections(struct walk *walk, const struct header *header)
{
	walk->section_count = header->shnum;
	walk->sections = arena_array(walk->arena, header->shnum + 1, sizeof(*walk->sections));
	if (!walk->sections) {
		walk->no_memory = true;
		return false;
	}
	for (size_t i = 0; i < header->shnum; i++) {
		uint64_t at = header->shoff + i * sizeof(Elf64_Shdr);
		struct section *section = &walk->sections[i];

		section->name = "";
		section->type = span_le32(walk->file, at + FIELD(Elf64_Shdr, sh_type));
		section->flags = span_le64(walk->file, at + FIELD(Elf64_Shdr, sh_flags));
		section->address = span_le64(walk->file, at + FIELD(Elf64_Shdr, sh_addr));
		section->offset = span_le64(walk->file, at + FIELD(Elf64_Shdr, sh_offset));
		section->size = span_le64(walk->file, at + FIELD(Elf64_Shdr, sh_size));
		section->link = span_le32(walk->file, at + FIELD(Elf64_Shdr, sh_link));
		section->info = span_le32(walk->file, at + FIELD(Elf64_Shdr, sh_info));
		section->alignment = span_le64(walk->file, at + FIELD(Elf64_Shdr, sh_addralign));
		if (section->type != SHT_NOBITS)
			span_cut(walk->file, section->offset, section->size, &section->data);
	}
	return true;
}

static bool check_first(struct walk *walk)
{
	const struct section *first = walk->sections;

	if (walk->section_count == 0 ||
	    (first->type == SHT_NULL && first->size == 0 && first->address == 0))
		return true;
	refuse(walk, "L-ELF-11", "section 0 is not empty");
	walk_line(walk, 3,
		  "ELF Spec violation: section 0 type(%u)!=SH_NULL or non-zero len or addr",
		  first->type);
	return false;
}

static bool check_names(struct walk *walk, const struct header *header, struct span *names)
{
	const struct section *section;

	if (header->shstrndx == 0 || header->shstrndx >= header->shnum) {
		refuse(walk, "L-ELF-07", "it does not tell where its section names are");
		walk_line(walk, 3,
			  "Invalid ELF section name index: %u || e_shstrndx (%u) >= e_shnum (%u)",
			  header->shstrndx, header->shstrndx, header->shnum);
		return false;
	}
	section = &walk->sections[header->shstrndx];
	if (!span_cut(walk->file, section->offset, section->size, names)) {
		refuse(walk, "L-ELF-08", "its section names lie outside of the file");
		walk_line(walk, 3, "Invalid ELF section hdr(type %u)", section->type);
	} else if (names->n == 0) {
		refuse(walk, "L-ELF-09", "its table of section names is empty");
		walk_line(walk, 3, "empty section name table");
	} else if (names->p[names->n - 1] != 0) {
		refuse(walk, "L-ELF-10", "its section names have no end");
		walk_line(walk, 3, "ELF Spec violation: section name table isn't null terminated");
	}
	return walk->step_code == 0;
}

static bool check_section(struct walk *walk, size_t i, uint32_t name, struct span names)
{
	struct section *section = &walk->sections[i];
	bool strict = walk->kernel->has[SERIES_STRING_TABLE];

	if (section->type != SHT_NULL && section->type != SHT_NOBITS) {
		if (section->type == SHT_SYMTAB &&
		    (section->link == 0 || section->link >= walk->section_count)) {
			refuse(walk, "L-ELF-12", "the names of its symbols are in no section");
			walk_line(walk, 3,
				  "Invalid ELF sh_link!=SHN_UNDEF(%u) or (sh_link(%u) >= "
				  "hdr->e_shnum(%zu)",
				  section->link, section->link, walk->section_count);
			return false;
		}
		if (!span_cut(walk->file, section->offset, section->size, &section->data)) {
			refuse(walk, "L-ELF-13", "a section lies outside of the file");
			walk_line(walk, 3, "Invalid ELF section in module (section %zu type %u)", i,
				  section->type);
			return false;
		}
		if (name >= names.n && (strict || (section->flags & SHF_ALLOC))) {
			refuse(walk, strict ? "L-ELF-16" : "L-ELF-14",
			       "a section's name lies outside of the name table");
			walk_line(walk, 3,
				  "Invalid ELF section name in module (section %zu type %u)", i,
				  section->type);
			return false;
		}
	}
	/* A name behind the table is read all the same. */
	section->name = name < names.n ? span_string(names, name)
				       : walk_string(walk, walk->file,
						     (uint64_t)(names.p - walk->file.p) + name);
	section->nameless = !section->name;
	if (section->nameless)
		section->name = "";
	return true;
}

bool elf_step(struct walk *walk)
{
	struct span file = walk->file, names = {0};
	struct header header = {
		.shoff = span_le64(file, FIELD(Elf64_Ehdr, e_shoff)),
		.shentsize = span_le16(file, FIELD(Elf64_Ehdr, e_shentsize)),
		.shnum = span_le16(file, FIELD(Elf64_Ehdr, e_shnum)),
		.shstrndx = span_le16(file, FIELD(Elf64_Ehdr, e_shstrndx)),
	};
	bool first_before = walk->kernel->has[SERIES_STRING_TABLE];

	if (!check_header(walk, &header) || !read_sections(walk, &header) ||
	    (first_before && !check_first(walk)) || !check_names(walk, &header, &names) ||
	    (!first_before && !check_first(walk)))
		return false;
	for (size_t i = 1; i < walk->section_count; i++)
		if (!check_section(walk, i, span_le32(file, header.shoff + i * sizeof(Elf64_Shdr)),
				   names))
			return false;
	return true;
}

struct section *elf_find(struct walk *walk, const char *name)
{
	for (size_t i = 1; i < walk->section_count; i++)
		if ((walk->sections[i].flags & SHF_ALLOC) &&
		    strcmp(walk->sections[i].name, name) == 0)
			return &walk->sections[i];
	return NULL;
}

struct span elf_raw(const struct walk *walk, const struct section *section)
{
	uint64_t offset = section->offset, size = section->size;

	if (offset >= walk->file.n)
		return span_of("", 0);
	if (size > walk->file.n - offset)
		size = walk->file.n - offset;
	return span_of(walk->file.p + offset, size);
}

static size_t count_of(struct walk *walk, uint32_t type, const char *name)
{
	size_t count = 0;

	for (size_t i = 1; i < walk->section_count; i++)
		count += name ? strcmp(walk->sections[i].name, name) == 0
			      : walk->sections[i].type == type;
	return count;
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
	walk->modinfo = elf_find(walk, ".modinfo");
	walk->this_module = elf_find(walk, ".gnu.linkonce.this_module");
	walk->percpu = elf_find(walk, ".data..percpu");
	if (!(walk->request->flags & LOAD_IGNORE_MODVERSIONS))
		walk->versions = elf_find(walk, "__versions");
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

	if (count_of(walk, SHT_SYMTAB, NULL) != 1)
		return no_symbols(walk, "L-INF-08", "it has not exactly one symbol table");
	if (count_of(walk, 0, ".modinfo") > 1) {
		refuse(walk, "L-INF-03", "it has more than one .modinfo section");
		walk_line(walk, 3, "Only one .modinfo section must exist.");
	} else if (count_of(walk, 0, ".gnu.linkonce.this_module") != 1) {
		refuse(walk, "L-INF-04", "it has not exactly one module structure");
		walk_line(walk, 3,
			  "module %s: Exactly one .gnu.linkonce.this_module section must exist.",
			  name);
	} else if (!walk->this_module) {
		refuse(walk, "L-INF-06", "its module structure is not loaded");
		walk_line(walk, 3,
			  "module %s: .gnu.linkonce.this_module must occupy memory during process "
			  "execution",
			  name);
	} else if (walk->this_module->type == SHT_NOBITS) {
		refuse(walk, "L-INF-05", "its module structure is empty");
		walk_line(walk, 3,
			  "module %s: .gnu.linkonce.this_module section must have a size set",
			  name);
	} else if (walk->this_module->size != walk->kernel->module_size) {
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
	if (!memchr(name.p, 0, name.n)) {
		walk_crash(walk, "L-CRASH-06", "its name has no end");
		return false;
	}
	walk->name = walk_string(walk, name, 0);
	if (!walk->info_name)
		walk->info_name = walk->name;
	return true;
}

static bool check_string_table(struct walk *walk)
{
	struct span names = walk->strtab->data;

	if (names.n == 0) {
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
	if (walk->kernel->has[SERIES_STRING_TABLE] && !check_string_table(walk))
		return false;
	return check_module_structure(walk);
}
