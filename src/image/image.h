/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One kernel: what a vmlinuz or vmlinux says of itself.
 *
 * Everything here is read from the file, never from its version number. All addresses are link
 * addresses (0xffffffff81000000 and up on x86-64), as the file has them. Strings and spans belong
 * to the image and live until image_close().
 *
 * Files of the folder: payload and flat (vmlinuz -> vmlinux), symvers (headers), running (/proc),
 * elf (segments and sections of a vmlinux), relocs (the KASLR table), kallsyms, exports and
 * export_search, btf, btf_change, symtypes and symtypes_change (types as genksyms dumps them),
 * config, cache and cache_file (what was parsed, kept on disk), catalogue (the kernels at hand),
 * fetch (Debian packages).
 */
#ifndef LKM_IMAGE_IMAGE_H
#define LKM_IMAGE_IMAGE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/span.h"

struct image;

/*
 * Opens a vmlinuz (bzImage, or the Image of arm64 and riscv64) or vmlinux. Unpacking and parsing
 * take some hundred milliseconds, so the result is kept below cache_dir and a second call maps it;
 * NULL: no cache. A file that is no kernel, or damaged, is an error; a kernel that lacks a part (no
 * kallsyms, no relocation table, another architecture) is opened and image_bootable() tells. *out
 * is untouched on failure.
 */
int image_open(struct image **out, const char *path, const char *cache_dir, struct err *err);
/* The same from the directory that modules are built in, which tells release, vermagic, exports and
 * configuration, but has no symbols, types and addresses. */
int image_open_headers(struct image **out, const char *directory, struct err *err);
/*
 * The same from what the running kernel tells in /proc, with root in front. config: the file of its
 * configuration, or NULL: /proc/config.gz. No export has a CRC or a namespace; *gpl_known: whether
 * it could be seen which are for the GPL only.
 */
int image_open_running(struct image **out, const char *root, const char *config, bool *gpl_known,
		       struct err *err);
/* Drops what the cache keeps of the file at path, which is about to be removed. */
void image_forget(const char *path, const char *cache_dir);
void image_close(struct image *image); /* NULL is accepted */
DEFINE_DEFER(struct image, image_close)

/* "6.1.0-56-amd64": the second word after "Linux version" in the banner. */
const char *image_release(const struct image *image);
const char *image_banner(const struct image *image);
/* "6.1.0-56-amd64 SMP preempt mod_unload modversions ": what a module must be built for; NULL when
 * the image does not tell. */
const char *image_vermagic(const struct image *image);
/* e_machine of the ELF file (EM_X86_64, ...). */
unsigned int image_machine(const struct image *image);
/* A 64-bit identity of the content: equal files, equal numbers. */
uint64_t image_identity(const struct image *image);

/* The unpacked vmlinux, whole. */
struct span image_bytes(const struct image *image);
/* A part of image_bytes() was used and need not stay in memory; it is read again when it is. */
void image_let_go(struct span part);

/* PT_LOAD program headers in file order. */
struct image_segment {
	uint64_t vaddr, paddr, offset, filesz, memsz;
	uint32_t flags; /* PF_R | PF_W | PF_X */
};
const struct image_segment *image_segments(const struct image *image, size_t *count);

/*
 * The KASLR relocation table behind the ELF part: lists of u32 (little endian), each the low half
 * of a link address. has_inverse32 tells a table of three lists from one of two; empty spans: no
 * table.
 */
struct image_relocs {
	struct span abs64;     /* u64 at the address += delta */
	struct span inverse32; /* u32 at the address -= delta */
	struct span abs32;     /* u32 at the address += delta */
	bool has_inverse32;
};
const struct image_relocs *image_relocs(const struct image *image);

/* kallsyms. type is nm's letter; address is a link address or, for a per-CPU symbol of an image
 * with zero-based per-CPU data, the offset (small number). */
struct image_symbol {
	const char *name;
	uint64_t address;
	char type;
};
size_t image_symbol_count(const struct image *image);
/* By name; a global one is preferred to locals of the same name. -ENOENT when there is none,
 * -ENOTUNIQ when only several locals have it (out is then the first). */
int image_symbol(const struct image *image, const char *name, struct image_symbol *out);
/* image_symbol()'s address, 0 when there is none or it is ambiguous. */
uint64_t image_address(const struct image *image, const char *name);
/* The symbol that covers an address (__pfx_ symbols are passed over); false when none does. *size:
 * up to the next symbol. */
bool image_symbol_at(const struct image *image, uint64_t address, struct image_symbol *out,
		     uint64_t *size);
/* Calls visit for each symbol in kallsyms' order until it returns nonzero, and returns that. */
int image_each_symbol(const struct image *image,
		      int (*visit)(void *context, const struct image_symbol *symbol),
		      void *context);

/* Bytes of the image at a link address, as the file has them; empty when outside of the segments'
 * file part. */
struct span image_at(const struct image *image, uint64_t address, uint64_t length);

/* Exported symbols. crc is valid when has_crc (MODVERSIONS); namespace is "" when there is none. */
struct image_export {
	const char *name, *name_space;
	uint32_t crc;
	bool has_crc, gpl;
	const char *module; /* of headers only: the module that exports it; NULL: the kernel */
};
size_t image_export_count(const struct image *image);
/* In the order of the tables; the number is below the count. */
struct image_export image_export_at(const struct image *image, size_t number);
/* By name; false when the kernel itself does not export it. */
bool image_export(const struct image *image, const char *name, struct image_export *out);

/* BTF. Both return -ENOENT with a sentence when the image has no BTF or the type or member is
 * missing. Offsets and sizes are in bytes; path may lead through members ("thread.sp"), also
 * of unnamed structs and unions. */
int image_sizeof(const struct image *image, const char *name, uint32_t *size, struct err *err);
int image_member(const struct image *image, const char *name, const char *path, uint32_t *offset,
		 uint32_t *size, struct err *err);

/*
 * All types as they are numbered, from 1 on, and the strings that name them. A module's own types
 * and strings are numbered on from there. false: the image has none.
 */
struct image_types {
	uint32_t count;
	struct span strings; /* the last one ends in it */
	struct span records;
	const uint32_t *places; /* in records */
};
bool image_types(const struct image *image, struct image_types *out);
/* As enum kind (btf_kind.h) has it; 0: there is no such type. */
unsigned int image_types_kind(const struct image_types *types, uint32_t number);

/*
 * What changed in the type of an exported function or variable from one kernel to another, which is
 * why its CRC differs: appends a sentence on the difference that is nearest to the symbol. false:
 * none is found, or one of the kernels has no types.
 */
struct buf;
bool image_type_change(const struct image *from, const struct image *to, const char *symbol,
		       struct buf *out);

/* A value of the kernel's configuration ("y", "m", "250", "\"text\"") from the config file
 * given to image_add_config() or embedded in the image; NULL when unset or unknown. */
int image_add_config(struct image *image, const char *path, struct err *err);
const char *image_config(const struct image *image, const char *option);

/* The certificates that are built in, in DER, one after the other; empty: none, or the image does
 * not tell. */
struct span image_certificates(const struct image *image);
/* The hashes that are built in of what is refused ("bin:0123..."), one by one; NULL: no more. */
const char *image_revoked_hash(const struct image *image, size_t number);

/* The number that the kernel has for an object identifier (the bytes of DER); *count, which stands
 * for every one that it does not know, is 0 when the image does not tell. */
unsigned int image_oid(const struct image *image, struct span oid, unsigned int *count);

/* 0 when the process engine has what it needs of this image; else -ENOTSUP and a sentence that
 * names the first missing requirement (no relocation table: CONFIG_RANDOMIZE_BASE ...). */
int image_bootable(const struct image *image, struct err *err);

#endif
