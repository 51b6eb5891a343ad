/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CRCs of imported symbols, in one of two forms.
 *
 * __versions: rows of 64 bytes, an address-sized CRC and a NUL-padded name; hence no longer names
 * than 55 bytes (64-bit) or 59.
 *
 * Since 6.14, made for the long names of Rust: __version_ext_crcs, an array of 32-bit CRCs, and
 * __version_ext_names, as many NUL-terminated names. A kernel that knows this form prefers it,
 * and a module with both tells the same in each.
 */
#include "ko/object.h"

enum { ROW = 64 };

/* A name that fills its field has no NUL of its own. */
static bool read_name(struct ko *ko, struct span field, struct ko_version *version)
{
	version->length = strnlen((const char *)field.p, field.n);
	ko->has_endless_version |= version->length == field.n;
	version->name = version->length < field.n
				? (const char *)field.p
				: arena_strndup(ko->arena, (const char *)field.p, field.n);
	return version->name;
}

static bool decode_rows(struct ko *ko, struct span rows)
{
	size_t word = ko->is_64bit ? 8 : 4;
	size_t n = ko->is_tolerant && rows.n % ROW ? 0 : rows.n / ROW; /* kmod wants whole ones */
	struct ko_version *versions = arena_bytes(ko->arena, n * sizeof(*versions));

	if (!versions)
		return false;
	for (size_t i = 0; i < n; i++) {
		const unsigned char *row = rows.p + i * ROW;

		versions[i].crc = word == 8 ? span_load(row, 8, ko->big_endian)
					    : span_load(row, 4, ko->big_endian);
		if (!read_name(ko, span_of(row + word, ROW - word), &versions[i]))
			return false;
	}
	ko->versions.n = n;
	ko->versions.p = versions;
	return true;
}

static bool decode_extended(struct ko *ko, struct span crcs, struct span names)
{
	struct ko_reader in = ko_reader(ko, crcs, 0);
	size_t n = crcs.n / 4, used = 0;
	uint64_t offset = 0;
	struct ko_version *versions = arena_array(ko->arena, n, sizeof(*versions));

	names = ko_strings(ko, names);
	if (!versions || !names.p)
		return false;
	for (; used < n && offset < names.n; used++) {
		versions[used].crc = ko_read(&in, 4);
		versions[used].name = ko_string(names, offset);
		versions[used].length = strlen(versions[used].name);
		offset += versions[used].length + 1;
	}
	ko->versions.n = used;
	ko->versions.p = versions;
	return true;
}

static bool decode(struct ko *ko)
{
	struct span crcs = ko_section_bytes(ko, "__version_ext_crcs");

	if (crcs.n)
		return decode_extended(ko, crcs, ko_section_bytes(ko, "__version_ext_names"));
	return decode_rows(ko, ko_section_bytes(ko, "__versions"));
}

const struct ko_version *ko_versions(const struct ko *ko, size_t *count)
{
	*count = 0;
	if (!ko->versions.p && !decode(ko_mutable(ko)))
		return NULL;
	*count = ko->versions.n;
	return ko->versions.p;
}
