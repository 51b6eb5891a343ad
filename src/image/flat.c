/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flat Image of arm64 and riscv64: the kernel's memory as it is, behind a header that is its
 * first instructions.
 *
 *	0x10  u64  size in memory, with what is not in the file
 *	0x38  "ARM\x64" or "RSC\x05"
 *
 * It may be packed as a whole, as a gzip file or in an EFI program:
 *
 *	0x00  "MZ\0\0zimg"
 *	0x08  u32  where the packed Image begins
 *	0x0c  u32  its length; behind it the unpacked size as u32, unless it is gzip's
 *	0x18  what it is packed with, as a text
 *
 * An Image has no ELF structure. It gets one of a single segment, so that all else reads it like a
 * vmlinux. Where the kernel is linked to is not in the file either: riscv64 has one place; arm64's
 * depends on its configuration and is moved anyway, so any place serves.
 */
#include <elf.h>
#include <errno.h>

#include "image/internal.h"
#include "ko/ko.h"

enum { HEAD = 0x40, MAGIC_AT = 0x38 };

static const struct {
	struct span magic;
	uint16_t machine;
	uint64_t base;
} kinds[] = {
	{SPAN_LITERAL("ARM\x64"), EM_AARCH64, UINT64_C(0xffff800080000000)},
	{SPAN_LITERAL("RSC\x05"), EM_RISCV, UINT64_C(0xffffffff80000000)},
};

static int kind_of(struct span file)
{
	struct span magic;

	for (int i = 0; i < (int)(sizeof(kinds) / sizeof(*kinds)); i++)
		if (span_cut(file, MAGIC_AT, 4, &magic) && span_equal(magic, kinds[i].magic))
			return i;
	return -1;
}

static bool find_zboot(struct payload *out, struct span file)
{
	uint64_t length = span_le32(file, 12), end;
	struct span packed;

	if (!span_starts(file, SPAN_LITERAL("MZ\0\0zimg")) ||
	    !span_cut(file, span_le32(file, 8), length, &packed) || packed.n < 4)
		return false;
	end = (uint64_t)(packed.p - file.p) + packed.n;
	*out = (struct payload){.packed = packed, .flat = true};
	out->size = span_le32(file, ko_container_of(packed) == KO_GZIP ? end - 4 : end);
	return true;
}

bool image_flat_find(struct payload *out, struct span file)
{
	if (kind_of(file) >= 0) {
		*out = (struct payload){file, file.n, .flat = true, .plain = true};
		return true;
	}
	if (find_zboot(out, file))
		return true;
	if (ko_container_of(file) != KO_GZIP || file.n < HEAD)
		return false;
	*out = (struct payload){file, span_le32(file, file.n - 4), .flat = true};
	return true;
}

int image_flat_wrap(unsigned char *head, struct span content, const char *path, struct err *err)
{
	int kind = kind_of(content);
	Elf64_Ehdr elf = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(elf),
		.e_ehsize = sizeof(elf),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	Elf64_Phdr segment = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = IMAGE_FLAT_HEAD,
		.p_filesz = content.n,
		.p_memsz = content.n,
	};

	if (kind < 0)
		return err_set(err, -ENOEXEC,
			       "%s is no kernel: what is packed in it is no Image of arm64 or "
			       "riscv64",
			       path);
	elf.e_machine = kinds[kind].machine;
	segment.p_vaddr = kinds[kind].base;
	if (span_le64(content, 0x10) > content.n)
		segment.p_memsz = span_le64(content, 0x10);
	memset(head, 0, IMAGE_FLAT_HEAD);
	memcpy(head, &elf, sizeof(elf));
	memcpy(head + sizeof(elf), &segment, sizeof(segment));
	return 0;
}
