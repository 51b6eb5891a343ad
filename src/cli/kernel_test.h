/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a kernel works in lkm: the parts of its image that the engine needs, its boot, and small
 * uses of what modules bring. Filled by kernel_test.c and kernel_probe.c, shown by
 * kernel_test_print.c.
 */
#ifndef LKM_CLI_KERNEL_TEST_H
#define LKM_CLI_KERNEL_TEST_H

#include <jansson.h>

#include "base/mem.h"
#include "base/vec.h"
#include "db/db.h"
#include "engine/engine.h"
#include "image/catalogue.h"

enum kernel_probe_result { PROBE_WORKS, PROBE_FAILS, PROBE_ABSENT };

struct kernel_probe_answer {
	const char *name, *shows;
	enum kernel_probe_result result;
	const char *detail; /* what failed or is absent, a sentence; NULL: it works */
};

struct kernel_initcall {
	const char *name; /* "function+0x0/0x40" */
	long ret;
};

struct kernel_test {
	struct arena *arena; /* owns all strings */
	const char *release, *vmlinuz;
	VEC(struct engine_part) parts;
	VEC(struct kernel_initcall) initcalls;
	VEC(const char *) complaints; /* lines of the boot's log that begin a report of a bug */
	VEC(struct kernel_probe_answer) probes;
	double boot_ms, restore_ms; /* 0: did not happen */
	unsigned int isolation;	    /* of the boot: ENGINE_ISOLATION_... */
	/* What keeps it from being booted, or from being kept; code 0: nothing. */
	struct err trouble;
};

/* Everything that was tried works. */
bool kernel_test_passed(const struct kernel_test *test);

/* Uses a kernel that can be booted, each time a fresh copy of it. db: its modules, or NULL. Returns
 * only the want of memory as an error. */
int kernel_probe_all(struct kernel_test *test, const struct engine_options *options, struct db *db,
		     struct err *err);

void kernel_test_print(const struct kernel_test *test);
/* An object for one kernel. */
json_t *kernel_test_json(const struct kernel_test *test);

#endif
