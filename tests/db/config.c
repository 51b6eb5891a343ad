/* SPDX-License-Identifier: GPL-2.0-only */
/* modprobe.d: which files are read, what lines mean, what the kernel's command line adds. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/file.h"
#include "base/mem.h"
#include "db/config.h"

static int setup(void **state)
{
	static struct buf said; /* what the reader told its listener */

	*state = &said;
	return scratch_make(state);
}

static int teardown(void **state)
{
	buf_free(*state);
	return scratch_remove(state);
}

static void write_file(const char *name, const char *text)
{
	scratch_write(name, span_text(text));
}

static void listen(void *context, enum db_level level, const char *text)
{
	buf_format(context, "%d %s\n", level, text);
}

/* The configuration of the directories a and b, the release rel and the command line. */
static struct db_config *read_config(struct buf *said)
{
	const char *const paths[] = {scratch_path("a"), scratch_path("b"), NULL};
	struct db_config_options options = {
		scratch_path("rel"), paths, scratch_path("cmdline"), {listen, said}};
	struct db_config *config;

	buf_clear(said);
	assert_int_equal(db_config_read(&config, &options, NULL), 0);
	return config;
}

static void assert_rules(const struct db_config *config, enum db_rule_kind kind, const char *want)
{
	DEFER(buf_free) struct buf text = {0};
	size_t n;
	const struct db_rule *rules = db_config_rules(config, kind, &n);

	for (size_t i = 0; i < n; i++) {
		buf_format(&text, "%s%s", i ? "|" : "", rules[i].key);
		if (rules[i].value) {
			buf_text(&text, " ");
			db_config_show(kind, rules[i].value, &text);
		}
	}
	assert_string_equal(buf_string(&text), want);
}

static void grammar(void **state)
{
	DEFER(db_config_freep) struct db_config *config = NULL;

	write_file(
		"a/x.conf",
		"# comment\n\n \talias  a-b*[a-z] c-d more\nblacklist e-f\n"
		"options g-h  i=1\tj=-\noptions lonely\ninstall k-l cmd -x \\\n  $CMDLINE_OPTS\n"
		"remove k-* other \\# thing\nnonsense here\ninclude foo\nalias x] y\n"
		"softdep s-t   pre: u-v\tw post: x\r\nweakdep s-t\tu v\nremove alone \nblacklist");
	config = read_config(*state);
	assert_rules(config, DB_ALIAS, "a_b*[a-z] c_d");
	assert_rules(config, DB_BLACKLIST, "e_f");
	assert_rules(config, DB_OPTIONS, "g_h  i=1 j=-");
	assert_rules(config, DB_INSTALL, "k_l cmd -x   $CMDLINE_OPTS");
	assert_rules(config, DB_REMOVE, "k_* other # thing");
	assert_rules(config, DB_SOFTDEP, "s_t pre: u-v wpost: x");
	assert_rules(config, DB_WEAKDEP, "s_t u v");
	for (const char *const *line =
		     (const char *const[]){"line 6: ignoring bad line starting with 'options'",
					   "line 10: ignoring bad line starting with 'nonsense'",
					   "a/x.conf: command include is deprecated",
					   "line 12: ignoring bad line",
					   "line 15: ignoring bad line starting with 'remove'",
					   "line 16: ignoring bad line starting with 'blacklist'",
					   NULL};
	     *line; line++)
		assert_non_null(strstr(buf_string(*state), *line));
}

static void precedence(void **state)
{
	DEFER(db_config_freep) struct db_config *config = NULL;

	write_file("b/a.conf", "blacklist b_a\n");
	write_file("b/m.conf", "blacklist hidden\n");
	write_file("b/ignored", "blacklist no_conf\n");
	write_file("b/.hidden.conf", "blacklist dot\n");
	write_file("a/m.conf", "blacklist a_m\nsoftdep mod pre: from_m\n");
	write_file("a/z.conf", "blacklist a_z\nsoftdep mod pre: from_z\n");
	write_file("rel/modules.softdep", "softdep mod pre: own\nsoftdep m2 post: own\n");
	config = read_config(*state);
	assert_rules(config, DB_BLACKLIST, "b_a|a_m|a_z");
	assert_string_equal(db_config_value(config, DB_SOFTDEP, "mod"), "pre: from_m");
	assert_string_equal(db_config_value(config, DB_SOFTDEP, "m2"), "post: own");
	assert_null(db_config_value(config, DB_SOFTDEP, "m3"));
	assert_true(db_config_is_blacklisted(config, "a_z"));
	assert_false(db_config_is_blacklisted(config, "hidden"));
	assert_false(db_config_has_changed(config));
	assert_int_equal(file_remove_tree(scratch_path("a"), NULL), 0);
	assert_true(db_config_has_changed(config));
}

static void command_line(void **state)
{
	DEFER(db_config_freep) struct db_config *config = NULL;

	write_file("cmdline",
		   "root=/dev/x quiet a-b.c=1 a-b.flag modprobe.blacklist=x,y-z  d.e=\"f g\" "
		   "\"h.i=j k\" no.thing.here=1 foo=\"a b.c=1\" bad].x=1 q.\"w=1 r\" l.m=\"open "
		   "n.o=1\n");
	config = read_config(*state);
	assert_rules(config, DB_OPTIONS, "a_b c=1|a_b flag|d e=\"f g\"|h i=\"j k\"");
	assert_rules(config, DB_BLACKLIST, "x|y-z");
	assert_non_null(strstr(buf_string(*state), "Ignoring bad option"));
}

static void options_of_a_module(void **state)
{
	DEFER(db_config_freep) struct db_config *config = NULL;
	DEFER(buf_free) struct buf text = {0};

	write_file("a/x.conf", "options m a=1\noptions other b=1\noptions al c=1\n"
			       "options m d=1\n");
	config = read_config(*state);
	db_config_options_of(config, "m", NULL, &text);
	assert_string_equal(buf_string(&text), "a=1 d=1");
	buf_clear(&text);
	db_config_options_of(config, "m", "al", &text);
	assert_string_equal(buf_string(&text), "a=1 c=1 d=1");
}

/* Every allocation fails once: an error, and nothing is left behind (the sanitizers look). */
static void out_of_memory(void **state)
{
	struct db_config *config = NULL;
	const char *paths[] = {scratch_path("a"), NULL};
	struct db_config_options options = {.paths = paths};
	unsigned long n = 0;
	int code;

	write_file("a/x.conf", "options m a=1\nalias a b\nsoftdep a pre: b\n");
	do {
		mem_fail_at(++n, 0);
		code = db_config_read(&config, &options, NULL);
		assert_true(code == 0 || code == -ENOMEM);
	} while (code < 0);
	mem_fail_at(0, 0);
	assert_true(n > 5);
	db_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(grammar, setup, teardown),
		cmocka_unit_test_setup_teardown(precedence, setup, teardown),
		cmocka_unit_test_setup_teardown(command_line, setup, teardown),
		cmocka_unit_test_setup_teardown(options_of_a_module, setup, teardown),
		cmocka_unit_test_setup_teardown(out_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
