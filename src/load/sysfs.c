/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel shows of a module below /sys/module, where a name may be taken already. */
#include <errno.h>

#include "load/param.h"

/* Rows of __param, and the modes that files there may have. */
enum { ROW = 40, ROW_MODE = 24, MODES = 010664, LONGEST = 256 };

static void warn(struct walk *walk)
{
	if (walk->verdict->code == 0)
		walk->verdict->taints |= LOAD_TAINT_W;
}

/* Rows of the kernel's own from symbol start to symbol end. */
struct rows {
	const char *start, *end;
	uint32_t size, name; /* of a row; where the address of its name stands */
	bool params;	     /* "MODULE.PARAMETER" with a mode, not "MODULE" */
};

static bool names_module(struct span row, const char *found, bool params, const char *name)
{
	size_t length = strcspn(found, ".");

	if (!params)
		return strcmp(found, name) == 0;
	if (span_le16(row, ROW_MODE) == 0)
		return false;
	if (found[length] != '.')
		return strcmp(name, "kernel") == 0;
	return strlen(name) == length && strncmp(found, name, length) == 0;
}

static bool is_among(const struct image *image, const struct rows *rows, const char *name)
{
	uint64_t at = image_address(image, rows->start), stop = image_address(image, rows->end);

	for (; at && rows->size && at + rows->size <= stop; at += rows->size) {
		struct span row = image_at(image, at, rows->size);
		uint64_t text = span_le64(row, rows->name);
		const char *found = span_string(image_at(image, text, LONGEST), 0);

		if (found && names_module(row, found, rows->params, name))
			return true;
	}
	return false;
}

/* Built-in code has a directory when it has parameters with files, or a version. */
static bool is_built_in(const struct image *image, const char *name)
{
	struct rows params = {"__start___param", "__stop___param", ROW, 0, true};
	struct rows versions = {"__start___modver", "__stop___modver", 0, 0, false};
	struct err ignored;
	uint32_t unused;

	if (image_sizeof(image, "module_version_attribute", &versions.size, &ignored) < 0 ||
	    image_member(image, "module_version_attribute", "module_name", &versions.name, &unused,
			 &ignored) < 0)
		versions.size = 0;
	return is_among(image, &params, name) || is_among(image, &versions, name);
}

static bool check_name(struct walk *walk)
{
	if (walk->name[0] == '\0') {
		walk_reason(walk, "L-FS-01", -EINVAL, "its name is empty");
		walk_line(walk, 4,
			  "kobject: ((____ptrval____)): attempted to be registered with empty "
			  "name!");
		warn(walk);
		return false;
	}
	if (!is_built_in(walk->kernel->image, walk->name))
		return true;
	walk_reason(walk, "L-FS-02", -EINVAL, "the kernel has something of the name %s built in",
		    walk->name)
		->fix = "give the module another name";
	walk_line(walk, 3, "%s: module is already loaded", walk->name);
	return false;
}

/* As sysfs has it: it knows no slashes in names. */
static const char *directory(struct walk *walk)
{
	char *name = arena_strdup(walk->arena, walk->name);

	for (char *at = name; at && (at = strchr(at, '/'));)
		*at = '!';
	return name ? name : "";
}

static void duplicate(struct walk *walk, const char *group, const char *name)
{
	walk_line(walk, 4, "sysfs: cannot create duplicate filename '/module/%s/%s/%s'",
		  directory(walk), group, name);
}

static bool check_params(struct walk *walk)
{
	const unsigned char *row;

	for (uint64_t n = 0; (row = param_row(walk, n)); n++) {
		unsigned int mode = span_le16(span_of(row, ROW), ROW_MODE);
		const char *name = param_name(walk, row);

		if (mode == 0)
			continue;
		if (mode & ~(unsigned int)MODES) {
			walk_reason(walk, "L-FS-05", 0,
				    "the file of its parameter %s has a mode that is not allowed",
				    name);
			walk_line(walk, 4, "Attribute %s: Invalid permissions 0%o", name, mode);
			warn(walk);
		}
		for (uint64_t other = 0; other < n; other++) {
			const unsigned char *before = param_row(walk, other);

			if (span_le16(span_of(before, ROW), ROW_MODE) == 0 ||
			    strcmp(param_name(walk, before), name) != 0)
				continue;
			walk_reason(walk, "L-FS-03", -EEXIST, "it has two parameters %s", name);
			duplicate(walk, "parameters", name);
			return false;
		}
	}
	return true;
}

static bool is_shown(const struct section *section)
{
	return section->placed && section->size > 0;
}

static bool check_sections(struct walk *walk)
{
	int code = walk->kernel->has[SERIES_SECTION_FILES] ? -EEXIST : 0;

	for (size_t i = 1; i < walk->section_count; i++)
		for (size_t other = 1; is_shown(&walk->sections[i]) && other < i; other++) {
			if (!is_shown(&walk->sections[other]) ||
			    strcmp(walk->sections[i].name, walk->sections[other].name) != 0)
				continue;
			walk_reason(walk, "L-FS-04", code, "it has two sections %s",
				    walk->sections[i].name);
			duplicate(walk, "sections", walk->sections[i].name);
			return false;
		}
	return true;
}

bool sysfs_step(struct walk *walk)
{
	if (check_name(walk) && check_params(walk))
		check_sections(walk);
	return true;
}
