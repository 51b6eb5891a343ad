/* SPDX-License-Identifier: GPL-2.0-only */
/* The modules in the tree that depmod is fuzzed with. */
#ifndef LKM_TESTS_FUZZ_DEPMOD_MODULE_H
#define LKM_TESTS_FUZZ_DEPMOD_MODULE_H

#include "base/err.h"

/* Exports what crc_symbol ("__crc_NAME") is the CRC of, and needs "needed". */
int depmod_module_write(const char *path, const char *crc_symbol, struct err *err);

#endif
