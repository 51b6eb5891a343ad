/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections, their contents and the strings in them, behind the gate (elf.c). */
#include <elf.h>

#include "ko/object.h"

bool ko_section_has_content(const struct ko *ko, const struct ko_section *section)
{
	return ko->is_tolerant || (section->type != SHT_NULL && section->type != SHT_NOBITS);
}

struct span ko_section_data(const struct ko *ko, const struct ko_section *section)
{
	struct span *content = &ko->contents[section - ko->sections.p];

	if (!content->p && (!ko_section_has_content(ko, section) ||
			    !ko_fetch(ko_mutable(ko), section->offset, section->size, content)))
		*content = span_of("", 0);
	return *content;
}

size_t ko_section_count(const struct ko *ko)
{
	return ko->sections.n;
}

const struct ko_section *ko_section(const struct ko *ko, size_t index)
{
	return index < ko->sections.n ? &ko->sections.p[index] : NULL;
}

static const struct ko_section *find_section(const struct ko *ko, const char *name, uint64_t flags)
{
	uint32_t mark = ko_name_mark(name);

	for (size_t i = 1; i < ko->sections.n; i++) {
		const struct ko_section *section = &ko->sections.p[i];

		if (section->mark == mark && strcmp(section->name, name) == 0 &&
		    (section->flags & flags) == flags)
			return section;
	}
	return NULL;
}

const struct ko_section *ko_section_named(const struct ko *ko, const char *name)
{
	return find_section(ko, name, 0);
}

const struct ko_section *ko_section_loaded(const struct ko *ko, const char *name)
{
	return find_section(ko, name, ko->is_tolerant ? 0 : SHF_ALLOC);
}

struct span ko_section_bytes(const struct ko *ko, const char *name)
{
	const struct ko_section *section = ko_section_loaded(ko, name);

	return section ? ko_section_data(ko, section) : span_of("", 0);
}

struct span ko_strings(struct ko *ko, struct span table)
{
	char *copy;

	if (table.n == 0)
		return span_of("", 1);
	if (table.p[table.n - 1] == 0)
		return table;
	copy = arena_strndup(ko->arena, (const char *)table.p, table.n);
	return span_of(copy, table.n + 1);
}

const char *ko_string(struct span strings, uint64_t offset)
{
	return offset < strings.n ? (const char *)strings.p + offset : "";
}
