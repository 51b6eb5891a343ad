/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate: checks the structure of an ELF file once. Behind it the section table can be trusted:
 * every section's bytes lie inside the file and every name ends.
 *
 * The gate refuses what cannot be read, and nothing else: which odd files a kernel loads is for
 * the loader to say. Two oddities are read as kernels read them:
 *
 * - On x86-64 the kernel looks at e_machine only, never at the class or byte order in e_ident.
 * - The name of a section that is not loaded may lie outside of the name table; it counts as "".
 *
 * kmod's tools read more than kernels load, and ko_open_at() reads it as they do: files of any
 * type, in the class and byte order of e_ident; of the sections those that have a name and lie in
 * the file, whatever their type and flags, as if the others were not there. They know no more
 * sections than the header's 16 bits can count.
 *
 * An ELF file is a header, section contents anywhere, and a table of section headers. Numbers
 * that do not fit the header's 16 bits (sections, index of the name table) are kept in section 0.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>

#include "ko/object.h"

/* What the header says; sizes in bytes. */
struct header {
	unsigned int type;
	uint64_t section_offset, section_count, names;
	unsigned int section_size;
	struct span table; /* of section headers */
};

/* The names usually lie in front of the section headers. */
enum { NAMES_USUAL = 512 };

/* What people hand over instead of a module, by its first bytes. */
static const struct {
	struct span magic;
	const char *what;
} strangers[] = {
	{SPAN_LITERAL("!<arch>\n"), "an archive or a Debian package"},
	{SPAN_LITERAL("\xed\xab\xee\xdb"), "an RPM package"},
	{SPAN_LITERAL("BZh"), "bzip2 data, which no kernel takes"},
	{SPAN_LITERAL("\x04\x22\x4d\x18"), "lz4 data, which no kernel takes"},
	{SPAN_LITERAL("\x5d\0\0"), "data of the old lzma format, which no kernel takes"},
	{SPAN_LITERAL("BC\xc0\xde"), "LLVM bitcode (not yet linked with LTO)"},
	{SPAN_LITERAL("MZ"), "a kernel image or an EFI program"},
	{SPAN_LITERAL("PK\x03\x04"), "a zip file"},
	{SPAN_LITERAL("#!"), "a script"},
};

static int not_elf(const struct ko *ko, struct span head, struct err *err)
{
	if (ko->size == 0)
		return err_set(err, -ENOEXEC, "%s is empty", ko->path);
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		if (span_starts(head, strangers[i].magic))
			return err_set(err, -ENOEXEC, "%s is not a kernel module: it is %s",
				       ko->path, strangers[i].what);
	return err_set(err, -ENOEXEC, "%s is not a kernel module: it is not an ELF file", ko->path);
}

static int cut_short(const struct ko *ko, const char *where, uint64_t need, struct err *err)
{
	int code = ko_failed(ko, err);

	if (code < 0)
		return code;
	return err_set(err, -ENOEXEC,
		       "%s ends in the middle of %s (file has %ju bytes, they need %ju)", ko->path,
		       where, (uintmax_t)ko->size, (uintmax_t)need);
}

static int check_ident(struct ko *ko, struct span head, struct err *err)
{
	const unsigned char *ident = head.p;

	if (head.n < sizeof(Elf32_Ehdr))
		return cut_short(ko, "its ELF header", sizeof(Elf64_Ehdr), err);
	if (!ko->is_tolerant && span_le16(head, offsetof(Elf64_Ehdr, e_machine)) == EM_X86_64) {
		ko->is_64bit = true;
		ko->big_endian = false;
	} else if ((ident[EI_CLASS] == ELFCLASS32 || ident[EI_CLASS] == ELFCLASS64) &&
		   (ident[EI_DATA] == ELFDATA2LSB || ident[EI_DATA] == ELFDATA2MSB)) {
		ko->is_64bit = ident[EI_CLASS] == ELFCLASS64;
		ko->big_endian = ident[EI_DATA] == ELFDATA2MSB;
	} else {
		return err_set(err, -ENOEXEC,
			       "%s is damaged: its ELF header has class %u and byte order %u",
			       ko->path, ident[EI_CLASS], ident[EI_DATA]);
	}
	if (ko->is_64bit && head.n < sizeof(Elf64_Ehdr))
		return cut_short(ko, "its ELF header", sizeof(Elf64_Ehdr), err);
	return 0;
}

static void read_header(struct ko *ko, struct span head, struct header *header)
{
	struct ko_reader in = ko_reader(ko, head, EI_NIDENT);

	header->type = (unsigned int)ko_read(&in, 2);
	ko->machine = (unsigned int)ko_read(&in, 2);
	in.offset += 4 + 2 * in.word; /* e_version, e_entry, e_phoff */
	header->section_offset = ko_read_word(&in);
	in.offset += 4 + 2 + 2 + 2; /* e_flags, e_ehsize, e_phentsize, e_phnum */
	header->section_size = (unsigned int)ko_read(&in, 2);
	header->section_count = ko_read(&in, 2);
	header->names = ko_read(&in, 2);
}

static int check_type(const struct ko *ko, unsigned int type, struct err *err)
{
	static const char *const types[] = {
		[ET_NONE] = "an ELF file without a type",
		[ET_EXEC] = "an ELF program",
		[ET_DYN] = "an ELF shared library",
		[ET_CORE] = "a core dump",
	};

	if (type == ET_REL || ko->is_tolerant)
		return 0;
	if (type < sizeof(types) / sizeof(types[0]))
		return err_set(err, -ENOEXEC, "%s is not a kernel module: it is %s", ko->path,
			       types[type]);
	return err_set(err, -ENOEXEC, "%s is not a kernel module: it is an ELF file of type %u",
		       ko->path, type);
}

/* Two numbers, four words, two numbers, two words; *name is the offset in the name table. With a
 * constant size of words each field is one load. */
static inline struct ko_section section_of(const unsigned char *p, unsigned int word, bool big,
					   uint32_t *name)
{
	const unsigned char *words = p + 8, *link = words + (size_t)4 * word;

	*name = (uint32_t)span_load(p, 4, big);
	return (struct ko_section){
		.type = (uint32_t)span_load(p + 4, 4, big),
		.flags = span_load(words, word, big),
		.address = span_load(words + word, word, big),
		.offset = span_load(words + (size_t)2 * word, word, big),
		.size = span_load(words + (size_t)3 * word, word, big),
		.link = (uint32_t)span_load(link, 4, big),
		.info = (uint32_t)span_load(link + 4, 4, big),
		.alignment = span_load(link + 8, word, big),
		.entry_size = span_load(link + 8 + word, word, big),
	};
}

/* One header of the section table, all of which was fetched. */
static inline struct ko_section read_section(const struct ko *ko, const struct header *header,
					     uint64_t index, uint32_t *name)
{
	const unsigned char *p = header->table.p + index * header->section_size;

	return ko->is_64bit ? section_of(p, 8, ko->big_endian, name)
			    : section_of(p, 4, ko->big_endian, name);
}

/* Fetches count section headers. */
static int fetch_table(struct ko *ko, struct header *header, uint64_t count, struct err *err)
{
	uint64_t offset = header->section_offset, length, need;
	uint64_t before = offset < NAMES_USUAL ? offset : NAMES_USUAL;

	if (__builtin_mul_overflow(count, header->section_size, &length) ||
	    __builtin_add_overflow(length, offset, &need))
		return cut_short(ko, "its section headers", UINT64_MAX, err);
	ko_fetch_ahead(ko, offset - before, before + length);
	if (!ko_fetch(ko, offset, length, &header->table))
		return cut_short(ko, "its section headers", need, err);
	return 0;
}

static int check_table(struct ko *ko, struct header *header, struct err *err)
{
	unsigned int expected = ko->is_64bit ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	struct ko_section first;
	uint32_t name;
	int code;

	if (header->section_offset == 0)
		return err_set(err, -ENOEXEC, "%s is not a kernel module: it has no sections",
			       ko->path);
	if (header->section_size != expected)
		return err_set(
			err, -ENOEXEC,
			"%s is damaged: its section headers have %u bytes each instead of %u",
			ko->path, header->section_size, expected);
	code = fetch_table(ko, header, header->section_count ? header->section_count : 1, err);
	if (code < 0)
		return code;
	first = read_section(ko, header, 0, &name);
	if (header->names == SHN_XINDEX && !ko->is_tolerant)
		header->names = first.link;
	if (header->section_count == 0 && !ko->is_tolerant) {
		header->section_count = first.size;
		code = fetch_table(ko, header, first.size, err);
		if (code < 0)
			return code;
	}
	if (header->names == 0 || header->names >= header->section_count)
		return err_set(err, -ENOEXEC,
			       "%s is damaged: its section names should be in section %ju of %ju",
			       ko->path, (uintmax_t)header->names,
			       (uintmax_t)header->section_count);
	return 0;
}

static int check_names(struct ko *ko, const struct header *header, struct span *names,
		       struct err *err)
{
	uint32_t name;
	struct ko_section section = read_section(ko, header, header->names, &name);

	if (!ko_fetch(ko, section.offset, section.size, names)) {
		int code = ko_failed(ko, err);

		return code < 0 ? code
				: err_set(err, -ENOEXEC,
					  "%s is damaged or cut short: its section names lie "
					  "outside of the file's %ju bytes",
					  ko->path, (uintmax_t)ko->size);
	}
	if (names->n == 0 || names->p[names->n - 1] != 0 || (ko->is_tolerant && name >= names->n))
		return err_set(err, -ENOEXEC, "%s is damaged: its section names have no end",
			       ko->path);
	return 0;
}

static bool is_in_file(const struct ko *ko, const struct ko_section *section)
{
	return section->offset <= ko->size && section->size <= ko->size - section->offset;
}

/* What kmod does not find is one without name and content here. */
static void take_or_empty(const struct ko *ko, struct ko_section *section)
{
	if (!section->name || section->offset == 0 || !is_in_file(ko, section))
		*section = (struct ko_section){.name = ""};
}

static int check_section(const struct ko *ko, const struct ko_section *section, size_t index,
			 struct err *err)
{
	if (!section->name)
		return err_set(err, -ENOEXEC, "%s is damaged: section %zu has no valid name",
			       ko->path, index);
	if (!ko_section_has_content(ko, section))
		return 0;
	if (!is_in_file(ko, section))
		return err_set(err, -ENOEXEC,
			       "%s is damaged or cut short: section %zu (%s) has %ju bytes at %ju, "
			       "the file only %ju",
			       ko->path, index, section->name, (uintmax_t)section->size,
			       (uintmax_t)section->offset, (uintmax_t)ko->size);
	if (section->type == SHT_SYMTAB && (section->link == 0 || section->link >= ko->sections.n))
		return err_set(err, -ENOEXEC,
			       "%s is damaged: the names of its symbols should be in section %u "
			       "of %zu",
			       ko->path, section->link, ko->sections.n);
	return 0;
}

static int read_sections(struct ko *ko, const struct header *header, struct span names,
			 struct err *err)
{
	int code;

	ko->sections.n = header->section_count;
	ko->sections.p = arena_bytes(ko->arena, ko->sections.n * sizeof(*ko->sections.p));
	ko->contents = arena_array(ko->arena, ko->sections.n, sizeof(*ko->contents));
	if (!ko->sections.p || !ko->contents)
		return err_no_memory(err);
	for (size_t i = 0; i < ko->sections.n; i++) {
		struct ko_section *section = &ko->sections.p[i];
		uint32_t name;

		*section = read_section(ko, header, i, &name);
		if (name < names.n) /* the last byte of names is NUL */
			section->name = (const char *)names.p + name;
		else if (!(section->flags & SHF_ALLOC) && !ko->is_tolerant)
			section->name = "";
		if (ko->is_tolerant)
			take_or_empty(ko, section);
		else if ((code = check_section(ko, section, i, err)) < 0)
			return code;
		section->mark = ko_name_mark(section->name);
	}
	return 0;
}

int ko_damaged(struct err *err)
{
	if (err)
		err->code = -EINVAL;
	return -EINVAL;
}

/* ENOEXEC, by which a kernel refuses a damaged file, is kmod's for one that is no ELF file, but
 * long enough to have been something else, or packed. */
static int damaged(const struct ko *ko, struct span head, int code, struct err *err)
{
	enum { LONGEST_MAGIC = 6 }; /* that of xz */
	bool is_elf = span_starts(head, SPAN_LITERAL(ELFMAG)) && head.n > EI_NIDENT;

	bool is_other = !is_elf && (head.n >= LONGEST_MAGIC || ko->container != KO_PLAIN);

	if (code != -ENOEXEC || !ko->is_tolerant || is_other)
		return code;
	return ko_damaged(err);
}

int ko_elf_gate(struct ko *ko, struct err *err)
{
	struct span head = {NULL, 0}, names = {NULL, 0};
	struct header header;
	int code;

	if (!ko_fetch(ko, 0, ko->size < sizeof(Elf64_Ehdr) ? ko->size : sizeof(Elf64_Ehdr), &head))
		return ko_failed(ko, err);
	if (!span_starts(head, SPAN_LITERAL(ELFMAG)))
		return damaged(ko, head, not_elf(ko, head, err), err);
	code = check_ident(ko, head, err);
	if (code < 0)
		return damaged(ko, head, code, err);
	read_header(ko, head, &header);
	code = check_type(ko, header.type, err);
	if (code == 0)
		code = check_table(ko, &header, err);
	if (code == 0)
		code = check_names(ko, &header, &names, err);
	if (code == 0)
		code = read_sections(ko, &header, names, err);
	return damaged(ko, head, code, err);
}
