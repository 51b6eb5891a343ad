/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run on an engine without a kernel: the module's parameters and commands, what the kernel
 * answers, and what must come of it. The module is "hello", which depends on "helper"; both files
 * are made for the test.
 */
#ifndef LKM_TESTS_CLI_RUN_CASE_H
#define LKM_TESTS_CLI_RUN_CASE_H

#include "cli/run.h"
#include "fake_engine.h"

enum { RUN_CASE_COMMANDS = 4, RUN_CASE_NOTES = 3, RUN_CASE_PRINTED = 6 };

/* Lists end at their first NULL, or where they are full. */
struct run_case {
	const char *name;
	const char *params; /* NULL: none */
	const char *commands[RUN_CASE_COMMANDS];
	bool keep;  /* --keep */
	bool alone; /* helper is not needed */
	struct fake_answer answers[9];
	const char *calls; /* without those of the inventory; NULL: not looked at */
	enum cli_exit status;
	const char *verdict;
	const char *notes[RUN_CASE_NOTES];     /* each must be there */
	const char *printed[RUN_CASE_PRINTED]; /* parts of the text view's output */
};

struct run_fixture {
	const char *hello, *helper; /* module files */
	struct fake fake;
};

/* For cmocka: *state becomes a struct run_fixture, in the scratch directory. */
int run_fixture_make(void **state);

/* The run as it is when its options are read; the caller frees it. */
void run_case_prepare(struct run *run, struct run_fixture *f, const struct run_case *one,
		      struct err *err);
/* Executes a prepared run, fills printed with what it writes to standard output. */
int run_case_execute(struct run *run, struct run_fixture *f, const struct run_case *one,
		     struct buf *printed, struct err *err);
/* All of it, once: calls, notes, status and verdict must be those of the case. */
void run_case_check(struct run_fixture *f, const struct run_case *one, const struct run_view *view,
		    struct buf *printed);
/* Each of the parts must be in the text. */
void run_case_check_parts(const char *what, const char *const *parts, size_t count,
			  const char *text);

#endif
