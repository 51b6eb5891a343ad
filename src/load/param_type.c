/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's own parameter types take, by the operations that a parameter names.
 *
 *	struct kparam_array	u32 most, u32 size of an element, u32 *count, ops *, elements *
 *	struct kparam_string	u32 size, char *text
 *
 * Numbers are in C's notation without suffixes; one newline may follow. An element of an array is
 * cut off at its comma, and the kernel's line about it then shows no more than the first one.
 */
#include <errno.h>

#include "load/param.h"

enum { CHARP_LONGEST = 1024, ARRAY_OPS = 16, ARRAY_SIZE = 32 };

static unsigned int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (unsigned int)((c | 0x20) - 'a') + 10;
	return 99;
}

/* An overflow is found before a character that does not belong there. */
static int parse_magnitude(const char *text, uint64_t *out)
{
	unsigned int base = 10;
	bool overflow = false;
	const char *start;

	if (text[0] == '0')
		base = (text[1] | 0x20) == 'x' && digit_of(text[2]) < 16 ? 16 : 8;
	text += base == 16 ? 2 : 0;
	*out = 0;
	for (start = text; digit_of(*text) < base; text++)
		overflow |= __builtin_mul_overflow(*out, base, out) ||
			    __builtin_add_overflow(*out, digit_of(*text), out);
	if (overflow)
		return -ERANGE;
	if (text == start)
		return -EINVAL;
	text += *text == '\n';
	return *text ? -EINVAL : 0;
}

static int set_unsigned(const struct param *param, unsigned int bits)
{
	uint64_t value;
	int code = parse_magnitude(param->value + (param->value[0] == '+'), &value);

	if (code < 0)
		return code;
	return bits < 64 && value >> bits ? -ERANGE : 0;
}

static int set_signed(const struct param *param, unsigned int bits)
{
	bool minus = param->value[0] == '-';
	uint64_t value;
	int code = parse_magnitude(param->value + (minus || param->value[0] == '+'), &value);

	if (code < 0)
		return code;
	return value > (UINT64_C(1) << (bits - 1)) - !minus ? -ERANGE : 0;
}

/* 0 or 1; only the first characters count. */
static int parse_bool(const char *text)
{
	if (!text)
		return 1;
	switch (text[0] | 0x20) {
	case 'y':
	case 't':
		return 1;
	case 'n':
	case 'f':
		return 0;
	case 'o':
		return (text[1] | 0x20) == 'n' ? 1 : (text[1] | 0x20) == 'f' ? 0 : -EINVAL;
	default:
		return text[0] == '1' ? 1 : text[0] == '0' ? 0 : -EINVAL;
	}
}

static int set_bool(struct walk *walk, const struct param *param, unsigned int unused)
{
	int value = parse_bool(param->value);

	return value < 0 ? value : 0;
}

/* Once true, it stays true. */
static int set_enable_only(struct walk *walk, const struct param *param, unsigned int unused)
{
	unsigned char *now = layout_at(walk, param->arg, 1);
	int value = parse_bool(param->value);

	if (value < 0)
		return value;
	if (now && *now && !value)
		return -EROFS;
	if (now)
		*now |= (unsigned char)value;
	return 0;
}

static int set_number(struct walk *walk, const struct param *param, unsigned int bits)
{
	return set_unsigned(param, bits);
}

static int set_integer(struct walk *walk, const struct param *param, unsigned int bits)
{
	return set_signed(param, bits);
}

static int set_charp(struct walk *walk, const struct param *param, unsigned int unused)
{
	if (strlen(param->value) <= CHARP_LONGEST)
		return 0;
	walk_say(walk, 3, "%s: string parameter too long", param->name);
	return -ENOSPC;
}

static int set_string(struct walk *walk, const struct param *param, unsigned int unused)
{
	const unsigned char *string = layout_at(walk, param->arg, 4);
	uint32_t size = string ? span_le32(span_of(string, 4), 0) : 0;

	if (!string || strlen(param->value) < size)
		return 0;
	walk_say(walk, 3, "%s: string doesn't fit in %u chars.", param->name, size - 1);
	return -ENOSPC;
}

static int set_array(struct walk *walk, const struct param *param, unsigned int unused)
{
	const unsigned char *array = layout_at(walk, param->arg, ARRAY_SIZE);
	struct param element = *param;
	struct span span;
	bool more = array != NULL;

	if (!array)
		return PARAM_OWN;
	span = span_of(array, ARRAY_SIZE);
	element.ops = param_import_at(walk, param->arg + ARRAY_OPS);
	element.arg = span_le64(span, 24);
	for (uint32_t count = 0; more; count++) {
		size_t length = strcspn(element.value, ",");
		int code;

		if (count == span_le32(span, 0)) {
			walk_say(walk, 3, "%s: can only take %d arguments", param->name,
				 (int)count);
			return -EINVAL;
		}
		more = element.value[length] == ',';
		element.value[length] = '\0';
		code = param_set(walk, &element);
		if (code != 0)
			return code;
		element.value += length + 1;
		element.arg += span_le32(span, 4);
	}
	return 0;
}

static const struct type {
	const char *ops;
	int (*set)(struct walk *walk, const struct param *param, unsigned int bits);
	unsigned int bits;
	bool no_value; /* the name alone will do */
} types[] = {
	{"param_ops_byte", set_number, 8, false},
	{"param_ops_short", set_integer, 16, false},
	{"param_ops_ushort", set_number, 16, false},
	{"param_ops_int", set_integer, 32, false},
	{"param_ops_uint", set_number, 32, false},
	{"param_ops_long", set_integer, 64, false},
	{"param_ops_ulong", set_number, 64, false},
	{"param_ops_ullong", set_number, 64, false},
	{"param_ops_hexint", set_number, 32, false},
	{"param_ops_bool", set_bool, 0, true},
	{"param_ops_bool_enable_only", set_enable_only, 0, true},
	{"param_ops_bint", set_bool, 0, true},
	{"param_ops_invbool", set_bool, 0, false},
	{"param_ops_charp", set_charp, 0, false},
	{"param_ops_string", set_string, 0, false},
	{"param_array_ops", set_array, 0, false},
};

static const struct type *type_of(const char *ops)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].ops, ops) == 0)
			return &types[i];
	return NULL;
}

bool param_is_builtin(const char *ops)
{
	return type_of(ops) != NULL;
}

bool param_needs_value(const char *ops)
{
	const struct type *type = type_of(ops);

	return type && !type->no_value;
}

int param_set(struct walk *walk, const struct param *param)
{
	const struct type *type = type_of(param->ops);

	return type ? type->set(walk, param, type->bits) : PARAM_OWN;
}
