/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Namespaces of symbols. A module imports by name (import_ns in .modinfo) what is in one. A
 * namespace "module:" and the names of modules, separated by commas, is for these alone, and cannot
 * be imported; a name that ends in '*' stands for all that begin so.
 */
#include <errno.h>

#include "load/param.h"
#include "load/walk.h"

static const char import_tag[] = "import_ns=", private_mark[] = "module:";

static bool begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* The next namespace that the module imports, from its entry *i on; NULL: no more. */
static const char *next_import(const struct walk *walk, size_t *i)
{
	while (*i < walk->infos.n) {
		const char *info = walk->infos.p[(*i)++];

		if (begins(info, import_tag))
			return info + strlen(import_tag);
	}
	return NULL;
}

static bool imports(const struct walk *walk, const char *name_space)
{
	size_t i = 0;

	for (const char *one; (one = next_import(walk, &i));)
		if (strcmp(one, name_space) == 0)
			return true;
	return false;
}

static bool is_for(const char *name_space, const char *module)
{
	const char *end = name_space + strlen(private_mark);

	for (const char *name = end; *name; name = *end ? end + 1 : end) {
		size_t length = strcspn(name, ",");
		bool open = length > 0 && name[length - 1] == '*';

		end = name + length;
		length -= open;
		if (param_same_name(name, module, length) && (open || strlen(module) == length))
			return true;
	}
	return false;
}

static bool is_private(const struct walk *walk, const char *name_space)
{
	return walk->kernel->has[SERIES_PRIVATE_SYMBOLS] && begins(name_space, private_mark);
}

bool namespace_step(struct walk *walk)
{
	size_t i = 0;

	for (const char *one; (one = next_import(walk, &i));) {
		if (!is_private(walk, one))
			continue;
		walk_reason(
			walk, "L-SYM-09", -EPERM,
			"it imports the namespace %s, whose symbols are for the modules it names",
			one)
			->fix =
			walk_text(walk, "remove MODULE_IMPORT_NS(\"%s\") from its source", one);
		walk_line(walk, 3, "%s: module tries to import module namespace: %s", walk->name,
			  one);
		break;
	}
	return true;
}

bool namespace_check(struct walk *walk, const char *symbol, const char *name_space)
{
	struct load_reason *reason;

	if (!name_space || !name_space[0] || imports(walk, name_space))
		return true;
	if (is_private(walk, name_space) && is_for(name_space, walk->name))
		return true;
	reason = walk_reason(walk, "L-SYM-06", -EINVAL,
			     "the symbol %s is in namespace %s, which it does not import", symbol,
			     name_space);
	reason->subject = walk_text(walk, "%s", symbol);
	if (is_private(walk, name_space)) {
		reason->fix =
			walk_text(walk, "do without the symbol: it is for the modules %s only",
				  name_space + strlen(private_mark));
	} else {
		reason->fix = walk_text(walk, "add MODULE_IMPORT_NS(%s) to its source", name_space);
		reason->wanted = walk_text(walk, "import_ns=%s", name_space);
	}
	walk_line(walk, 3, "%s: module uses symbol (%s) from namespace %s, but does not import it.",
		  walk->name, symbol, name_space);
	return false;
}
