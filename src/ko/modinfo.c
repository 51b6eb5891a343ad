/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * .modinfo: strings "key=value", each ended by one or more NULs. modpost and the module's own
 * source add them; the first of a key decides, except for those that are lists by nature (alias,
 * parm, parmtype, import_ns, softdep, firmware).
 */
#include "ko/object.h"

struct ko_info ko_info_split(char *text)
{
	char *equals = strchr(text, '=');

	if (!equals)
		return (struct ko_info){text, ""};
	*equals = 0;
	return (struct ko_info){text, equals + 1};
}

/* Not less than there are. */
static size_t count_strings(struct span bytes)
{
	const unsigned char *p = bytes.p, *end = bytes.p + bytes.n;
	size_t n = 1;

	while (p < end && (p = memchr(p, 0, (size_t)(end - p)))) {
		n++;
		p++;
	}
	return n;
}

/* Who looks at .modinfo of many files looks at __versions, too. */
static struct span fetch_infos(struct ko *ko)
{
	const struct ko_section *infos = ko_section_loaded(ko, ".modinfo");
	const struct ko_section *versions = ko_section_loaded(ko, "__versions");

	if (infos && versions)
		ko_fetch_together(ko, infos, versions);
	return infos ? ko_section_data(ko, infos) : span_of("", 0);
}

static bool decode(struct ko *ko)
{
	struct span bytes = fetch_infos(ko);
	struct ko_info *infos = arena_bytes(ko->arena, count_strings(bytes) * sizeof(*infos));
	char *text = arena_strndup(ko->arena, (const char *)bytes.p, bytes.n);
	const char *end;

	if (!infos || !text)
		return false;
	for (end = text + bytes.n; text < end;) {
		size_t length = strlen(text);

		if (length)
			infos[ko->infos.n++] = ko_info_split(text);
		text += length + 1;
	}
	ko->infos.p = infos;
	return true;
}

const struct ko_info *ko_infos(const struct ko *ko, size_t *count)
{
	*count = ko->infos.n;
	return ko->infos.p;
}

const char *ko_info(const struct ko *ko, const char *key)
{
	for (size_t i = 0; i < ko->infos.n; i++)
		if (ko->infos.p[i].key[0] == key[0] && strcmp(ko->infos.p[i].key, key) == 0)
			return ko->infos.p[i].value;
	return NULL;
}

void ko_normal_name(char *name)
{
	name[strcspn(name, ".")] = 0;
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
}

static char *name_of_path(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = arena_strdup(arena, slash ? slash + 1 : path);

	if (name)
		ko_normal_name(name);
	return name;
}

int ko_modinfo_decode(struct ko *ko, struct err *err)
{
	const char *vermagic, *name;

	if (!decode(ko))
		return err_no_memory(err);
	vermagic = ko_info(ko, "vermagic");
	ko->release = vermagic ? arena_strndup(ko->arena, vermagic, strcspn(vermagic, " ")) : "";
	name = ko_info(ko, "name");
	ko->name = name ? name : name_of_path(ko->arena, ko->path);
	return ko->name && ko->release ? 0 : err_no_memory(err);
}

const char *ko_name(const struct ko *ko)
{
	return ko->name;
}

const char *ko_release(const struct ko *ko)
{
	return ko->release;
}

static bool decode_depends(struct ko *ko)
{
	const char *list = ko_info(ko, "depends");
	char *text = arena_strdup(ko->arena, list ? list : "");
	const char **names;
	size_t n = 0, commas = 0;

	for (char *p = text; p && *p; p++)
		commas += *p == ',';
	names = text ? arena_array(ko->arena, commas + 1, sizeof(*names)) : NULL;
	if (!names)
		return false;
	for (char *name; (name = strsep(&text, ","));)
		if (*name)
			names[n++] = name;
	ko->depends.n = n;
	ko->depends.p = names;
	return true;
}

size_t ko_depends(const struct ko *ko, const char *const **names)
{
	*names = NULL;
	if (!ko->depends.p && !decode_depends(ko_mutable(ko)))
		return 0;
	*names = ko->depends.p;
	return ko->depends.n;
}
