/* SPDX-License-Identifier: GPL-2.0-only */
#include "run_case.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../ko/sample.h"
#include "../scratch.h"

static const char *write_module(const char *name, const char *info, size_t length)
{
	struct sample sample;
	DEFER(buf_free) struct buf file = {0};

	sample_init(&sample, true, false);
	sample.machine = EM_X86_64;
	sample_loaded(&sample, ".modinfo", span_of(info, length));
	sample_build(&sample, &file);
	sample_free(&sample);
	return scratch_write(name, buf_span(&file));
}

#define HELLO "name=hello\0license=GPL\0vermagic=9.9 SMP\0parm=count:how many\0parmtype=count:int\0"
#define HELPER "name=helper\0license=GPL\0"

int run_fixture_make(void **state)
{
	static struct run_fixture fixture;

	if (scratch_make(state) < 0)
		return -1;
	fixture.hello = write_module("hello.ko", HELLO, sizeof(HELLO) - 1);
	fixture.helper = write_module("helper.ko", HELPER, sizeof(HELPER) - 1);
	*state = &fixture;
	return 0;
}

static void plan(struct run *run, enum plan_op op, const char *name, const char *path,
		 const char *params)
{
	struct plan_step *step = vec_push(&run->plan.steps);

	assert_non_null(step);
	*step = (struct plan_step){op, name, path, params, "", strcmp(name, "hello") == 0, false};
}

void run_case_prepare(struct run *run, struct run_fixture *f, const struct run_case *one,
		      struct err *err)
{
	const char *params = one->params ? one->params : "";

	run->arena = arena_new();
	run->kernel = mem_zalloc(sizeof(*run->kernel));
	run->kernel->release = mem_strdup("6.1.0-test");
	run->kernel->vmlinuz = mem_strdup("/nowhere/vmlinuz");
	run->name = "hello";
	run->path = f->hello;
	run->params = params;
	run->started_us = run_clock_us();
	assert_int_equal(ko_open(&run->ko, f->hello, err), 0);
	if (!one->alone)
		plan(run, PLAN_LOAD, "helper", f->helper, "");
	plan(run, PLAN_LOAD, "hello", f->hello, params);
	if (!one->keep) {
		plan(run, PLAN_UNLOAD, "hello", f->hello, "");
		if (!one->alone)
			plan(run, PLAN_UNLOAD, "helper", f->helper, "");
	}
	for (int i = 0; i < RUN_CASE_COMMANDS && one->commands[i]; i++)
		assert_int_equal(
			run_command_parse(run, one->commands[i], vec_push(&run->commands), err), 0);
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

int run_case_execute(struct run *run, struct run_fixture *f, const struct run_case *one,
		     struct buf *printed, struct err *err)
{
	struct capture capture;
	int rc;

	fake_prepare(&f->fake, one->answers);
	capture_begin(&capture);
	rc = run_execute(run, &fake_ops, err);
	capture_end(&capture, printed);
	return rc;
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

void run_case_check_parts(const char *what, const char *const *parts, size_t count,
			  const char *text)
{
	for (size_t i = 0; i < count && parts[i]; i++) {
		if (!strstr(text, parts[i]))
			fail_msg("%s lacks:\n%s\nit is:\n%s", what, parts[i], text);
	}
}

static void check_notes(const struct run *run, const struct run_case *one)
{
	DEFER(buf_free) struct buf all = {0};

	vec_foreach (&run->notes, note)
		buf_format(&all, "%s\n", *note);
	run_case_check_parts("notes", one->notes, RUN_CASE_NOTES, buf_string(&all));
}

void run_case_check(struct run_fixture *f, const struct run_case *one, const struct run_view *view,
		    struct buf *printed)
{
	struct run_options options = {.keep = one->keep, .json = view == &run_json};
	DEFER(run_free) struct run run = {.options = &options, .view = view};
	DEFER(buf_free) struct buf calls = {0};
	struct err err = {0};
	int rc;

	run_case_prepare(&run, f, one, &err);
	rc = run_case_execute(&run, f, one, printed, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(rc, 0);
	assert_string_equal(run.verdict, one->verdict);
	assert_int_equal(run.status, one->status);
	without_inventory(buf_string(&f->fake.calls), &calls);
	fake_release(&f->fake);
	if (one->calls)
		assert_string_equal(buf_string(&calls), one->calls);
	check_notes(&run, one);
}
