/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing a module's bytes so that a kernel does not check what it was built for.
 *
 * A kernel looks at __versions and at vermagic= only where they are there: a section that is not
 * loaded (without SHF_ALLOC) does not count as one, and a string of .modinfo that is all NULs is
 * none.
 */
#include <elf.h>

#include "ko/object.h"

/* Where the flags of a section header stand in the file. */
static uint64_t flags_offset(const struct ko *ko, size_t index)
{
	unsigned int word = ko->is_64bit ? 8 : 4;
	struct ko_reader in = ko_reader(ko, ko_bytes(ko), EI_NIDENT + 2 + 2 + 4 + 2 * word);
	uint64_t table = ko_read(&in, word);

	return table + index * (ko->is_64bit ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) + 4 + 4;
}

int ko_forget_versions(struct buf *module, const char *name, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	int code = ko_open_bytes(&ko, buf_span(module), name, err);

	for (size_t i = 1; code == 0 && i < ko->sections.n; i++) {
		size_t low = ko->big_endian ? (ko->is_64bit ? 7 : 3) : 0;

		if (strcmp(ko->sections.p[i].name, "__versions") == 0)
			module->p[flags_offset(ko, i) + low] &= (char)~SHF_ALLOC;
	}
	return code;
}

int ko_forget_vermagic(struct buf *module, const char *name, struct err *err)
{
	static const char key[] = "vermagic=";
	DEFER(ko_closep) struct ko *ko = NULL;
	int code = ko_open_bytes(&ko, buf_span(module), name, err);
	struct span infos = code < 0 ? span_of("", 0) : ko_section_bytes(ko, ".modinfo");

	for (size_t i = 0, length; i < infos.n; i += length + 1) {
		char *text = module->p + (infos.p - ko_bytes(ko).p) + i;

		length = strnlen(text, infos.n - i);
		if (length >= strlen(key) && memcmp(text, key, strlen(key)) == 0)
			memset(text, 0, length);
	}
	return code;
}
