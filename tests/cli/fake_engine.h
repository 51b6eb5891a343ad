/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An engine without a kernel: it writes down what it is asked ("load hello a=1", "read /proc/x")
 * and answers by a table. What the table does not have succeeds with nothing.
 */
#ifndef LKM_TESTS_CLI_FAKE_ENGINE_H
#define LKM_TESTS_CLI_FAKE_ENGINE_H

#include "engine/engine.h"

struct fake_answer {
	const char *call;   /* NULL ends the table */
	long ret;	    /* of the guest */
	int rc;		    /* of the function; -ECONNRESET: the kernel ends */
	const char *log;    /* lines "LEVEL text", separated by '|' */
	const char *uevent; /* variables separated by '|' */
	const char *
		data; /* read: content; list: "TYPEMODE PATH" separated by '|', such as "-644 /x" */
	const char *block; /* blocks: "SIZE CALLER" separated by '|' */
	bool once;	   /* only for the first such call */
};

struct fake {
	struct engine base;
	struct engine_listener listener;
	const struct fake_answer *answers; /* up to one without call */
	unsigned long used;		   /* bits of the answers that were given */
	struct engine_end end;
	struct buf calls; /* one line each */
};

extern const struct engine_ops fake_ops;

/* The one that the next engine_open() hands out; it is the caller's. */
void fake_prepare(struct fake *fake, const struct fake_answer *answers);
void fake_release(struct fake *fake);

#endif
