/* SPDX-License-Identifier: GPL-2.0-only */
/* The JSON of a run, field by field: it is what other programs rely on. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../scratch.h"
#include "run_case.h"

static const struct run_case one = {
	.commands = {"cat /proc/x", "ioctl /dev/x 1 0aff", "ls /proc", "cat /proc/y"},
	.answers = {{"load hello", .log = "4 hello: caf\xc3\xa9", .uevent = "add@/module/hello"},
		    {"read /proc/x", .ret = 3, .data = "a\nb"},
		    {"read /proc/y", .ret = -EACCES},
		    {"list /proc", .data = "-640 /proc/x"}},
	.status = CLI_REFUSED,
	.verdict = "hello loads and unloads cleanly, but 1 command failed",
};

/* The steps behind the dependency's, without their times; ' is for ". The first one's argument is
 * the path of the module, which differs from run to run. */
static const char *const steps[] = {
	"{'op': 'load', 'args': ['PATH'], 'command': null, 'ret': 0, 'err': null,"
	" 'log': [[4, 'hello: caf\\u00c3\\u00a9']], 'uevents': ['add@/module/hello'],"
	" 'data': null, 'nodes': null}",
	"{'op': 'read', 'args': ['/proc/x'], 'command': 'cat /proc/x', 'ret': 3, 'err': null,"
	" 'log': [], 'uevents': [], 'data': 'a\\nb', 'nodes': null}",
	"{'op': 'ioctl', 'args': ['/dev/x', '0x1'], 'command': 'ioctl /dev/x 1 0aff', 'ret': 0,"
	" 'err': null, 'log': [], 'uevents': [], 'data': '0aff', 'nodes': null}",
	"{'op': 'list', 'args': ['/proc'], 'command': 'ls /proc', 'ret': 0, 'err': null,"
	" 'log': [], 'uevents': [], 'data': null,"
	" 'nodes': [{'path': '/proc/x', 'type': '-', 'mode': '0640'}]}",
	"{'op': 'read', 'args': ['/proc/y'], 'command': 'cat /proc/y', 'ret': -1, 'err': 'EACCES',"
	" 'log': [], 'uevents': [], 'data': '', 'nodes': null}",
};

static json_t *wanted_step(size_t i, const char *path)
{
	DEFER(mem_freep) char *text = mem_strdup(steps[i]);
	json_t *step;

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	step = json_loads(text, 0, NULL);
	assert_non_null(step);
	if (i == 0)
		json_array_set_new(json_object_get(step, "args"), 0, json_string(path));
	return step;
}

static void fields_of_steps(void **state)
{
	struct run_fixture *f = *state;
	DEFER(buf_free) struct buf text = {0};
	json_t *document;

	run_case_check(f, &one, &run_json, &text);
	document = json_loads(buf_string(&text), 0, NULL);
	assert_non_null(document);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		json_t *step = json_array_get(json_object_get(document, "steps"), i + 1);
		json_t *wanted = wanted_step(i, f->hello);

		assert_true(json_is_integer(json_object_get(step, "us")));
		json_object_del(step, "us");
		if (!json_equal(step, wanted))
			fail_msg("step %zu is %s", i, json_dumps(step, 0));
		json_decref(wanted);
	}
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fields_of_steps, run_fixture_make, scratch_remove),
	};

	return cmocka_run_group_tests_name("run-json", tests, NULL, NULL);
}
