/* SPDX-License-Identifier: GPL-2.0-only */
/* The main() of programs that write the files which fuzzing begins with. */
#ifndef LKM_TESTS_FUZZ_SEEDS_H
#define LKM_TESTS_FUZZ_SEEDS_H

#include "base/span.h"

/* Writes each into a file of its own in the directory that is the one argument; gives the exit
 * status. */
int seeds_main(int argc, char **argv, const struct span *seeds, size_t count);

#endif
