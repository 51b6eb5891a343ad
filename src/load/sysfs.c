/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel shows of a module below /sys/module, where a name may be taken already. */
#include <errno.h>

#include "load/param.h"

/* Rows of __param, and the modes that files there may have. */
enum { ROW = 40, ROW_MODE = 24, MODES = 010664 };

static void warn(struct walk *walk)
{
	if (walk->verdict->code == 0)
		walk->verdict->taints |= LOAD_TAINT_W;
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
	if (!map_get(&walk->kernel->built_in, span_text(walk->name)))
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

/* Whether one of the names seen before is this one; what tells them apart. There may be 65,000 of
 * them, all long and alike, hence a map. */
static bool is_taken(struct walk *walk, struct map *seen, const char *name, const void *what)
{
	void *first = map_add(seen, span_text(name), (void *)what);

	walk->no_memory |= !first;
	return first && first != what;
}

static void check_mode(struct walk *walk, const char *name, unsigned int mode)
{
	if (!(mode & ~(unsigned int)MODES))
		return;
	walk_reason(walk, "L-FS-05", 0,
		    "the file of its parameter %s has a mode that is not allowed", name);
	walk_line(walk, 4, "Attribute %s: Invalid permissions 0%o", name, mode);
	warn(walk);
}

static bool check_params(struct walk *walk)
{
	DEFER(map_free) struct map seen = {0};
	const unsigned char *row;

	for (uint64_t n = 0; (row = param_row(walk, n)); n++) {
		unsigned int mode = span_le16(span_of(row, ROW), ROW_MODE);
		const char *name = param_name(walk, row);

		if (mode == 0)
			continue;
		check_mode(walk, name, mode);
		if (is_taken(walk, &seen, name, row)) {
			walk_reason(walk, "L-FS-03", -EEXIST, "it has two parameters %s", name);
			duplicate(walk, "parameters", name);
			return false;
		}
	}
	return true;
}

static bool check_sections(struct walk *walk)
{
	int code = walk->kernel->has[SERIES_SECTION_FILES] ? -EEXIST : 0;
	DEFER(map_free) struct map seen = {0};

	for (size_t i = 1; i < walk->section_count; i++) {
		const struct section *section = &walk->sections[i];

		if (!section->placed || section->size == 0 ||
		    !is_taken(walk, &seen, section->name, section))
			continue;
		walk_reason(walk, "L-FS-04", code, "it has two sections %s", section->name);
		duplicate(walk, "sections", section->name);
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
