/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names below /sys/module that the kernel's own code has taken: of what has parameters with
 * files, or a version. Both are tables in the image, from one symbol to another.
 */
#include "load/walk.h"

/* A row of __param: 0 name ("MODULE.PARAMETER"; of the kernel itself without a dot), 24 u16 mode.
 */
enum { PARAM = 40, PARAM_MODE = 24, LONGEST = 256 };

struct table {
	const char *start, *end;
	uint32_t size, name; /* of a row; where the address of its name stands */
};

static bool add(struct load_kernel *kernel, struct span name)
{
	return map_get(&kernel->built_in, name) || map_add(&kernel->built_in, name, (void *)kernel);
}

static bool add_row(struct load_kernel *kernel, struct span row, const char *name)
{
	const char *dot = strchr(name, '.');

	if (row.n != PARAM)
		return add(kernel, span_text(name));
	if (span_le16(row, PARAM_MODE) == 0)
		return true;
	return add(kernel, dot ? span_of(name, (size_t)(dot - name)) : SPAN_LITERAL("kernel"));
}

static bool add_table(struct load_kernel *kernel, const struct table *table)
{
	uint64_t at = image_address(kernel->image, table->start);
	uint64_t stop = image_address(kernel->image, table->end);

	for (; at && table->size && at + table->size <= stop; at += table->size) {
		struct span row = image_at(kernel->image, at, table->size);
		struct span text = image_at(kernel->image, span_le64(row, table->name), LONGEST);
		const char *name = span_string(text, 0);

		if (name && !add_row(kernel, row, name))
			return false;
	}
	return true;
}

int builtin_read(struct load_kernel *kernel, struct err *err)
{
	static const char type[] = "module_version_attribute";
	const struct table params = {"__start___param", "__stop___param", PARAM, 0};
	struct table versions = {"__start___modver", "__stop___modver", 0, 0};
	uint32_t size;

	if (image_sizeof(kernel->image, type, &versions.size, NULL) < 0 ||
	    image_member(kernel->image, type, "module_name", &versions.name, &size, NULL) < 0)
		versions.size = 0;
	return add_table(kernel, &params) && add_table(kernel, &versions) ? 0 : err_no_memory(err);
}
