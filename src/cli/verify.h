/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of "lkm verify" share: whose keys are trusted, and what came out. */
#ifndef LKM_CLI_VERIFY_H
#define LKM_CLI_VERIFY_H

#include "cli/cli.h"
#include "cli/files.h"
#include "image/catalogue.h"
#include "sign/machine.h"

struct verify_result {
	const char *path;
	struct sign_verdict verdict;
	struct err err; /* code < 0: it cannot be told */
};

struct verify {
	struct keyring *ring;
	struct sign_machine machine;
	bool for_machine;	 /* what the machine would do is asked for */
	const char *kernel_note; /* why its kernel's keys are not in ring; NULL: they are */
	struct verify_result *results;
	size_t count;
	bool verbose;
};

/* Prints all results; false when that cannot be written. */
void verify_print_text(const struct verify *verify);
bool verify_print_json(const struct verify *verify);

#endif
