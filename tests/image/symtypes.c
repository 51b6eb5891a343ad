/* SPDX-License-Identifier: GPL-2.0-only */
/* .symtypes files: the lines and CRCs are those of genksyms of Linux 6.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "../scratch.h"
#include "image/symtypes.h"

/* What genksyms -T writes for a function that takes a struct thing; %s is a member of it. */
#define DUMP                                                                                       \
	"t#u64 typedef unsigned long long u64 \n"                                                  \
	"e#mode enum mode { OFF , ON = 4 } \n"                                                     \
	"s#list struct list { s#list * next , * prev ; } \n"                                       \
	"s#opaque struct opaque { UNKNOWN } \n"                                                    \
	"s#thing struct thing { t#u64 a ; e#mode m ; s#list l ; s#opaque * o ; "                   \
	"int ( * open ) ( s#thing * , int ) ; union { int x ; char y [ %s ] ; } ; } \n"            \
	"t#anon_t typedef struct { int z ; } anon_t \n"                                            \
	"take int take ( s#thing * , t#anon_t ) \n"                                                \
	"counter extern t#u64 counter \n"
enum { CRC_8 = 0x306f49ff, CRC_16 = (int)0xabfd2ea3, CRC_COUNTER = (int)0xcf8f2bbd };

static void write_thing(const char *name, const char *length)
{
	DEFER(buf_free) struct buf text = {0};

	buf_format(&text, DUMP, length);
	scratch_write(name, buf_span(&text));
}

static void test_find(void **state)
{
	struct symtypes types = {0};

	write_thing("a.symtypes", "8");
	scratch_write("empty.symtypes", span_of("", 0));
	scratch_write("other.txt", span_of("take int take", 13));
	assert_int_equal(symtypes_find(&types, scratch_dir(), "take", CRC_8, NULL), 0);
	symtypes_close(&types);
	assert_int_equal(
		symtypes_find(&types, scratch_dir(), "counter", (uint32_t)CRC_COUNTER, NULL), 0);
	symtypes_close(&types);
	assert_int_equal(symtypes_find(&types, scratch_dir(), "take", (uint32_t)CRC_16, NULL),
			 -ENOENT);
	assert_int_equal(symtypes_find(&types, scratch_dir(), "tak", CRC_8, NULL), -ENOENT);
}

static void test_change(void **state)
{
	DEFER(symtypes_close) struct symtypes from = {0}, to = {0};
	DEFER(buf_free) struct buf text = {0};

	write_thing("a.symtypes", "8");
	write_thing("b.symtypes", "16");
	assert_int_equal(symtypes_find(&from, scratch_dir(), "take", CRC_8, NULL), 0);
	assert_int_equal(symtypes_find(&to, scratch_dir(), "take", (uint32_t)CRC_16, NULL), 0);
	assert_true(symtypes_change(&from, &to, "take", &text));
	assert_string_equal(buf_string(&text),
			    "struct thing: \"char y[16]\" instead of \"char y[8]\"");
	buf_clear(&text);
	assert_false(symtypes_change(&from, &to, "counter", &text));
}

/* A file with the symbol f, which leads to one type. */
static void fill(struct symtypes *types, struct symtypes_type *symbol, struct symtypes_type *inner,
		 const char *key, const char *text)
{
	*symbol = (struct symtypes_type){.key = span_text("f"), .text = span_text(key)};
	*inner = (struct symtypes_type){.key = span_text(key), .text = span_text(text)};
	assert_non_null(map_add(&types->types, symbol->key, symbol));
	assert_non_null(map_add(&types->types, inner->key, inner));
}

static void test_sentences(void **state)
{
	static const struct {
		const char *key, *from, *to, *sentence;
	} cases[] = {
		{"s#s", "struct s { int a ; }", "struct s { int a ; int b : 3 ; }",
		 "struct s: \"int b : 3\" is new"},
		{"s#s", "struct s { int a ; int b ; }", "struct s { int b ; }",
		 "struct s: \"int a\" is gone"},
		{"s#s", "struct s { int a ; int b ; }", "struct s { int b ; int a ; }",
		 "struct s: its parts are in another order"},
		{"s#s", "struct s { s#t * a ; }", "struct s { u#t * a ; }",
		 "struct s: \"union t *a\" instead of \"struct t *a\""},
		{"s#s", "struct s { UNKNOWN }", "struct s { int a ; }",
		 "struct s: defined where the symbol is exported, before it was only declared "
		 "there"},
		{"s#s", "struct s { int a ; }", "struct s { UNKNOWN }",
		 "struct s: only declared where the symbol is exported, before it was defined "
		 "there"},
		{"e#e", "enum e { A , B }", "enum e { A , C , B }", "enum e: \"C\" is new"},
		{"t#t", "typedef int t", "typedef long t",
		 "t: \"typedef long t\" instead of \"typedef int t\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		DEFER(symtypes_close) struct symtypes from = {0}, to = {0};
		DEFER(buf_free) struct buf text = {0};
		struct symtypes_type types[4];

		fill(&from, &types[0], &types[1], cases[i].key, cases[i].from);
		fill(&to, &types[2], &types[3], cases[i].key, cases[i].to);
		assert_true(symtypes_change(&from, &to, "f", &text));
		assert_string_equal(buf_string(&text), cases[i].sentence);
	}
}

/* Types without an end, and bytes that are no such file. */
static void test_damaged(void **state)
{
	DEFER(buf_free) struct buf text = {0};
	struct symtypes types = {0};

	for (int i = 0; i < 100000; i++)
		buf_format(&text, "s#%d struct { s#%d }\n", i, i + 1);
	buf_text(&text, "deep s#0\n");
	scratch_write("deep.symtypes", buf_span(&text));
	scratch_write("bytes.symtypes", span_of("\n\n # s# s#\0\xff\n  deep", 20));
	assert_int_equal(symtypes_find(&types, scratch_dir(), "deep", 1, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
