/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Relocations of live patches, which reach symbols that are not exported:
 *
 *	section .klp.rela.OBJECT.SECTION	symbol .klp.sym.OBJECT.NAME,POSITION
 *
 * Those of the object vmlinux are applied when the module is loaded, the others when their object
 * is. POSITION counts the symbols of a name from 1; 0: there must be one.
 */
#include <errno.h>
#include <stdio.h>

#include "load/walk.h"

struct klp_name {
	char object[56], name[512];
	unsigned long position;
};

struct match {
	const char *name;
	unsigned long count, position;
	uint64_t address;
};

static bool refuse(struct walk *walk, const char *id, const char *sentence, const char *line)
{
	walk_reason(walk, id, -EINVAL, "%s", sentence);
	walk_line(walk, 3, "livepatch: %s", line);
	return false;
}

static int match(void *context, const struct image_symbol *symbol)
{
	struct match *match = context;

	if (strcmp(symbol->name, match->name) != 0)
		return 0;
	match->count++;
	if (match->position == 0 || match->count == match->position)
		match->address = symbol->address;
	return match->position && match->count == match->position;
}

static bool find(struct walk *walk, const struct klp_name *klp, uint64_t *address)
{
	struct match found = {.name = klp->name, .position = klp->position};

	if (strcmp(klp->object, "vmlinux") == 0)
		image_each_symbol(walk->kernel->image, match, &found);
	if (found.count == 0)
		return refuse(walk, "L-KLP-05", "it patches a symbol that the kernel has not",
			      walk_text(walk, "symbol '%s' not found in symbol table", klp->name));
	if (klp->position == 0 && found.count > 1)
		return refuse(walk, "L-KLP-07", "it patches a symbol that the kernel has twice",
			      walk_text(walk,
					"unresolvable ambiguity for symbol '%s' in object '%s'",
					klp->name, klp->object));
	if (klp->position != found.count && klp->position != 0)
		return refuse(
			walk, "L-KLP-08", "it patches a symbol that the kernel has less often",
			walk_text(walk,
				  "symbol position %lu for symbol '%s' in object '%s' not found",
				  klp->position, klp->name, klp->object));
	*address = found.address;
	return true;
}

/* place: of the relocation, in the words of the kernel, which takes the symbols' section for the
 * relocations'. */
static bool resolve(struct walk *walk, struct symbol *symbol, const char *place)
{
	const char *name = walk_string(walk, walk->names, symbol->name_offset);
	struct klp_name klp;

	if (!name) {
		walk_crash(walk, "L-CRASH-03", "the name of a symbol lies outside of the file");
		return false;
	}
	if (symbol->section != SHN_LIVEPATCH)
		return refuse(walk, "L-KLP-03",
			      "it patches by a symbol that is not one of live patches",
			      walk_text(walk, "symbol %s%s is not marked as a livepatch symbol",
					name, place));
	if (sscanf(name, ".klp.sym.%55[^.].%511[^,],%lu", klp.object, klp.name, &klp.position) != 3)
		return refuse(walk, "L-KLP-04", "a symbol of a live patch has a strange name",
			      walk_text(walk, "symbol %s has an incorrectly formatted name", name));
	return find(walk, &klp, &symbol->value);
}

bool livepatch_resolve(struct walk *walk, const struct section *section, bool *apply)
{
	char object[56];
	const char *place = "";

	*apply = false;
	if (sscanf(section->name, ".klp.rela.%55[^.]", object) != 1)
		return refuse(walk, "L-KLP-02", "a section of a live patch has a strange name",
			      walk_text(walk, "section %s has an incorrectly formatted name",
					section->name));
	*apply = strcmp(object, "vmlinux") == 0;
	for (uint64_t at = 0; *apply && at + sizeof(Elf64_Rela) <= section->data.n;
	     at += sizeof(Elf64_Rela)) {
		uint32_t symbol = span_le32(section->data, at + 12);

		if (walk->kernel->has[SERIES_RELOC_PLACES])
			place = walk_text(walk, " at rela sec %zu idx %ju",
					  (size_t)(walk->symtab - walk->sections),
					  (uintmax_t)(at / sizeof(Elf64_Rela)));
		if (symbol < walk->symbol_count && !resolve(walk, &walk->symbols[symbol], place))
			return false;
	}
	return true;
}

bool livepatch_step(struct walk *walk)
{
	if (!walk->kernel->livepatch || strcmp(walk->name, "vmlinux") != 0)
		return true;
	return refuse(walk, "L-KLP-01", "its name is the kernel's",
		      "vmlinux.ko: invalid module name");
}
