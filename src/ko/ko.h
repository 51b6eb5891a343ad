/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One module file.
 *
 * Files of the folder: open, bytes (all in memory, or read when they are asked for), container
 * (plain, gzip, xz, zstd), elf (the gate: validates the ELF structure once, then gives views),
 * modinfo, description, param, symbol, export, linkage, version, signature and pkcs7
 * (signature.h), der, edit.
 *
 * A struct ko is immutable. Everything it returns belongs to it and lives until ko_close(). The
 * tables of symbols, exports, versions, params and depends are decoded when they are first asked
 * for: they are NULL only when memory runs out (an empty one is not NULL), and two threads must
 * not use one struct ko at the same time.
 */
#ifndef LKM_KO_KO_H
#define LKM_KO_KO_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/span.h"

struct ko;
struct ko_memory;

/* Reads a module file, unpacked when it is packed. Messages name the path and what is wrong. */
int ko_open(struct ko **out, const char *path, struct err *err);
/* The same from bytes in memory, which are borrowed until ko_close(); name is for messages. */
int ko_open_bytes(struct ko **out, struct span file, const char *name, struct err *err);
void ko_close(struct ko *ko); /* NULL is accepted */
DEFINE_DEFER(struct ko, ko_close)

/* Opens a file, below the directory dir when its path is relative (AT_FDCWD: the current one), of
 * which only those parts are read that are asked for: a tenth of a usual one. A part that cannot be
 * read counts as empty, and ko_failed() tells of it: 0, or the negative errno of the first.
 *
 * It is for kmod's tools, and takes what kmod takes, which is more than a kernel does (elf.c). What
 * is damaged is -EINVAL, what is no ELF file -ENOEXEC. */
int ko_open_at(struct ko **out, int dir, const char *path, struct ko_memory *memory,
	       struct err *err);
int ko_failed(const struct ko *ko, struct err *err);
/* The file as it was opened by ko_open_at(). */
struct file_id;
const struct file_id *ko_file(const struct ko *ko);

/* Memory that serves one module after the other, one at a time; NULL where it is asked for: the
 * module's own. */
struct ko_memory *ko_memory_new(void);	       /* NULL: out of memory */
void ko_memory_free(struct ko_memory *memory); /* NULL is accepted */
DEFINE_DEFER(struct ko_memory, ko_memory_free)

/* container: told by the first bytes, never by the file's name. */
enum ko_container { KO_PLAIN, KO_GZIP, KO_XZ, KO_ZSTD };
enum ko_container ko_container_of(struct span file);
const char *ko_container_name(enum ko_container container);
enum ko_container ko_container(const struct ko *ko);
/* Appends the unpacked bytes of a packed file to out; -EFBIG when out gets longer than limit.
 * name is for messages. */
#define KO_UNPACKED_MAX                                                                            \
	((size_t)1 << 30) /* the largest of Debian 12 has 40 MB, with debug information */
struct buf;
int ko_container_unpack(struct span file, const char *name, size_t limit, struct buf *out,
			struct err *err);
/* Appends bytes, packed, to out. */
int ko_container_pack(enum ko_container container, struct span bytes, struct buf *out,
		      struct err *err);

/* The ELF file, unpacked, including what is appended to it (the signature). */
struct span ko_bytes(const struct ko *ko);

/* ELF header. The gate has checked: ELF64 or ELF32 of either byte order, ET_REL (not with
 * ko_open_at()), section headers and all section contents inside the file, section names
 * NUL-terminated. Sections may overlap. */
unsigned int ko_machine(const struct ko *ko);	   /* e_machine */
const char *ko_machine_name(unsigned int machine); /* "x86-64", ..., or "unknown machine" */
bool ko_big_endian(const struct ko *ko);
bool ko_is_64bit(const struct ko *ko);

struct ko_section {
	const char *name;
	uint32_t type, link, info;
	uint32_t mark; /* of the name, to find it */
	uint64_t flags, address, alignment, entry_size, size;
	uint64_t offset; /* in the file */
};
size_t ko_section_count(const struct ko *ko);
const struct ko_section *ko_section(const struct ko *ko, size_t index); /* NULL when outside */
const struct ko_section *ko_section_named(const struct ko *ko, const char *name);
/* Empty for SHT_NOBITS. */
struct span ko_section_data(const struct ko *ko, const struct ko_section *section);

/* .modinfo: "key=value" strings in file order. */
struct ko_info {
	const char *key, *value;
};
const struct ko_info *ko_infos(const struct ko *ko, size_t *count);
const char *ko_info(const struct ko *ko, const char *key); /* the first; NULL: none */
/* Cuts a "key=value" at its '='; without one all of it is the key. */
struct ko_info ko_info_split(char *text);
/* What modinfo tells: the above, and behind it what the signature says: sig_id, signer, sig_key,
 * sig_hashalgo, signature. */
const struct ko_info *ko_description(const struct ko *ko, size_t *count);
/* The module's name: modinfo's "name=", else the file's up to its first '.', with '-' turned
 * into '_'. */
const char *ko_name(const struct ko *ko);
/* Makes of the last part of a path, or of a name as people write it, the module's: cuts it at its
 * first '.', and turns '-' into '_'. */
void ko_normal_name(char *name);
/* The first word of vermagic, "" when there is none. */
const char *ko_release(const struct ko *ko);

/* The ELF symbol table, the first when there are several; empty when it was stripped. A name
 * that lies outside of the string table is "". */
struct ko_symbol {
	const char *name;
	uint64_t value, size;
	uint16_t section; /* SHN_UNDEF, SHN_ABS, SHN_COMMON or an index, which is not checked */
	unsigned char type, binding;
};
const struct ko_symbol *ko_symbols(const struct ko *ko, size_t *count);

/* What it exports, in the order of __ksymtab, then __ksymtab_gpl, with CRC and namespace (""
 * when none). */
struct ko_export {
	const char *name, *name_space;
	uint32_t crc;
	bool has_crc, gpl;
};
const struct ko_export *ko_exports(const struct ko *ko, size_t *count);

/* The same as its symbol table tells, which is what depmod goes by; and the symbols that it needs,
 * with the CRCs it was built against (0: none is known). An exported symbol whose CRC points
 * nowhere has one of all ones. Made anew with each call. */
struct ko_link {
	const char *name;
	uint64_t crc;
	bool weak; /* it can do without */
};
const struct ko_link *ko_exported(const struct ko *ko, size_t *count);
const struct ko_link *ko_imported(const struct ko *ko, size_t *count);
/* Of ko_imported() those that its symbol table has, without CRCs, which is quick. */
const struct ko_link *ko_undefined(const struct ko *ko, size_t *count);
/* As kmod has it, nothing is known of what a file needs that has no symbol table, or an endless
 * name in __versions, and of what it exports, when that should be in a __ksymtab_strings without
 * end: the lists are empty. */
bool ko_has_imports(const struct ko *ko);
bool ko_has_exports(const struct ko *ko);

/* The CRCs of the symbols that it was built against. */
struct ko_version {
	const char *name;
	size_t length; /* of name */
	uint64_t crc;  /* a kernel compares all 64 bits with its own 32 */
};
const struct ko_version *ko_versions(const struct ko *ko, size_t *count);

/* Parameters as modinfo tells them ("parm=NAME:TEXT", "parmtype=NAME:TYPE"); type or
 * description is NULL when not given. */
struct ko_param {
	const char *name, *type, *description;
};
const struct ko_param *ko_params(const struct ko *ko, size_t *count);
/* The same from strings that are not of a file; what it returns lives in arena. */
struct arena;
const struct ko_param *ko_params_of(struct arena *arena, const struct ko_info *infos,
				    size_t info_count, size_t *count);
bool ko_info_is_param(const struct ko_info *info);

/* Names in depends=, split. */
size_t ko_depends(const struct ko *ko, const char *const **names);

/* edit: change the bytes of an unpacked module so that a kernel takes it without comparing the CRCs
 * of symbols, or vermagic. A signature is not good any more then. name is for messages. */
int ko_forget_versions(struct buf *module, const char *name, struct err *err);
int ko_forget_vermagic(struct buf *module, const char *name, struct err *err);

bool ko_is_signed(const struct ko *ko); /* ends with the signature marker */

#endif
