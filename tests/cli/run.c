/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The course and the verdict of a run, on an engine without a kernel. A case is a row: the module's
 * parameters and commands, what the kernel answers, and what must come of it.
 */
#include <elf.h>
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../ko/sample.h"
#include "cli/run.h"
#include "fake_engine.h"

#define OOPS                                                                                       \
	"1 BUG: kernel NULL pointer dereference, address: 0000000000000008|"                       \
	"1 #PF: supervisor write access in kernel mode|"                                           \
	"4 Oops: 0002 [#1] PREEMPT SMP NOPTI|"                                                     \
	"4 RIP: 0010:memcpy+0x3/0x10|"                                                             \
	"4 Call Trace:|4  ? other+0x1/0x2 [hello]|4  hello_init+0x12/0x40 [hello]|4  "             \
	"do_one_initcall+0x1/0x2"

struct test {
	const char *name;
	const char *params;
	const char *commands[4];
	bool keep, fails_early;
	struct fake_answer answers[9];
	const char *calls; /* without those of the inventory; NULL: not looked at */
	enum cli_exit status;
	const char *verdict;
	const char *notes[3];	/* each must be there */
	const char *printed[6]; /* parts of the text view's output */
};

static const struct test tests_of_runs[] = {
	{
		.name = "fine",
		.params = "number=5",
		.answers = {{"load hello number=5", .log = "6 hello: hi"}},
		.calls = "load helper\nload hello number=5\nunload hello\nunload helper\n",
		.verdict = "hello loads and unloads cleanly",
		.printed = {"load hello number=5\n", "1.500000 info   hello: hi\n",
			    "OK: hello loads and unloads cleanly\n",
			    "allocated 7 blocks, 700 bytes: all freed"},
	},
	{
		.name = "keep",
		.keep = true,
		.calls = "load helper\nload hello\n",
		.verdict = "hello loads cleanly",
	},
	{
		.name = "commands in order, between load and unload",
		.commands = {"cat /proc/hello", "write /proc/x 'a b'\\n", "sleep 0.5",
			     "ioctl /dev/x 0x5401 00ff"},
		.answers = {{"read /proc/hello", .data = "content"},
			    {"ioctl /dev/x 0x5401 2", .ret = 3}},
		.calls = "load helper\nload hello\nread /proc/hello\nwrite /proc/x a b\n\nsleep "
			 "500000000\nioctl /dev/x 0x5401 2\nunload hello\nunload helper\n",
		.verdict = "hello loads and unloads cleanly",
		.printed = {"> cat /proc/hello\ncontent\n",
			    "> ioctl /dev/x 0x5401 00ff\n3  00ff\n"},
	},
	{
		.name = "a mapping",
		.commands = {"mmap /dev/x 4096 0x12 6869"},
		.answers = {{"mmap /dev/x 0x1000 18 2", .ret = 18, .data = "hi\nmore than a row"}},
		.calls = "load helper\nload hello\nmmap /dev/x 0x1000 18 2\nunload hello\n"
			 "unload helper\n",
		.verdict = "hello loads and unloads cleanly",
		.printed = {"> mmap /dev/x 4096 0x12 6869\n"
			    "00000000 68 69 0a 6d 6f 72 65 20 74 68 61 6e 20 61 20 72  |hi.more "
			    "than a r|\n"
			    "00000010 6f 77                                            |ow|\n"},
	},
	{
		.name = "a command fails, the run goes on",
		.commands = {"cat /proc/nothing", "ls /srv"},
		.answers = {{"read /proc/nothing", .ret = -ENOENT}},
		.calls = "load helper\nload hello\nread /proc/nothing\nlist /srv\nunload "
			 "hello\nunload helper\n",
		.status = CLI_REFUSED,
		.verdict = "hello loads and unloads cleanly, but 1 command failed",
		.printed = {"  ENOENT: No such file or directory\n"},
	},
	{
		.name = "init fails",
		.answers = {{"load hello", .ret = -ENOMEM}},
		.calls = "load helper\nload hello\nunload helper\n",
		.status = CLI_REFUSED,
		.verdict = "hello cannot be loaded: ENOMEM (Cannot allocate memory)",
		.notes = {"the kernel accepted it; its init function returned -ENOMEM"},
	},
	{
		.name = "a live patch",
		.answers = {{"load hello", .ret = -EINVAL,
			     .log = "3 livepatch: failed to find location for function 'f'"}},
		.status = CLI_REFUSED,
		.verdict = "hello cannot be loaded: EINVAL (Invalid argument)",
		.notes = {"a live patch needs ftrace, and the kernel in a process has none: its "
			  "sites, the calls at the beginnings of functions, are lkm's own"},
	},
	{
		.name = "init fails and leaks",
		.answers = {{"load hello", .ret = -ENOMEM},
			    {"blocks hello", .block = "40 hello_init+0x1/0x2 [hello]"}},
		.status = CLI_MISBEHAVED,
		.verdict =
			"hello cannot be loaded: ENOMEM (Cannot allocate memory), and it left 40 "
			"bytes behind",
	},
	{
		.name = "a dependency fails",
		.answers = {{"load helper", .ret = -ENODEV}},
		.calls = "load helper\n",
		.status = CLI_REFUSED,
		.verdict = "helper cannot be loaded: ENODEV (No such device)",
	},
	{
		.name = "unknown parameter",
		.params = "cuont=1",
		.answers = {{"load hello cuont=1",
			     .log = "4 hello: unknown parameter 'cuont' ignored"}},
		.verdict = "hello loads and unloads cleanly",
		.notes = {"hello has no parameter cuont; did you mean count?"},
	},
	{
		.name = "bad value",
		.params = "count=x",
		.answers = {{"load hello count=x", .ret = -EINVAL,
			     .log = "3 hello: `x' invalid for parameter `count'"}},
		.status = CLI_REFUSED,
		.verdict = "hello cannot be loaded: EINVAL (Invalid argument)",
		.notes = {"count takes a value of type int"},
	},
	{
		.name = "other kernel",
		.answers = {{"load hello", .ret = -ENOEXEC,
			     .log = "3 hello: version magic '9.9 SMP' should be '6.1.0-test SMP'"}},
		.status = CLI_REFUSED,
		.verdict = "hello cannot be loaded: ENOEXEC (Exec format error)",
		.notes = {"it was built for 9.9: run it there (-k 9.9), or build it for 6.1.0-test "
			  "(make -C /lib/modules/6.1.0-test/build M=$PWD modules)"},
	},
	{
		.name = "oops",
		.commands = {"cat /proc/hello"},
		.answers = {{"load hello", .log = OOPS}},
		.calls = "load helper\nload hello\n",
		.status = CLI_MISBEHAVED,
		.verdict = "hello misbehaved: oops in hello_init+0x12/0x40 [hello]",
		.printed =
			{"oops: BUG: kernel NULL pointer dereference, address: 0000000000000008\n",
			 "    in hello_init+0x12/0x40 [hello]\n", "FAILED: hello misbehaved"},
	},
	{
		.name = "kernel gone in an oops",
		.answers = {{"load hello", .rc = -ECONNRESET, .log = OOPS}},
		.calls = "load helper\nload hello\n",
		.status = CLI_MISBEHAVED,
		.verdict = "hello misbehaved: oops in hello_init+0x12/0x40 [hello]",
	},
	{
		.name = "hang",
		.answers = {{"load hello", .rc = -ECONNRESET}},
		.calls = "load helper\nload hello\n",
		.status = CLI_MISBEHAVED,
		.verdict = "hello misbehaved in load: it did not come back in time (30 s)",
	},
	{
		.name = "warning: the run goes on",
		.answers =
			{{"unload hello",
			  .log = "4 ------------[ cut here ]------------|4 WARNING: CPU: 0 PID: 1 "
				 "at /src/hello.c:6 hello_exit+0x11/0x20 [hello]"}},
		.calls = "load helper\nload hello\nunload hello\nunload helper\n",
		.status = CLI_MISBEHAVED,
		.verdict = "hello misbehaved: warning in hello_exit+0x11/0x20 [hello]",
	},
	{
		.name = "a taint without a word in the log",
		.answers = {{"read /proc/sys/kernel/tainted", .data = "12832\n"}},
		.status = CLI_MISBEHAVED,
		.verdict = "hello misbehaved: the kernel is tainted with B (bad memory page or "
			   "overwritten memory) W (a warning)",
	},
	{
		.name = "leak",
		.answers =
			{{"blocks hello",
			  .block = "40 hello_init+0x1/0x2 [hello]|60 hello_open+0x3/0x4 [hello]"}},
		.status = CLI_MISBEHAVED,
		.verdict = "hello misbehaved: it left 100 bytes in 2 blocks behind, allocated by "
			   "hello_init+0x1/0x2 [hello]",
		.printed = {"        40 bytes  kmalloc  by hello_init+0x1/0x2 [hello]\n"},
	},
	{
		.name = "in use",
		.answers = {{"unload hello", .ret = -EAGAIN}},
		.status = CLI_REFUSED,
		.verdict = "hello cannot be unloaded: EAGAIN (Resource temporarily unavailable)",
	},
	{
		.name = "no exit function",
		.answers = {{"unload hello", .ret = -EBUSY}},
		.verdict = "hello loads cleanly, and stays: it has no exit",
		.notes = {"hello has no exit function: it cannot be unloaded"},
	},
	{
		.name = "what it created",
		.answers = {{"load hello",
			     .uevent =
				     "add@/devices/virtual/misc/"
				     "hello|ACTION=add|SUBSYSTEM=misc|DEVNAME=hello|DEVMODE=0666"},
			    {"names /proc", .data = "-444 /proc/old", .once = true},
			    {"names /proc",
			     .data = "-444 /proc/old|d555 /proc/hello|d555 /proc/12"},
			    {"list /proc", .data = "-444 /proc/old|d555 /proc/hello"},
			    {"list /proc/hello all", .data = "-644 /proc/hello/state"},
			    {"list /sys/module/hello/parameters",
			     .data = "-644 /sys/module/hello/parameters/count|-200 "
				     "/sys/module/hello/parameters/secret"},
			    {"read /sys/module/hello/parameters/count", .data = "5\n"},
			    {"read /sys/module/hello/taint", .data = "OE\n"}},
		.verdict = "hello loads and unloads cleanly",
		.printed = {"created\n  crw-rw-rw-  /dev/hello\n  dr-xr-xr-x  /proc/hello\n  "
			    "-rw-r--r--  /proc/hello/state\n  drwxr-xr-x  "
			    "/sys/devices/virtual/misc/hello\n",
			    "  -rw-r--r--  count  5  int\n",
			    "  --w-------  secret (not readable)\n",
			    "  O  a module built outside the kernel's tree\n"},
	},
	{
		.name = "a module that prints half of what the loader prints",
		.answers = {{"load hello", .ret = -EINVAL,
			     .log = "3 hello: uses symbol |3 hello: Unknown symbol |3 hello: "
				    "disagrees "
				    "about version of symbol |3 hello: invalid for parameter `"}},
		.status = CLI_REFUSED,
		.verdict = "hello cannot be loaded: EINVAL (Invalid argument)",
	},
	{
		.name = "control characters in parameters",
		.params = "count=\033[2J",
		.verdict = "hello loads and unloads cleanly",
		.printed = {"load hello count=\\x1b[2J\n"},
	},
	{
		.name = "control characters are not passed to the terminal",
		.answers = {{"load hello", .log = "6 hello: \033[2J"}},
		.verdict = "hello loads and unloads cleanly",
		.printed = {"info   hello: \\x1b[2J\n"},
	},
};

/* ------------------------------------------------------------------------------------- */

struct fixture {
	char path[2][64]; /* module files: hello and helper */
	struct fake fake;
};

static void write_module(const char *path, const char *info, size_t length)
{
	struct sample sample;
	DEFER(buf_free) struct buf file = {0};
	FILE *out = fopen(path, "w");

	sample_init(&sample, true, false);
	sample.machine = EM_X86_64;
	sample_loaded(&sample, ".modinfo", span_of(info, length));
	sample_build(&sample, &file);
	sample_free(&sample);
	assert_non_null(out);
	assert_int_equal(fwrite(file.p, 1, file.n, out), file.n);
	fclose(out);
}

#define HELLO "name=hello\0license=GPL\0vermagic=9.9 SMP\0parm=count:how many\0parmtype=count:int\0"
#define HELPER "name=helper\0license=GPL\0"

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	for (int i = 0; i < 2; i++) {
		int fd;

		strcpy(f->path[i], "/tmp/lkm-test-run-XXXXXX");
		fd = mkstemp(f->path[i]);
		assert_true(fd >= 0);
		close(fd);
	}
	write_module(f->path[0], HELLO, sizeof(HELLO) - 1);
	write_module(f->path[1], HELPER, sizeof(HELPER) - 1);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->path[0]);
	unlink(f->path[1]);
	free(f);
	return 0;
}

static void plan(struct run *run, enum plan_op op, const char *name, const char *path,
		 const char *params)
{
	struct plan_step *step = vec_push(&run->plan.steps);

	assert_non_null(step);
	*step = (struct plan_step){op, name, path, params, "", strcmp(name, "hello") == 0, false};
}

static void prepare(struct run *run, struct fixture *f, const struct test *test, struct err *err)
{
	const char *params = test->params ? test->params : "";

	run->arena = arena_new();
	run->kernel = mem_zalloc(sizeof(*run->kernel));
	run->kernel->release = mem_strdup("6.1.0-test");
	run->kernel->vmlinuz = mem_strdup("/nowhere/vmlinuz");
	run->name = "hello";
	run->path = f->path[0];
	run->params = params;
	run->started_us = run_clock_us();
	assert_int_equal(ko_open(&run->ko, f->path[0], err), 0);
	plan(run, PLAN_LOAD, "helper", f->path[1], "");
	plan(run, PLAN_LOAD, "hello", f->path[0], params);
	if (!test->keep) {
		plan(run, PLAN_UNLOAD, "hello", f->path[0], "");
		plan(run, PLAN_UNLOAD, "helper", f->path[1], "");
	}
	for (int i = 0; i < 4 && test->commands[i]; i++)
		assert_int_equal(
			run_command_parse(run, test->commands[i], vec_push(&run->commands), err),
			0);
}

/* Standard output as a string from here to capture_end(). */
struct capture {
	int saved;
	FILE *file;
};

static void capture_begin(struct capture *capture)
{
	fflush(stdout);
	capture->saved = dup(STDOUT_FILENO);
	capture->file = tmpfile();
	dup2(fileno(capture->file), STDOUT_FILENO);
}

static void capture_end(struct capture *capture, struct buf *out)
{
	char part[4096];
	size_t got;

	fflush(stdout);
	dup2(capture->saved, STDOUT_FILENO);
	close(capture->saved);
	rewind(capture->file);
	while ((got = fread(part, 1, sizeof(part), capture->file)) > 0)
		buf_add(out, part, got);
	fclose(capture->file);
}

/* The inventory's questions are many and not the point. */
static void without_inventory(const char *calls, struct buf *out)
{
	static const char *const looks[] = {
		"names /",   "list /proc",	  "list /sys/",
		"list /dev", "read /sys/module/", "read /proc/sys/kernel/tainted",
		"blocks "};

	for (size_t length; *calls; calls += length) {
		bool skip = false;

		length = strcspn(calls, "\n") + 1;
		for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
			skip = skip || strncmp(calls, looks[i], strlen(looks[i])) == 0;
		if (!skip)
			buf_add(out, calls, length);
	}
}

static void check_parts(const char *what, const char *const *parts, size_t count, const char *text)
{
	for (size_t i = 0; i < count && parts[i]; i++) {
		if (!strstr(text, parts[i]))
			fail_msg("%s lacks:\n%s\nit is:\n%s", what, parts[i], text);
	}
}

static void check_notes(const struct run *run, const struct test *test)
{
	DEFER(buf_free) struct buf all = {0};

	vec_foreach (&run->notes, note)
		buf_format(&all, "%s\n", *note);
	check_parts("notes", test->notes, 3, buf_string(&all));
}

static void execute(struct fixture *f, const struct test *test, const struct run_view *view,
		    struct buf *printed)
{
	struct run_options options = {.keep = test->keep, .json = view == &run_json};
	DEFER(run_free) struct run run = {.options = &options, .view = view};
	DEFER(buf_free) struct buf calls = {0};
	struct capture capture;
	struct err err = {0};
	int rc;

	prepare(&run, f, test, &err);
	fake_prepare(&f->fake, test->answers);
	capture_begin(&capture);
	rc = run_execute(&run, &fake_ops, &err);
	capture_end(&capture, printed);
	assert_string_equal(err.text, "");
	assert_int_equal(rc, 0);
	assert_string_equal(run.verdict, test->verdict);
	assert_int_equal(run.status, test->status);
	without_inventory(buf_string(&f->fake.calls), &calls);
	fake_release(&f->fake);
	if (test->calls)
		assert_string_equal(buf_string(&calls), test->calls);
	check_notes(&run, test);
}

static void run_of(void **state, const struct test *test)
{
	DEFER(buf_free) struct buf printed = {0}, json = {0};
	json_t *document;
	int version, status;
	const char *verdict;

	execute(*state, test, &run_text, &printed);
	check_parts("the text", test->printed, 6, buf_string(&printed));
	execute(*state, test, &run_json, &json);
	document = json_loads(buf_string(&json), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	assert_int_equal(json_unpack(document, "{s:i, s:{s:i, s:s}}", "version", &version,
				     "verdict", "status", &status, "text", &verdict),
			 0);
	assert_int_equal(version, 1);
	assert_int_equal(status, test->status);
	assert_string_equal(verdict, test->verdict);
	json_decref(document);
}

static void runs(void **state)
{
	for (size_t i = 0; i < sizeof(tests_of_runs) / sizeof(tests_of_runs[0]); i++) {
		print_message("# %s\n", tests_of_runs[i].name);
		run_of(state, &tests_of_runs[i]);
	}
}

/* Field by field: it is what other programs rely on. */
static void json_of_steps(void **state)
{
	static const struct test test = {
		.commands = {"cat /proc/x", "ioctl /dev/x 1 0aff", "ls /proc", "cat /proc/y"},
		.answers = {{"load hello", .log = "4 hello: caf\xc3\xa9",
			     .uevent = "add@/module/hello"},
			    {"read /proc/x", .ret = 3, .data = "a\nb"},
			    {"read /proc/y", .ret = -EACCES},
			    {"list /proc", .data = "-640 /proc/x"}},
		.status = CLI_REFUSED,
		.verdict = "hello loads and unloads cleanly, but 1 command failed",
	};
	static const char *const expected[] = {
		"{\"op\": \"load\", \"args\": [\"@hello\"], \"command\": null, \"ret\": 0, "
		"\"err\": "
		"null, \"log\": [[4, \"hello: caf\\u00c3\\u00a9\"]], \"uevents\": "
		"[\"add@/module/hello\"], \"data\": null, \"nodes\": null}",
		"{\"op\": \"read\", \"args\": [\"/proc/x\"], \"command\": \"cat /proc/x\", "
		"\"ret\": "
		"3, \"err\": null, \"log\": [], \"uevents\": [], \"data\": \"a\\nb\", \"nodes\": "
		"null}",
		"{\"op\": \"ioctl\", \"args\": [\"/dev/x\", \"0x1\"], \"command\": \"ioctl /dev/x "
		"1 "
		"0aff\", \"ret\": 0, \"err\": null, \"log\": [], \"uevents\": [], \"data\": "
		"\"0aff\", "
		"\"nodes\": null}",
		"{\"op\": \"list\", \"args\": [\"/proc\"], \"command\": \"ls /proc\", \"ret\": 0, "
		"\"err\": null, \"log\": [], \"uevents\": [], \"data\": null, \"nodes\": "
		"[{\"path\": "
		"\"/proc/x\", \"type\": \"-\", \"mode\": \"0640\"}]}",
		"{\"op\": \"read\", \"args\": [\"/proc/y\"], \"command\": \"cat /proc/y\", "
		"\"ret\": "
		"-1, \"err\": \"EACCES\", \"log\": [], \"uevents\": [], \"data\": \"\", \"nodes\": "
		"null}",
	};
	struct fixture *f = *state;
	DEFER(buf_free) struct buf text = {0};
	json_t *document;

	execute(f, &test, &run_json, &text);
	document = json_loads(buf_string(&text), 0, NULL);
	assert_non_null(document);
	for (size_t i = 0; i < 5; i++) {
		json_t *step = json_array_get(json_object_get(document, "steps"), i + 1);
		json_t *wanted = json_loads(expected[i], 0, NULL);

		assert_non_null(wanted);
		assert_true(json_is_integer(json_object_get(step, "us")));
		json_object_del(step, "us");
		if (i == 0)
			json_array_set_new(json_object_get(wanted, "args"), 0,
					   json_string(f->path[0]));
		if (!json_equal(step, wanted))
			fail_msg("step %zu is %s", i, json_dumps(step, 0));
		json_decref(wanted);
	}
	json_decref(document);
}

static void words_of_commands(void **state)
{
	static const struct {
		const char *text;
		const char *words[4];
		const char *wrong;
	} cases[] = {
		{"cat /proc/x", {"/proc/x"}, NULL},
		{"  cat\t'/proc/a b' ", {"/proc/a b"}, NULL},
		{"write /x a\\ b \"c d\" ''", {"/x", "a b", "c d", ""}, NULL},
		{"write /x a\\n'\\n'", {"/x", "a\\n\\n"}, NULL},
		{"cat", {NULL}, "'cat' is not complete or has too much; it is: cat PATH"},
		{"cat a b", {NULL}, "'cat a b' is not complete or has too much; it is: cat PATH"},
		{"cta a", {NULL}, "there is no command 'cta'; did you mean 'cat'?"},
		{"cat 'a", {NULL}, "the quote ' is not closed"},
		{" ", {NULL}, "a command is empty"},
	};
	DEFER(arena_freep) struct arena *arena = arena_new();
	struct run run = {.arena = arena};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run_command command = {0};
		struct err err = {0};
		int rc = run_command_parse(&run, cases[i].text, &command, &err);

		if (cases[i].wrong) {
			assert_int_equal(rc, -EINVAL);
			assert_string_equal(err.text, cases[i].wrong);
			continue;
		}
		assert_int_equal(rc, 0);
		for (size_t k = 0; k < command.count; k++)
			assert_string_equal(command.words[k], cases[i].words[k]);
		assert_true(command.count == 4 || !cases[i].words[command.count]);
	}
}

static void names_of_errors(void **state)
{
	char space[16];

	assert_string_equal(run_errno_name(2, space, sizeof(space)), "ENOENT");
	assert_string_equal(run_errno_name(524, space, sizeof(space)), "ENOTSUPP");
	assert_string_equal(run_errno_name(517, space, sizeof(space)), "EPROBE_DEFER");
	assert_string_equal(run_errno_name(4000, space, sizeof(space)), "4000");
}

/* Whatever allocation fails, the run ends with a sentence and frees what it has. */
static void without_memory(void **state)
{
	const struct test *test = &tests_of_runs[2];
	struct fixture *f = *state;
	int rc = -ENOMEM;

	for (unsigned long n = 1; rc == -ENOMEM; n++) {
		struct run_options options = {0};
		DEFER(run_free) struct run run = {.options = &options, .view = &run_text};
		DEFER(buf_free) struct buf printed = {0};
		struct capture capture;
		struct err err = {0};

		prepare(&run, f, test, &err);
		fake_prepare(&f->fake, test->answers);
		capture_begin(&capture);
		mem_fail_at(n, false);
		rc = run_execute(&run, &fake_ops, &err);
		mem_fail_at(0, false);
		capture_end(&capture, &printed);
		fake_release(&f->fake);
		assert_true(rc == 0 || rc == -ENOMEM);
		assert_true(rc == 0 || err.text[0]);
		assert_true(n < 100000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_of_steps, set_up, tear_down),
		cmocka_unit_test(words_of_commands),
		cmocka_unit_test(names_of_errors),
		cmocka_unit_test_setup_teardown(without_memory, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
