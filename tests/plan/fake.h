/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel for plans: modules are names, what is asked of it is written down. And a release whose
 * modules.dep is a few lines of text.
 */
#ifndef LKM_TESTS_PLAN_FAKE_H
#define LKM_TESTS_PLAN_FAKE_H

#include "base/buf.h"
#include "plan/probe.h"

struct fake_module {
	char name[64];
	long references;
};
struct fake {
	struct fake_module modules[64];
	size_t n;
	struct buf calls;   /* "insert b x=1 0\n" ... */
	int insert_fails;   /* errno; 0: it works */
	int remove_fails;   /* the same */
	unsigned int busy;  /* so many removals fail with EAGAIN first */
	int command_status; /* of each command */
};
struct plan_kernel fake_kernel(struct fake *fake);
void fake_load(struct fake *fake, const char *name, long references);
void fake_free(struct fake *fake);

/* Fills a directory with a modules.dep.bin, modules.alias.bin and modules.builtin.bin of pairs
 * "key", "value" up to NULL, and the empty files that the lines of modules.dep name. Ends the
 * program when it cannot. */
void fake_release(const char *dir, const char *const *dep, const char *const *alias,
		  const char *const *builtin);

#endif
