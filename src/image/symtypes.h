/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types that genksyms saw: a .symtypes file, which make KBUILD_SYMTYPES=1 writes beside each
 * object that exports something. A line is a key and its definition, in words with a space between:
 *
 *	s#inode struct inode { t#umode_t i_mode ; s#super_block * i_sb ; }
 *	s#secret struct secret { UNKNOWN }		only declared where the symbol is exported
 *	take int take ( s#inode * , int )		an exported symbol
 *
 * A word that is a key stands for its definition: s# structures, u# unions, e# enumerations, t#
 * typedefs, E# constants. "override " in front of a line says that the type is an earlier
 * version's, "extern " in front of a symbol's definition is no part of it.
 *
 * The CRC of a symbol is the CRC-32 of its definition in words, each with a space behind it, a key
 * replaced by its definition the first time and by its name ("struct inode") later. Hence the file
 * tells which kernel's it is: the one whose symbol has this CRC.
 */
#ifndef LKM_IMAGE_SYMTYPES_H
#define LKM_IMAGE_SYMTYPES_H

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"

struct symtypes_type {
	struct span key, text;
	bool expanded; /* into the CRC */
	bool queued;   /* for the comparison */
};

struct symtypes {
	struct file_map file;
	struct map types; /* -> struct symtypes_type * */
	struct arena *arena;
};
void symtypes_close(struct symtypes *types); /* serves as DEFER destructor; {0} is accepted */

/* Reads lines into {0}; they are borrowed. */
int symtypes_read(struct symtypes *types, struct span lines, struct err *err);
/* Opens the file below a directory in which the symbol has this CRC, passing over those that cannot
 * be read; -ENOENT: there is none. */
int symtypes_find(struct symtypes *out, const char *directory, const char *symbol, uint32_t crc,
		  struct err *err);

/* The type of a key or symbol; NULL when the file has none. */
struct symtypes_type *symtypes_get(const struct symtypes *types, struct span key);
bool symtypes_is_key(struct span word);
/* "struct ", "union " or "enum ", else "". */
const char *symtypes_kind(struct span key);
/* Cuts the next word off a definition; false at its end. */
bool symtypes_word(struct span *rest, struct span *word);

/* Appends a sentence on the first difference that a symbol leads to, nearest first; false: there is
 * none. */
bool symtypes_change(struct symtypes *from, struct symtypes *to, const char *symbol,
		     struct buf *out);

#endif
