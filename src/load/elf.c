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
	walk->sections = mem_room_take(&walk->reusable->sections, header->shnum + 1,
				       sizeof(*walk->sections));
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

static bool check_bounds(struct walk *walk, size_t i)
{
	struct section *section = &walk->sections[i];

	if (section->type == SHT_NULL || section->type == SHT_NOBITS ||
	    span_cut(walk->file, section->offset, section->size, &section->data))
		return true;
	refuse(walk, "L-ELF-13", "a section lies outside of the file");
	walk_line(walk, 3, "Invalid ELF section in module (section %zu type %u)", i, section->type);
	return false;
}

/* Later kernels look at section 0 and at the bounds of all before they look at the names. */
static bool check_frames(struct walk *walk)
{
	if (!check_first(walk))
		return false;
	for (size_t i = 1; i < walk->section_count; i++)
		if (!check_bounds(walk, i))
			return false;
	return true;
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
	if (walk->kernel->has[SERIES_TABLE_TYPES] && section->type != SHT_STRTAB) {
		refuse(walk, "L-ELF-21", "its table of section names is of another type");
		walk_line(walk, 3, "Invalid ELF section name table type: %u", section->type);
	} else if (!span_cut(walk->file, section->offset, section->size, names)) {
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

/* A name behind the table is read all the same. */
static void read_name(struct walk *walk, struct section *section, uint32_t name, struct span names)
{
	section->name = name < names.n ? span_string(names, name)
				       : walk_string(walk, walk->file,
						     (uint64_t)(names.p - walk->file.p) + name);
	section->nameless = !section->name;
	if (section->nameless)
		section->name = "";
}

static bool check_section(struct walk *walk, size_t i, uint32_t name, struct span names)
{
	struct section *section = &walk->sections[i];
	bool strict = walk->kernel->has[SERIES_STRING_TABLE];

	read_name(walk, section, name, names);
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
		if (!check_bounds(walk, i))
			return false;
		if (walk->kernel->has[SERIES_ONE_OF_EACH] && !strict && section->nameless) {
			walk_crash(walk, "L-CRASH-17",
				   "the name of section %zu lies outside of the file", i);
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
	bool frames_before = walk->kernel->has[SERIES_STRING_TABLE];

	if (!check_header(walk, &header) || !read_sections(walk, &header) ||
	    (frames_before && !check_frames(walk)) || !check_names(walk, &header, &names) ||
	    (!frames_before && !check_first(walk)))
		return false;
	read_name(walk, &walk->sections[0], span_le32(file, header.shoff), names);
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
