/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text files that depmod writes. */
#include <stdio.h>

#include "db/build_output.h"

enum { SYMBOL_BUCKETS = 2048 };

static void put(struct buf *out, struct span text)
{
	buf_add(out, text.p, text.n);
}

static int put_line(struct db_build *build, const struct build_module *module,
		    struct build_modules *needed, struct buf *out, struct err *err)
{
	int code = build_closure(build, module, needed, err);

	if (code < 0)
		return code;
	buf_text(out, module->shown);
	buf_text(out, ":");
	vec_foreach (&needed->list, other) {
		buf_text(out, " ");
		buf_text(out, (*other)->shown);
	}
	return 0;
}

int build_make_dep(struct build_output *output, struct buf *out, struct err *err)
{
	DEFER(build_modules_free) struct build_modules needed = {0};
	int code = 0;

	output->dep_begins = mem_array(output->build->modules.n + 1, sizeof(size_t));
	if (!output->dep_begins)
		return err_no_memory(err);
	vec_foreach (&output->build->modules, module) {
		if ((*module)->line_holds)
			put(out, (*module)->old_line);
		else if (code == 0)
			code = put_line(output->build, *module, &needed, out, err);
		buf_text(out, "\n");
		output->dep_begins[(*module)->index + 1] = out->n;
	}
	return code;
}

static void put_alias(struct buf *out, struct span alias, struct span name)
{
	char *p;

	if (!buf_reserve(out, build_alias_line_length(alias.n, name.n)))
		return;
	p = mempcpy(out->p + out->n, "alias ", BUILD_ALIAS_BEGIN);
	p = mempcpy(p, alias.p, alias.n);
	*p++ = ' ';
	p = mempcpy(p, name.p, name.n);
	*p++ = '\n';
	*p = 0;
	out->n = (size_t)(p - out->p);
}

int build_make_alias(struct build_output *output, struct buf *out, struct err *err)
{
	output->alias_begins = mem_array(output->build->modules.n + 1, sizeof(size_t));
	if (!output->alias_begins)
		return err_no_memory(err);
	buf_text(out, "# Aliases extracted from modules themselves.\n");
	output->alias_begins[0] = out->n;
	vec_foreach (&output->build->modules, module) {
		const struct build_facts *facts = &(*module)->facts;

		if ((*module)->is_cached)
			put(out, build_cache_alias_lines(output->build, *module));
		else
			for (size_t i = 0; i < facts->alias_count; i++)
				put_alias(out, facts->aliases[i], (*module)->name);
		output->alias_begins[(*module)->index + 1] = out->n;
	}
	return 0;
}

static void put_values(struct buf *out, const char *word, const struct build_module *module,
		       const struct span *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_format(out, "%s %s %s\n", word, (const char *)module->name.p,
			   (const char *)values[i].p);
}

int build_make_softdep(struct build_output *output, struct buf *out, struct err *err)
{
	buf_text(out, "# Soft dependencies extracted from modules themselves.\n");
	vec_foreach (&output->build->modules, module)
		put_values(out, "softdep", *module, (*module)->facts.softdeps,
			   (*module)->facts.softdep_count);
	return 0;
}

int build_make_weakdep(struct build_output *output, struct buf *out, struct err *err)
{
	buf_text(out, "# Weak dependencies extracted from modules themselves.\n");
	vec_foreach (&output->build->modules, module)
		put_values(out, "weakdep", *module, (*module)->facts.weakdeps,
			   (*module)->facts.weakdep_count);
	return 0;
}

static const char symbols_head[] = "# Aliases for symbols, used by symbol_request().\n";

static int sort_symbols(struct build_output *output, struct err *err)
{
	const struct build_names *names = &output->build->symbols;

	build_names_fetch_all(&output->build->symbols);
	output->symbols = mem_array(names->list.n, sizeof(*output->symbols));
	output->symbol_lines = mem_array(names->list.n, sizeof(*output->symbol_lines));
	if (!output->symbols || !output->symbol_lines)
		return err_no_memory(err);
	vec_foreach (&names->list, name)
		if (name->module)
			output->symbols[output->symbol_count++] =
				(struct build_key){name->text, name, 0};
	if (!build_hash_order(output->symbols, output->symbol_count, SYMBOL_BUCKETS))
		return err_no_memory(err);
	return 0;
}

int build_make_symbols(struct build_output *output, struct buf *out, struct err *err)
{
	int code = sort_symbols(output, err);

	buf_text(out, symbols_head);
	for (size_t i = 0; i < output->symbol_count; i++) {
		const struct build_name *name = output->symbols[i].value;

		buf_text(out, "alias ");
		output->symbol_lines[i] = out->n;
		buf_text(out, "symbol:");
		put(out, name->text);
		buf_text(out, " ");
		put(out, name->module->name);
		buf_text(out, "\n");
	}
	return code;
}

struct device {
	struct span name; /* p is NULL: it has none */
	char type;	  /* 'c', 'b'; 0: unknown */
	unsigned int major, minor;
};

static void take_numbers(struct device *device, char type, const unsigned char *numbers, size_t n)
{
	char text[64]; /* more than two numbers need */
	unsigned int major, minor;

	snprintf(text, sizeof(text), "%.*s", (int)n, (const char *)numbers);
	if (sscanf(text, "%u-%u", &major, &minor) == 2)
		*device = (struct device){device->name, type, major, minor};
}

static struct device find_device(const struct build_facts *facts)
{
	struct span name = SPAN_LITERAL("devname:"), character = SPAN_LITERAL("char-major-"),
		    block = SPAN_LITERAL("block-major-");
	struct device device = {0};

	for (size_t i = 0; i < facts->alias_count && !(device.name.p && device.type); i++) {
		struct span alias = facts->aliases[i];

		switch (alias.n ? alias.p[0] : 0) {
		case 'd':
			if (span_starts(alias, name))
				device.name = span_of(alias.p + name.n, alias.n - name.n);
			break;
		case 'c':
			if (span_starts(alias, character))
				take_numbers(&device, 'c', alias.p + character.n,
					     alias.n - character.n);
			break;
		case 'b':
			if (span_starts(alias, block))
				take_numbers(&device, 'b', alias.p + block.n, alias.n - block.n);
			break;
		}
	}
	return device;
}

/* Says what is wrong with it, if anything. */
static void put_device(struct build_output *output, const struct build_module *module,
		       const struct device *device, struct buf *out)
{
	const char *name = (const char *)module->name.p, *text = (const char *)device->name.p;
	int length = (int)device->name.n;

	if (!device->type) {
		build_say(output->build, DB_ERROR,
			  "Module '%s' has devname (%.*s) but lacks major and minor "
			  "information. Ignoring.",
			  name, length, text);
		return;
	}
	if (out->n == 0)
		buf_text(out, "# Device nodes to trigger on-demand module loading.\n");
	buf_format(out, "%s %.*s %c%u:%u\n", name, length, text, device->type, device->major,
		   device->minor);
}

int build_make_devname(struct build_output *output, struct buf *out, struct err *err)
{
	vec_foreach (&output->build->modules, module) {
		struct device device;

		if ((*module)->is_cached && !((*module)->notes & BUILD_HAS_DEVNAME))
			continue;
		if (!build_cache_aliases(output->build, *module))
			return err_no_memory(err);
		device = find_device(&(*module)->facts);
		if (!device.name.p)
			continue;
		(*module)->notes |= BUILD_HAS_DEVNAME;
		put_device(output, *module, &device, out);
	}
	return 0;
}
