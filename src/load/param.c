/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parameters, as the kernel cuts its line into NAME=VALUE and as the types it has itself take them.
 * All are tried; the errno is that of the last that is refused. A row of __param:
 *
 *	0 name*  8 mod*  16 ops*  24 u16 mode  26 s8 level  27 u8 flags  32 arg*
 *
 * Types are told by the symbol that ops is relocated to. A module's own type cannot be predicted.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "load/walk.h"

enum { ROW = 40, ROW_OPS = 16, ROW_FLAGS = 27, UNSAFE = 1, CHARP_LIMIT = 1024 };

static const struct number {
	const char *ops;
	bool is_signed;
	unsigned int bits;
} numbers[] = {
	{"param_ops_byte", false, 8},	 {"param_ops_short", true, 16},
	{"param_ops_ushort", false, 16}, {"param_ops_int", true, 32},
	{"param_ops_uint", false, 32},	 {"param_ops_long", true, 64},
	{"param_ops_ulong", false, 64},	 {"param_ops_ullong", false, 64},
	{"param_ops_hexint", false, 32},
};

/* The symbol of the relocation at an offset of a section, "" when there is none. */
static const char *symbol_at(struct walk *walk, const struct section *section, uint64_t offset)
{
	for (size_t i = 1; i < walk->section_count; i++) {
		const struct section *rela = &walk->sections[i];

		if (rela->type != SHT_RELA || rela->info != (size_t)(section - walk->sections))
			continue;
		for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= rela->data.n;
		     at += sizeof(Elf64_Rela)) {
			uint32_t symbol = span_le32(rela->data, at + 12);
			const char *name;

			if (span_le64(rela->data, at) != offset || symbol >= walk->symbol_count)
				continue;
			name = walk_string(walk, walk->strtab->data,
					   walk->symbols[symbol].name_offset);
			return name ? name : "";
		}
	}
	return "";
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

static const char *name_of(struct walk *walk, const unsigned char *row)
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

static int set_number(const struct number *number, const char *value)
{
	bool minus = value[0] == '-';
	unsigned long long parsed, limit;
	char *end;

	if (minus && !number->is_signed)
		return -EINVAL;
	value += minus || value[0] == '+';
	if (!isxdigit((unsigned char)value[0]))
		return -EINVAL;
	errno = 0;
	parsed = strtoull(value, &end, 0);
	if (end == value || (*end && strcmp(end, "\n") != 0))
		return -EINVAL;
	limit = number->bits == 64 ? ~0ULL : (1ULL << number->bits) - 1;
	if (number->is_signed)
		limit = (limit >> 1) + minus;
	return errno == ERANGE || parsed > limit ? -ERANGE : 0;
}

static int set_bool(const char *value)
{
	if (!value)
		return 0;
	if (value[0] && strchr("yYtT1nNfF0", value[0]))
		return 0;
	if ((value[0] == 'o' || value[0] == 'O') && value[1] && strchr("nNfF", value[1]))
		return 0;
	return -EINVAL;
}

/* 1: the module's own type. */
static int set_value(const char *ops, const char *value)
{
	bool is_bool = strcmp(ops, "param_ops_bool") == 0 ||
		       strcmp(ops, "param_ops_bool_enable_only") == 0 ||
		       strcmp(ops, "param_ops_bint") == 0;

	if (is_bool)
		return set_bool(value);
	if (!value)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(ops, numbers[i].ops) == 0)
			return set_number(&numbers[i], value);
	if (strcmp(ops, "param_ops_invbool") == 0)
		return set_bool(value);
	if (strcmp(ops, "param_ops_charp") == 0)
		return strlen(value) > CHARP_LIMIT ? -ENOSPC : 0;
	return 1;
}

static void refused(struct walk *walk, const char *name, const char *value, int code)
{
	walk_reason(walk, value ? "L-PAR-04" : "L-PAR-01", code,
		    "the parameter %s does not take '%s'", name, value ? value : "");
	if (code == -ENOSPC)
		walk_line(walk, 3, "%s: `%s' too large for parameter `%s'", walk->name,
			  value ? value : "", name);
	else
		walk_line(walk, 3, "%s: `%s' invalid for parameter `%s'", walk->name,
			  value ? value : "", name);
}

static void set_known(struct walk *walk, const struct section *rows, uint64_t at,
		      const unsigned char *row, const char *name, const char *value)
{
	int code = set_value(symbol_at(walk, rows, at + ROW_OPS), value);

	if (row[ROW_FLAGS] & UNSAFE) {
		walk_reason(walk, "L-PAR-03", 0, "the parameter %s is marked as dangerous", name);
		walk_line(walk, 5, "Setting dangerous option %s - tainting kernel", name);
		if (walk->verdict->code == 0)
			walk->verdict->taints |= LOAD_TAINT_U;
	}
	if (code == 1)
		walk_reason(walk, "L-PAR-08", 0,
			    "what the parameter %s takes is up to the module's own code", name);
	else if (code < 0)
		refused(walk, name, value, code);
}

static void set_one(struct walk *walk, char *name, const char *value)
{
	const struct section *rows = elf_find(walk, "__param");
	char *dot = strchr(name, '.');

	for (uint64_t at = 0; rows && rows->placed && at + ROW <= rows->data.n; at += ROW) {
		const unsigned char *row = layout_at(walk, rows->place + at, ROW);

		if (row && same_name(name_of(walk, row), name)) {
			set_known(walk, rows, at, row, name, value);
			return;
		}
	}
	if (strcmp(name, "async_probe") == 0 || strcmp(name, "dyndbg") == 0 ||
	    (dot && strcmp(dot, ".dyndbg") == 0))
		return;
	if (dot)
		*dot = '\0';
	walk_reason(walk, "L-PAR-05", 0, "it has no parameter %s", name);
	walk_line(walk, 4, "%s: unknown parameter '%s' ignored", walk->name, name);
}

/* Cuts the first word off a line; quotes hold it together. Returns the rest. */
static char *next_word(char *line, char **name, char **value)
{
	bool quoted = false;
	char *end, *equals = NULL;
	bool whole = *line == '"';

	line += whole;
	quoted = whole;
	for (end = line; *end && (quoted || !isspace((unsigned char)*end)); end++) {
		if (*end == '=' && !equals)
			equals = end;
		if (*end == '"')
			quoted = !quoted;
	}
	*name = line;
	*value = NULL;
	line = *end ? end + 1 : end;
	*end = '\0';
	if (whole && end > *name && end[-1] == '"')
		end[-1] = '\0';
	if (equals) {
		*equals = '\0';
		*value = equals + 1;
		if (**value == '"') {
			(*value)++;
			if (**value && end[-1] == '"')
				end[-1] = '\0';
		}
	}
	while (isspace((unsigned char)*line))
		line++;
	return line;
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
	while (isspace((unsigned char)*line))
		line++;
	while (*line) {
		line = next_word(line, &name, &value);
		if (!value && strcmp(name, "--") == 0) {
			walk_reason(walk, "L-PAR-06", 0, "parameters behind -- are not looked at");
			walk_line(walk, 4, "%s: parameters '%s' after `--' ignored", walk->name,
				  line);
			break;
		}
		set_one(walk, name, value);
	}
	return true;
}
