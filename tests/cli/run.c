/* SPDX-License-Identifier: GPL-2.0-only */
/* The course and the verdict of a run, a case a row. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../scratch.h"
#include "run_case.h"

#define OOPS                                                                                       \
	"1 BUG: kernel NULL pointer dereference, address: 0000000000000008|"                       \
	"1 #PF: supervisor write access in kernel mode|"                                           \
	"4 Oops: 0002 [#1] PREEMPT SMP NOPTI|"                                                     \
	"4 RIP: 0010:memcpy+0x3/0x10|"                                                             \
	"4 Call Trace:|4  ? other+0x1/0x2 [hello]|4  hello_init+0x12/0x40 [hello]|4  "             \
	"do_one_initcall+0x1/0x2"

static const struct run_case cases[] = {
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
			  "(make -C \"$(lkm kernel path --headers 6.1.0-test)\" M=$PWD modules)"},
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
		.name = "a kernel that does not come up: the module is not blamed",
		.alone = true,
		.answers = {{"names /proc", .rc = -ECONNRESET}},
		.calls = "",
		.status = CLI_UNAVAILABLE,
		.verdict = "the kernel did not come up: it did not come back in time (30 s)",
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

/* Both views of the same run. */
static void run_of(struct run_fixture *f, const struct run_case *one)
{
	DEFER(buf_free) struct buf printed = {0}, json = {0};
	json_t *document;
	int version, status;
	const char *verdict;

	run_case_check(f, one, &run_text, &printed);
	run_case_check_parts("the text", one->printed, RUN_CASE_PRINTED, buf_string(&printed));
	run_case_check(f, one, &run_json, &json);
	document = json_loads(buf_string(&json), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	assert_int_equal(json_unpack(document, "{s:i, s:{s:i, s:s}}", "version", &version,
				     "verdict", "status", &status, "text", &verdict),
			 0);
	assert_int_equal(version, 1);
	assert_int_equal(status, one->status);
	assert_string_equal(verdict, one->verdict);
	json_decref(document);
}

static void runs(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].name);
		run_of(*state, &cases[i]);
	}
}

/* Whatever allocation fails, the run ends with a sentence and frees what it has. */
static void without_memory(void **state)
{
	const struct run_case *one = &cases[2];
	struct run_fixture *f = *state;
	int rc = -ENOMEM;

	for (unsigned long n = 1; rc == -ENOMEM; n++) {
		struct run_options options = {0};
		DEFER(run_free) struct run run = {.options = &options, .view = &run_text};
		DEFER(buf_free) struct buf printed = {0};
		struct err err = {0};

		run_case_prepare(&run, f, one, &err);
		mem_fail_at(n, false);
		rc = run_case_execute(&run, f, one, &printed, &err);
		mem_fail_at(0, false);
		fake_release(&f->fake);
		assert_true(rc == 0 || rc == -ENOMEM);
		assert_true(rc == 0 || err.text[0]);
		assert_true(n < 100000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(runs, run_fixture_make, scratch_remove),
		cmocka_unit_test_setup_teardown(without_memory, run_fixture_make, scratch_remove),
	};

	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
