/* SPDX-License-Identifier: GPL-2.0-only */
/* modprobe's plans, on a kernel that writes down what is asked of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../scratch.h"
#include "fake.h"

/* d needs c, b and a: the last of a line is loaded first. */
static const char *const dep[] = {"a",	  "a.ko:",
				  "b",	  "b.ko: a.ko",
				  "c",	  "c.ko: b.ko a.ko",
				  "d",	  "d.ko: c.ko b.ko a.ko",
				  "soft", "soft.ko:",
				  "late", "late.ko:",
				  "lost", "lost.ko: gone.ko",
				  NULL};
static const char *const alias[] = {"dev:*", "a", "dev:1", "b", NULL};
static const char *const builtin[] = {"inside", "", NULL};

struct bench {
	const char *config_path;
	struct db_indexes *indexes;
	struct db_config *config;
	struct fake fake;
	struct plan_kernel kernel;
	struct plan_probe *probe;
	struct buf said;
};

static void listen(void *context, enum db_level level, const char *text)
{
	struct bench *bench = context;

	buf_format(&bench->said, "%d %s\n", level, text);
}

static int setup(void **state)
{
	struct bench *bench = mem_zalloc(sizeof(*bench));

	assert_int_equal(scratch_make(state), 0);
	bench->config_path = scratch_path("x.conf");
	fake_release(scratch_dir(), dep, alias, builtin);
	*state = bench;
	return 0;
}

static void close_bench(struct bench *bench)
{
	plan_probe_free(bench->probe);
	db_config_free(bench->config);
	db_indexes_free(bench->indexes);
	fake_free(&bench->fake);
	buf_free(&bench->said);
	bench->probe = NULL;
	bench->config = NULL;
	bench->indexes = NULL;
	memset(&bench->fake, 0, sizeof(bench->fake));
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	close_bench(bench);
	mem_free(bench);
	return scratch_remove(state);
}

/* A negative errno when memory runs out. */
static int open_bench(struct bench *bench, const char *config)
{
	const char *paths[] = {bench->config_path, NULL};
	struct db_listener listener = {listen, bench};
	int code;

	if (config)
		scratch_write("x.conf", span_text(config));
	code = db_indexes_new(&bench->indexes, scratch_dir(), NULL);
	if (code == 0)
		code = db_config_read(
			&bench->config,
			&(struct db_config_options){NULL, paths, "/dev/null", listener}, NULL);
	bench->kernel = fake_kernel(&bench->fake);
	if (code == 0)
		code = plan_probe_new(&bench->probe,
				      &(struct plan_probe_options){bench->indexes, bench->config,
								   &bench->kernel, listener},
				      NULL);
	return code;
}

static int insert(struct bench *bench, const char *name, const struct plan_insert_request *wanted,
		  struct plan_apply *apply, enum plan_skip *skip)
{
	DEFER(plan_free) struct plan plan = {0};
	struct plan_insert_request request = *wanted;
	struct err err = {0};
	int code;

	request.module.name = name;
	code = plan_probe_insert(&plan, bench->probe, &request, skip, &err);
	if (code == 0)
		code = plan_probe_apply(&plan, bench->probe, apply, &err);
	assert_int_equal(code, err.code < 0 && code < 0 ? err.code : code);
	return code;
}

/* Loads a module by its name and compares what the kernel was asked for. */
static void assert_insert(struct bench *bench, const char *name, int want, const char *calls)
{
	struct plan_apply apply = {0};
	enum plan_skip skip;

	buf_clear(&bench->fake.calls);
	assert_int_equal(insert(bench, name, &(struct plan_insert_request){0}, &apply, &skip),
			 want);
	assert_string_equal(buf_string(&bench->fake.calls), calls);
}

static int remove_one(struct bench *bench, const struct plan_remove_request *request,
		      struct plan_apply *apply)
{
	DEFER(plan_free) struct plan plan = {0};
	struct err err = {0};
	int code = plan_probe_remove(&plan, bench->probe, request, &err);

	buf_clear(&bench->fake.calls);
	return code < 0 ? code : plan_probe_apply(&plan, bench->probe, apply, &err);
}

static void order(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(open_bench(bench, "options b x=1\n"), 0);
	assert_insert(bench, "d", 0,
		      "insert a.ko 0\ninsert b.ko x=1 0\ninsert c.ko 0\ninsert d.ko 0\n");
	assert_insert(bench, "d", 0, "");
	assert_insert(bench, "inside", 0, "");
	assert_insert(bench, "nowhere", -ENOENT, "");
	assert_non_null(
		strstr(buf_string(&bench->said), "could not find module by name='nowhere'"));
}

static void a_missing_file(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(open_bench(bench, ""), 0);
	assert_insert(bench, "lost", 0, "insert lost.ko 0\n");
	assert_non_null(strstr(buf_string(&bench->said), "run depmod"));
}

static void softdeps(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(open_bench(bench, "softdep b pre: soft nothing post: late\n"
					   "install late say $CMDLINE_OPTS.\noptions late y\n"),
			 0);
	bench->fake.command_status = 1;
	assert_insert(bench, "c", 0,
		      "insert a.ko 0\ninsert soft.ko 0\ninsert b.ko 0\ncommand late: say y .\n"
		      "insert c.ko 0\n");
	assert_non_null(strstr(buf_string(&bench->said), "retcode 1"));
	assert_insert(bench, "late", -EINVAL, "command late: say y .\n");
}

static void refused(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(open_bench(bench, "softdep d pre: soft\n"), 0);
	bench->fake.insert_fails = ENOEXEC;
	assert_insert(bench, "c", -ENOEXEC, "insert a.ko 0\n");
	bench->fake.insert_fails = EEXIST; /* somebody else was quicker */
	assert_insert(bench, "b", 0, "insert a.ko 0\ninsert b.ko 0\n");
}

static void blacklist(void **state)
{
	struct bench *bench = *state;
	struct plan_apply apply = {0};
	struct plan_insert_request request = {.module = {.alias = "dev:1"},
					      .blacklist_alias = true};
	enum plan_skip skip;

	assert_int_equal(open_bench(bench, "blacklist b\n"), 0);
	assert_int_equal(insert(bench, "b", &request, &apply, &skip), 0);
	assert_int_equal(skip, PLAN_SKIP_BLACKLISTED_ALIAS);
	assert_int_equal(insert(bench, "c", &(struct plan_insert_request){.blacklist_all = true},
				&apply, &skip),
			 0);
	assert_string_equal(buf_string(&bench->fake.calls), "insert a.ko 0\ninsert c.ko 0\n");
	assert_int_equal(
		insert(bench, "b", &(struct plan_insert_request){.blacklist = true}, &apply, &skip),
		0);
	assert_int_equal(skip, PLAN_SKIP_BLACKLISTED);
}

static void unloading(void **state)
{
	struct bench *bench = *state;
	struct plan_remove_request c = {.module = {.name = "c"}};
	struct plan_apply apply = {0}, patient = {.wait = 10};

	assert_int_equal(open_bench(bench, "softdep c pre: soft post: late\nremove late bye\n"), 0);
	fake_load(&bench->fake, "soft", 1);
	fake_load(&bench->fake, "a", 0);
	fake_load(&bench->fake, "b", 1);
	fake_load(&bench->fake, "c", 0);
	assert_int_equal(remove_one(bench, &c, &apply), 0);
	assert_string_equal(buf_string(&bench->fake.calls),
			    "command late: bye\nremove c\nremove a\n");
	assert_non_null(strstr(buf_string(&bench->said), "1 Module soft is in use."));
	assert_int_equal(remove_one(bench, &c, &apply), 0);
	c.first_time = true;
	assert_int_equal(remove_one(bench, &c, &apply), -ENOENT);

	fake_load(&bench->fake, "c", 1);
	assert_int_equal(remove_one(bench, &c, &apply), -EBUSY);
	assert_true(apply.fatal);
	bench->fake.busy = 2;
	assert_int_equal(remove_one(bench, &c, &patient), 0);
	assert_string_equal(buf_string(&bench->fake.calls),
			    "command late: bye\nremove c\npause 2\nremove c\npause 4\nremove c\n"
			    "remove soft\n"); /* who waits does not look whether it is in use */
}

static void holders(void **state)
{
	struct bench *bench = *state;
	struct plan_remove_request a = {.module = {.name = "a"}, .holders = true};
	struct plan_apply apply = {0};

	assert_int_equal(open_bench(bench, ""), 0);
	fake_load(&bench->fake, "user_of_a", 1);
	fake_load(&bench->fake, "a", 0);
	assert_int_equal(remove_one(bench, &a, &apply), -EBUSY);
	assert_string_equal(buf_string(&bench->fake.calls), "");
	bench->fake.modules[0].references = 0;
	assert_int_equal(remove_one(bench, &a, &apply), 0);
	assert_string_equal(buf_string(&bench->fake.calls), "remove user_of_a\nremove a\n");
}

/* Each allocation fails once, for loading and for unloading: an error or a result, no leak. */
static void out_of_memory(void **state)
{
	struct bench *bench = *state;
	static const char config[] = "softdep b pre: soft post: late\noptions b x=1\nalias nick c\n"
				     "install late say $CMDLINE_OPTS\nremove late bye\n";
	unsigned long failed = 0;

	scratch_write("x.conf", span_text(config));
	for (unsigned long n = 1; n < 2000; n++) {
		struct plan_remove_request c = {.module = {.name = "c"}, .holders = true};
		struct plan_apply apply = {0};
		enum plan_skip skip;
		int code;

		mem_fail_at(n, 0);
		code = open_bench(bench, NULL);
		if (code == 0)
			code = insert(bench, "c", &(struct plan_insert_request){.params = "z=1"},
				      &apply, &skip);
		if (code == 0)
			code = remove_one(bench, &c, &apply);
		mem_fail_at(0, 0);
		close_bench(bench);
		if (code < 0) {
			assert_int_equal(code, -ENOMEM);
			failed = n;
		}
	}
	assert_in_range(failed, 50, 1500);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(order),	 CASE(a_missing_file), CASE(softdeps), CASE(refused),
		CASE(blacklist), CASE(unloading),      CASE(holders),  CASE(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
