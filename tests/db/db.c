/* SPDX-License-Identifier: GPL-2.0-only */
/* The db on directories made for it: odd and damaged files, and memory that runs out. What the
 * right answers are on real trees is compare-modprobe's part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../ko/sample.h"
#include "../scratch.h"
#include "base/mem.h"
#include "db/store.h"

struct fixture {
	struct db *db;
	struct err err;
};

static void write_text(const char *name, const char *text)
{
	scratch_write(name, span_text(text));
}

static int set_up(void **state)
{
	static struct fixture fixture;

	*state = &fixture;
	return scratch_make(state);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	db_close(f->db);
	f->db = NULL;
	return scratch_remove(state);
}

static void open_db(struct fixture *f)
{
	db_close(f->db);
	f->db = NULL;
	assert_int_equal(db_open(&f->db, scratch_dir(), &f->err), 0);
}

/* The names of a list, with blanks between. */
static const char *names_of(const struct db_list *list)
{
	static char text[1000];
	size_t n = 0;

	text[0] = 0;
	for (size_t i = 0; i < list->modules.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : "",
				      list->modules.p[i]->name);
	return text;
}

static void expect_lookup(struct fixture *f, const char *word, const char *names)
{
	DEFER(db_list_free) struct db_list list = {0};

	assert_int_equal(db_lookup(f->db, word, &list, &f->err), *names ? 0 : -ENOENT);
	assert_string_equal(names_of(&list), names);
}

static void expect_order(struct fixture *f, const char *name, const char *names)
{
	DEFER(db_list_free) struct db_list list = {0};
	const struct db_module *module;

	assert_int_equal(db_find(f->db, name, &module, &f->err), 0);
	assert_int_equal(db_load_order(f->db, module, &list, &f->err), 0);
	assert_string_equal(names_of(&list), names);
}

static void test_no_directory(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_open(&f->db, "/nowhere/6.1", &f->err), -ENOENT);
	assert_null(f->db);
	assert_string_equal(f->err.text, "cannot open /nowhere/6.1: No such file or directory");
}

static void test_odd_lines(void **state)
{
	struct fixture *f = *state;
	const struct db_module *module;

	write_text("modules.dep", "# comment: x\n\nno colon\n:\nk/a-b.ko:  k/c_d.ko.xz\t/x/e.ko \n"
				  "k/c-d.ko.xz:\n/x/e.ko.gz:\nother/a_b.ko:\nlast.ko: k/a-b.ko");
	open_db(f);
	assert_int_equal(db_find(f->db, "a_b", &module, &f->err), 0);
	assert_string_equal(module->path + strlen(scratch_dir()),
			    "/k/a-b.ko"); /* the first counts */
	assert_int_equal(db_find(f->db, "e", &module, &f->err), 0);
	assert_string_equal(module->path, "/x/e.ko.gz");
	expect_order(f, "a-b", "e c_d a_b");
	expect_order(f, "last", "a_b last");
	assert_int_equal(db_find(f->db, "k", &module, &f->err), -ENOENT);
	expect_lookup(f, "nothing", "");
}

/* Cut at the NUL, the first line would give b the path "/". */
static void test_nul(void **state)
{
	struct fixture *f = *state;
	const struct db_module *module;

	scratch_write("modules.dep", SPAN_LITERAL("/\0k/b.ko:\nk/a.ko: c\0d.ko\nk/c.ko:\n"));
	open_db(f);
	assert_int_equal(db_find(f->db, "a", &module, &f->err), -ENOENT);
	assert_int_equal(db_find(f->db, "b", &module, &f->err), -ENOENT);
	assert_int_equal(db_find(f->db, "c", &module, &f->err), 0);
}

static void test_missing_line(void **state)
{
	struct fixture *f = *state;
	DEFER(db_list_free) struct db_list list = {0};
	const struct db_module *module;
	char expected[300];

	write_text("modules.dep", "a.ko: gone.ko\n");
	open_db(f);
	assert_int_equal(db_find(f->db, "a", &module, &f->err), 0);
	assert_int_equal(db_dependencies(f->db, module, &list, &f->err), -ENOENT);
	snprintf(
		expected, sizeof(expected),
		"modules.dep in %s is incomplete: a module needs gone.ko, which has no line of its "
		"own; run depmod",
		scratch_dir());
	assert_string_equal(f->err.text, expected);
}

static void test_patterns(void **state)
{
	struct fixture *f = *state;

	write_text("modules.dep", "a.ko:\nb.ko:\nc.ko:\nd.ko:\ne.ko:\ng.ko:\nh.ko:\n");
	write_text("modules.alias",
		   "# alias a* a\nalias of:N*T*Cx-y a\nalias pci:v[0-9a-c]d* b\nalias p?n-1 c\n"
		   "alias set[!x-z]end d\nalias open[ab e\nalias q\\*q e\nalias x[]-]y g\n"
		   "alias two c\nalias tw* c\nalias two not_there\nalias\nalias x\nbad two a\n"
		   "alias *a*a*a*a*b h\n");
	open_db(f);
	expect_lookup(f, "of:NfooTbarCx-y", "a");
	expect_lookup(f, "of:NTCx_y", "a");
	expect_lookup(f, "of:NTCx-yz", "");
	expect_lookup(f, "pci:vcd7", "b");
	expect_lookup(f, "pci:vdd7", "");
	expect_lookup(f, "p-n_1", "c");
	expect_lookup(f, "setaend", "d");
	expect_lookup(f, "setyend", "");
	expect_lookup(f, "open[ab", "e");
	expect_lookup(f, "q*q", "e");
	expect_lookup(f, "qxq", "");
	expect_lookup(f, "x]y", "g");
	expect_lookup(f, "x-y", "g");
	expect_lookup(f, "two", "c"); /* once, though two patterns match */
	expect_lookup(f, "xaxaxaxaxb", "h");
	expect_lookup(f, "", "");
}

/* A pattern of many '*' against a long text ends in bounded time. */
static void test_slow_pattern(void **state)
{
	struct fixture *f = *state;
	DEFER(buf_free) struct buf text = {0};
	DEFER(buf_free) struct buf word = {0};

	buf_text(&text, "alias ");
	for (int i = 0; i < 2000; i++) {
		buf_text(&text, "*a");
		buf_text(&word, "a");
	}
	buf_text(&text, "b m\n");
	buf_text(&word, "c");
	write_text("modules.dep", "m.ko:\n");
	write_text("modules.alias", buf_string(&text));
	open_db(f);
	expect_lookup(f, buf_string(&word), "");
}

static void test_builtin(void **state)
{
	struct fixture *f = *state;
	DEFER(db_list_free) struct db_list list = {0};
	static const char infos[] = "in_it.license=GPL\0in_it.alias=net-pf-*\0in_it.x.alias=other";

	write_text("modules.dep", "m.ko:\n");
	write_text("modules.builtin", "kernel/x/in-it.ko\n");
	scratch_write("modules.builtin.modinfo", span_of(infos, sizeof(infos)));
	open_db(f);
	assert_int_equal(db_is_builtin(f->db, "in_it", &f->err), 1);
	assert_int_equal(db_is_builtin(f->db, "m", &f->err), 0);
	assert_int_equal(db_lookup(f->db, "in-it", &list, &f->err), 0);
	assert_int_equal(db_lookup(f->db, "net_pf_7", &list, &f->err), 0);
	assert_int_equal(list.modules.n, 0);
	expect_lookup(f, "other", "");
}

/* Softdeps that ask for each other, for themselves, for nothing, and through an alias. */
static void test_softdep_cycle(void **state)
{
	struct fixture *f = *state;

	write_text("modules.dep", "a.ko: d.ko\nb.ko:\nc.ko:\nd.ko:\n");
	write_text("modules.alias", "alias also b\n");
	write_text("modules.softdep", "softdep a stray pre: also a none post: c\n"
				      "softdep b pre: a\nsoftdep a pre: c\nsoftdep\n"
				      "softdep d post: b\n");
	open_db(f);
	expect_order(f, "a", "d b a c");
	expect_order(f, "c", "c");
}

static void test_softdep_chain(void **state)
{
	struct fixture *f = *state;
	DEFER(buf_free) struct buf dep = {0};
	DEFER(buf_free) struct buf soft = {0};
	DEFER(db_list_free) struct db_list list = {0};
	const struct db_module *module;

	for (int i = 0; i < 5000; i++) {
		buf_format(&dep, "m%d.ko:\n", i);
		buf_format(&soft, "softdep m%d pre: m%d\n", i, i + 1);
	}
	write_text("modules.dep", buf_string(&dep));
	write_text("modules.softdep", buf_string(&soft));
	open_db(f);
	assert_int_equal(db_find(f->db, "m0", &module, &f->err), 0);
	assert_int_equal(db_load_order(f->db, module, &list, &f->err), -ELOOP);
	assert_string_equal(f->err.text, "the dependencies of module m200 are nested too deeply");
}

/* Writes a module that exports one symbol and imports another. */
static void write_module(const char *file, const char *exported, const char *imported)
{
	struct sample sample;
	DEFER(buf_free) struct buf bytes = {0};
	unsigned int table, relocations, strings, code;

	sample_init(&sample, true, false);
	sample_symbol_table(&sample);
	table = sample_loaded(&sample, "__ksymtab", span_of("", 0));
	relocations = sample_section(&sample, ".rela__ksymtab", SHT_RELA, 0, span_of("", 0));
	strings = sample_loaded(&sample, "__ksymtab_strings",
				span_of(exported, strlen(exported) + 1));
	sample_loaded(&sample, ".modinfo", span_text("softdep=pre: soft\0"));
	sample.sections[relocations].info = table;
	code = sample_symbol(&sample, exported, 0x10, table, 0);
	strings = sample_symbol(&sample, "", STT_SECTION, strings, 0);
	sample_symbol(&sample, imported, 0x10, SHN_UNDEF, 0);
	sample_rela(&sample, relocations, 0, code, 0);
	sample_rela(&sample, relocations, 8, strings, 0);
	sample_build(&sample, &bytes);
	sample_free(&sample);
	scratch_write(file, buf_span(&bytes));
}

static void write_tree(void)
{
	write_module("top.ko", "top_s", "mid_s");
	write_module("sub/mid-x.ko", "mid_s", "low_s");
	write_module("low.ko", "low_s", "top_s"); /* a cycle, which no build makes */
	write_module("soft.ko", "soft_s", "soft_s");
	write_text("broken.ko", "not a module");
	write_text("README", "nor this");
}

static void test_from_symbols(void **state)
{
	struct fixture *f = *state;
	DEFER(db_list_free) struct db_list list = {0};
	const struct db_module *module;
	struct ko *ko = NULL;

	write_tree();
	open_db(f);
	expect_order(f, "top", "soft low mid_x top");
	expect_order(f, "mid-x", "soft top low mid_x");
	assert_int_equal(db_find(f->db, "broken", &module, &f->err), 0);
	assert_int_equal(db_dependencies(f->db, module, &list, &f->err), -ENOEXEC);
	db_close(f->db);
	f->db = NULL;
	assert_int_equal(db_open_folder(&f->db, scratch_dir(), &f->err), 0);
	assert_int_equal(db_find(f->db, "mid_x", &module, &f->err), -ENOENT);
	assert_int_equal(db_find(f->db, "low", &module, &f->err), 0);
	assert_int_equal(ko_open(&ko, module->path, &f->err), 0);
	assert_int_equal(db_dependencies_of(f->db, ko, &list, &f->err), 0);
	assert_string_equal(names_of(&list), "top");
	ko_close(ko);
}

static int ask(struct fixture *f)
{
	DEFER(db_closep) struct db *db = NULL;
	DEFER(db_list_free) struct db_list list = {0};
	const struct db_module *module;
	int code = db_open(&db, scratch_dir(), &f->err);

	if (code == 0)
		code = db_find(db, "top", &module, &f->err);
	if (code == 0)
		code = db_load_order(db, module, &list, &f->err);
	if (code == 0)
		assert_string_equal(names_of(&list), "soft low mid_x top");
	return code;
}

static void fail_each_allocation(struct fixture *f)
{
	int code = -1;

	for (unsigned long n = 1; code < 0; n++) {
		mem_fail_at(n, 0);
		code = ask(f);
		mem_fail_at(0, 0);
		if (code < 0)
			assert_int_equal(code, -ENOMEM);
	}
}

static void test_no_memory(void **state)
{
	struct fixture *f = *state;

	write_tree();
	fail_each_allocation(f);
	write_text("modules.dep",
		   "top.ko: sub/mid-x.ko low.ko\nsub/mid-x.ko:\nlow.ko:\nsoft.ko:\n");
	write_text("modules.softdep", "softdep low pre: any\n");
	write_text("modules.alias", "alias an? soft\n");
	fail_each_allocation(f);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_no_directory), CASE(test_odd_lines),	   CASE(test_nul),
		CASE(test_missing_line), CASE(test_patterns),	   CASE(test_slow_pattern),
		CASE(test_builtin),	 CASE(test_softdep_cycle), CASE(test_softdep_chain),
		CASE(test_from_symbols), CASE(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
