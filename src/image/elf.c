/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF structure of a vmlinux: ELF64 little endian, ET_EXEC (or ET_DYN). Of a file of another
 * class or byte order only e_machine is kept. What the headers point at has been checked to lie in
 * the file when image_elf_parse() has returned 0.
 */
#include <elf.h>
#include <errno.h>

#include "image/internal.h"

static bool check_range(struct span file, uint64_t offset, uint64_t length)
{
	struct span unused;

	return span_cut(file, offset, length, &unused);
}

static int add_segment(struct image_elf *elf, struct span header, const char *path, struct err *err)
{
	struct image_segment segment = {
		.flags = span_le32(header, offsetof(Elf64_Phdr, p_flags)),
		.offset = span_le64(header, offsetof(Elf64_Phdr, p_offset)),
		.vaddr = span_le64(header, offsetof(Elf64_Phdr, p_vaddr)),
		.paddr = span_le64(header, offsetof(Elf64_Phdr, p_paddr)),
		.filesz = span_le64(header, offsetof(Elf64_Phdr, p_filesz)),
		.memsz = span_le64(header, offsetof(Elf64_Phdr, p_memsz)),
	};
	uint64_t last;

	if (elf->segment_count == IMAGE_SEGMENTS_MAX)
		return err_set(err, -ENOEXEC, "%s has more than %d segments", path,
			       IMAGE_SEGMENTS_MAX);
	if (segment.filesz > segment.memsz ||
	    !check_range(elf->file, segment.offset, segment.filesz))
		return err_set(err, -ENOEXEC, "%s is damaged: segment %zu lies outside of the file",
			       path, elf->segment_count);
	if (segment.memsz && (__builtin_add_overflow(segment.vaddr, segment.memsz - 1, &last) ||
			      __builtin_add_overflow(segment.paddr, segment.memsz - 1, &last)))
		return err_set(err, -ENOEXEC, "%s is damaged: segment %zu has no end", path,
			       elf->segment_count);
	elf->segments[elf->segment_count++] = segment;
	return 0;
}

static int parse_segments(struct image_elf *elf, const char *path, struct err *err)
{
	uint64_t start = span_le64(elf->file, offsetof(Elf64_Ehdr, e_phoff));
	uint64_t count = span_le16(elf->file, offsetof(Elf64_Ehdr, e_phnum));
	struct span table, header;

	if (span_le16(elf->file, offsetof(Elf64_Ehdr, e_phentsize)) != sizeof(Elf64_Phdr) ||
	    !span_cut(elf->file, start, count * sizeof(Elf64_Phdr), &table))
		return err_set(err, -ENOEXEC, "%s is no kernel: it has no program headers", path);
	for (uint64_t at = 0; span_cut(table, at, sizeof(Elf64_Phdr), &header);
	     at += sizeof(Elf64_Phdr)) {
		int code = 0;

		if (span_le32(header, offsetof(Elf64_Phdr, p_type)) == PT_LOAD)
			code = add_segment(elf, header, path, err);
		if (code < 0)
			return code;
	}
	if (elf->segment_count == 0)
		return err_set(err, -ENOEXEC, "%s is no kernel: it has nothing to load", path);
	return 0;
}

/* Sections are a help for searching, not needed: a table that does not fit is as none. */
static void parse_sections(struct image_elf *elf)
{
	uint64_t start = span_le64(elf->file, offsetof(Elf64_Ehdr, e_shoff));
	uint64_t count = span_le16(elf->file, offsetof(Elf64_Ehdr, e_shnum));
	uint64_t names = span_le16(elf->file, offsetof(Elf64_Ehdr, e_shstrndx));
	struct span header;

	elf->end = elf->file.n;
	if (start == 0 ||
	    span_le16(elf->file, offsetof(Elf64_Ehdr, e_shentsize)) != sizeof(Elf64_Shdr) ||
	    !span_cut(elf->file, start, count * sizeof(Elf64_Shdr), &elf->sections))
		return;
	elf->end = start + elf->sections.n;
	if (span_cut(elf->sections, names * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr), &header))
		span_cut(elf->file, span_le64(header, offsetof(Elf64_Shdr, sh_offset)),
			 span_le64(header, offsetof(Elf64_Shdr, sh_size)), &elf->names);
}

int image_elf_parse(struct image_elf *out, struct span file, const char *path, struct err *err)
{
	struct image_elf elf = {.file = file};
	unsigned int type;
	int code = 0;

	if (!span_starts(file, SPAN_LITERAL(ELFMAG)) || file.n < sizeof(Elf64_Ehdr))
		return err_set(err, -ENOEXEC, "%s is no kernel: not an ELF file", path);
	elf.machine = file.p[EI_DATA] == ELFDATA2MSB ? (unsigned int)file.p[18] << 8 | file.p[19]
						     : span_le16(file, 18);
	elf.readable = file.p[EI_CLASS] == ELFCLASS64 && file.p[EI_DATA] == ELFDATA2LSB;
	if (elf.readable) {
		type = span_le16(file, offsetof(Elf64_Ehdr, e_type));
		if (type != ET_EXEC && type != ET_DYN)
			return err_set(err, -ENOEXEC, "%s is no kernel but an object file%s", path,
				       type == ET_REL ? " (a module?)" : "");
		code = parse_segments(&elf, path, err);
		parse_sections(&elf);
	}
	if (code == 0)
		*out = elf;
	return code;
}

struct span image_elf_at(const struct image_elf *elf, uint64_t address, uint64_t length)
{
	struct span bytes = {NULL, 0};

	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct image_segment *s = &elf->segments[i];
		uint64_t skip = address - s->vaddr;

		if (address < s->vaddr || skip > s->filesz || length > s->filesz - skip)
			continue;
		span_cut(elf->file, s->offset + skip, length, &bytes);
		break;
	}
	return bytes;
}

bool image_elf_address(const struct image_elf *elf, uint64_t offset, uint64_t *address)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct image_segment *s = &elf->segments[i];

		if (offset < s->offset || offset - s->offset >= s->filesz)
			continue;
		*address = s->vaddr + (offset - s->offset);
		return true;
	}
	return false;
}

bool image_elf_section(const struct image_elf *elf, const char *name, struct span *out)
{
	struct span header;

	for (uint64_t at = 0; span_cut(elf->sections, at, sizeof(Elf64_Shdr), &header);
	     at += sizeof(Elf64_Shdr)) {
		const char *own = span_string(elf->names, span_le32(header, 0));

		if (own && strcmp(own, name) == 0 &&
		    span_le32(header, offsetof(Elf64_Shdr, sh_type)) != SHT_NOBITS)
			return span_cut(elf->file,
					span_le64(header, offsetof(Elf64_Shdr, sh_offset)),
					span_le64(header, offsetof(Elf64_Shdr, sh_size)), out);
	}
	return false;
}

bool image_elf_has_percpu_segment(const struct image_elf *elf)
{
	for (size_t i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].vaddr == 0 && elf->segments[i].memsz)
			return true;
	return false;
}

uint64_t image_elf_base(const struct image_elf *elf)
{
	return elf->segment_count ? elf->segments[0].vaddr : 0;
}
