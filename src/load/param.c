/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parameters: the kernel cuts its line into NAME=VALUE and sets them one by one. All are tried, and
 * the errno is that of the last that is refused. A row of __param:
 *
 *	0 name*  8 mod*  16 ops*  24 u16 mode  26 s8 level  27 u8 flags  32 arg*
 *
 * and the operations begin with u32 flags: 1, no value is needed.
 */
#include "load/param.h"

#include <errno.h>

#include "base/similar.h"

enum { ROW = 40, ROW_OPS = 16, ROW_FLAGS = 27, ROW_ARG = 32 };
enum { UNSAFE = 1, HARDWARE = 2, NO_VALUE = 1 };

const char *param_import_at(struct walk *walk, uint64_t place)
{
	for (size_t i = 1; i < walk->section_count; i++) {
		const struct section *rela = &walk->sections[i], *target;

		if (rela->type != SHT_RELA || rela->info >= walk->section_count)
			continue;
		target = &walk->sections[rela->info];
		if (!target->placed || place - target->place >= target->size)
			continue;
		for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= rela->data.n;
		     at += sizeof(Elf64_Rela)) {
			uint32_t symbol = span_le32(rela->data, at + 12);

			if (span_le64(rela->data, at) == place - target->place &&
			    symbol < walk->symbol_count &&
			    walk->symbols[symbol].section == SHN_UNDEF)
				return walk->symbols[symbol].name;
		}
	}
	return "";
}

bool param_same_name(const char *a, const char *b, size_t n)
{
	for (; n > 0 && *a && *b; n--, a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return n == 0 || *a == *b;
}

const char *param_name(struct walk *walk, const unsigned char *row)
{
	uint64_t address = span_le64(span_of(row, ROW), 0);

	for (size_t length = 1; length < 256; length++) {
		const unsigned char *text = layout_at(walk, address, length);

		if (!text)
			return "";
		if (text[length - 1] == 0)
			return (const char *)text;
	}
	return "";
}

const unsigned char *param_row(struct walk *walk, uint64_t n)
{
	const struct section *rows = elf_find(walk, "__param");

	return rows && rows->placed && (n + 1) * ROW <= rows->size
		       ? layout_at(walk, rows->place + n * ROW, ROW)
		       : NULL;
}

static void refused(struct walk *walk, const char *name, const char *value, int code)
{
	const char *id = !value ? "L-PAR-01" : code == -EPERM ? "L-PAR-02" : "L-PAR-04";

	walk_reason(walk, id, code, "the parameter %s does not take '%s'", name,
		    value ? value : "");
	walk_line(walk, 3, "%s: `%s' %s for parameter `%s'", walk->name, value ? value : "",
		  code == -ENOSPC ? "too large" : "invalid", name);
}

/* Whether the kernel lets it be set at all. */
static bool is_safe(struct walk *walk, const char *name, unsigned int flags)
{
	if ((flags & HARDWARE) && walk->request->policy.lockdown) {
		walk_say(walk, 5,
			 "Lockdown: insmod: unsafe module parameters is restricted; see man "
			 "kernel_lockdown.7");
		return false;
	}
	if (flags & UNSAFE) {
		walk_reason(walk, "L-PAR-03", 0, "the parameter %s is marked as dangerous", name);
		walk_line(walk, 5, "Setting dangerous option %s - tainting kernel", name);
		if (walk->verdict->code == 0)
			walk->verdict->taints |= LOAD_TAINT_U;
	}
	return true;
}

static bool needs_value(struct walk *walk, const struct param *param, uint64_t ops)
{
	const unsigned char *flags = layout_at(walk, ops, 4);

	if (param_is_builtin(param->ops))
		return param_needs_value(param->ops);
	return flags && !(flags[0] & NO_VALUE);
}

static void set_known(struct walk *walk, const unsigned char *row, uint64_t place,
		      const char *given, char *value)
{
	struct span span = span_of(row, ROW);
	struct param param = {
		.name = param_name(walk, row),
		.ops = param_import_at(walk, place + ROW_OPS),
		.value = value,
		.arg = span_le64(span, ROW_ARG),
	};
	int code = -EPERM;

	if (!value && needs_value(walk, &param, span_le64(span, ROW_OPS)))
		code = -EINVAL;
	else if (is_safe(walk, param.name, row[ROW_FLAGS]))
		code = param_set(walk, &param);
	if (code == PARAM_OWN)
		walk_reason(walk, "L-PAR-08", 0,
			    "what the parameter %s takes is up to the module's own code", given);
	else if (code < 0)
		refused(walk, given, value, code);
}

static void set_dyndbg(struct walk *walk, char *value)
{
	if (walk->kernel->dynamic_debug) {
		dyndbg_check(walk, value);
		return;
	}
	walk_reason(walk, "L-PAR-07", 0, "the kernel has no dynamic debugging");
	walk_line(walk, 4, "dyndbg param is supported only in CONFIG_DYNAMIC_DEBUG builds");
}

static const char *near_param(struct walk *walk, const char *name)
{
	struct similar similar = {.wanted = name};
	const unsigned char *row;

	for (uint64_t n = 0; (row = param_row(walk, n)); n++)
		similar_offer(&similar, param_name(walk, row));
	return similar.best;
}

/* What the kernel understands itself is not unknown; a dotted name is cut at its dot. */
static void set_unknown(struct walk *walk, char *name, char *value)
{
	char *dot = strchr(name, '.');
	const char *near;

	if (strcmp(name, "async_probe") == 0)
		return;
	if (dot)
		*dot = '\0';
	if (strcmp(dot ? dot + 1 : name, "dyndbg") == 0) {
		set_dyndbg(walk, value);
		return;
	}
	near = near_param(walk, name);
	walk_reason(walk, "L-PAR-05", 0, "it has no parameter %s%s%s%s", name,
		    near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	walk_line(walk, 4, "%s: unknown parameter '%s' ignored", walk->name, name);
}

static void set_one(struct walk *walk, char *name, char *value)
{
	const struct section *rows = elf_find(walk, "__param");
	const unsigned char *row;

	for (uint64_t n = 0; (row = param_row(walk, n)); n++) {
		if (param_same_name(param_name(walk, row), name, SIZE_MAX)) {
			set_known(walk, row, rows->place + n * ROW, name, value);
			return;
		}
	}
	set_unknown(walk, name, value);
}

bool param_is_space(char c)
{
	return (c && strchr(" \t\n\v\f\r", c)) || c == '\xa0';
}

char *param_skip_spaces(char *text)
{
	while (param_is_space(*text))
		text++;
	return text;
}

/* Cuts the first word off a line; quotes hold it together. Returns the rest. A sign = that comes
 * first belongs to the name. */
static char *next_word(char *line, char **name, char **value)
{
	bool whole = *line == '"', quoted = whole;
	size_t end, equals = 0;

	line += whole;
	for (end = 0; line[end] && (quoted || !param_is_space(line[end])); end++) {
		if (line[end] == '=' && equals == 0)
			equals = end;
		if (line[end] == '"')
			quoted = !quoted;
	}
	*name = line;
	*value = equals ? line + equals + 1 : NULL;
	if (equals)
		line[equals] = '\0';
	if (equals && **value == '"') {
		(*value)++;
		if (line[end - 1] == '"')
			line[end - 1] = '\0';
	}
	if (whole && end > 0 && line[end - 1] == '"')
		line[end - 1] = '\0';
	if (line[end])
		line[end++] = '\0';
	return param_skip_spaces(line + end);
}

bool param_step(struct walk *walk)
{
	char *line, *name, *value;

	if (!walk->request->params)
		return true;
	line = arena_strdup(walk->arena, walk->request->params);
	if (!line) {
		walk->no_memory = true;
		return false;
	}
	line = param_skip_spaces(line);
	while (*line) {
		line = next_word(line, &name, &value);
		if (value || strcmp(name, "--") != 0) {
			set_one(walk, name, value);
			continue;
		}
		if (walk->step_code == 0) {
			walk_reason(walk, "L-PAR-06", 0, "parameters behind -- are not looked at");
			walk_line(walk, 4, "%s: parameters '%s' after `--' ignored", walk->name,
				  line);
		}
		break;
	}
	return true;
}
