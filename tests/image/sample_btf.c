/* SPDX-License-Identifier: GPL-2.0-only */
/* BTF of
 *	typedef int number; struct point { number x, y; };
 *	struct outer { struct point first; union { char *text; long value; }; int list[5];
 *		       int low:3, high:5; };
 */
#include "sample.h"

static const char strings[] = "\0int\0number\0point\0x\0y\0outer\0first\0text\0value\0list\0"
			      "low\0high\0char\0long";

/* A type's head: name, flag, kind and count, size or type. What it consists of follows. */
enum { INT = 1, PTR, ARRAY, STRUCT, UNION, TYPEDEF = 8 };
#define TYPE(name, kind, flag, count, size)                                                        \
	name, (uint32_t)(flag) << 31 | (kind) << 24 | (count), size
#define INTEGER(name, size, bits) TYPE(name, INT, 0, 0, size), 1 << 24 | (bits)
#define MEMBER(name, type, offset) name, type, offset
#define BITS(name, type, width, offset) name, type, (uint32_t)(width) << 24 | (offset)

static uint32_t name_of(const char *text)
{
	return (uint32_t)((const char *)memmem(strings, sizeof(strings), text, strlen(text) + 1) -
			  strings);
}

void sample_btf(struct buf *out)
{
	const uint32_t types[] = {
		INTEGER(name_of("int"), 4, 32),		   /* 1 */
		TYPE(name_of("number"), TYPEDEF, 0, 0, 1), /* 2 */
		TYPE(name_of("point"), STRUCT, 0, 2, 8),   /* 3 */
		MEMBER(name_of("x"), 2, 0),
		MEMBER(name_of("y"), 2, 32),
		INTEGER(name_of("char"), 1, 8),	 /* 4 */
		TYPE(0, PTR, 0, 0, 4),		 /* 5: char * */
		INTEGER(name_of("long"), 8, 64), /* 6 */
		TYPE(0, UNION, 0, 2, 8),	 /* 7 */
		MEMBER(name_of("text"), 5, 0),
		MEMBER(name_of("value"), 6, 0),
		TYPE(0, ARRAY, 0, 0, 0),		  /* 8: int[5] */
		MEMBER(1, 1, 5),			  /* of, by, how many */
		TYPE(name_of("outer"), STRUCT, 1, 5, 40), /* 9 */
		MEMBER(name_of("first"), 3, 0),
		MEMBER(0, 7, 64),
		MEMBER(name_of("list"), 8, 128),
		BITS(name_of("low"), 1, 3, 288),
		BITS(name_of("high"), 1, 5, 291),
	};

	sample_number(out, 2, 0xeb9f);
	sample_number(out, 2, 1);
	sample_number(out, 4, 24);
	sample_number(out, 4, 0);
	sample_number(out, 4, sizeof(types));
	sample_number(out, 4, sizeof(types));
	sample_number(out, 4, sizeof(strings));
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		sample_number(out, 4, types[i]);
	buf_add(out, strings, sizeof(strings));
}
