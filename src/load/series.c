/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels and cannot be seen in an image: checks that came with a version. One
 * row each, with the first version that has it.
 */
#include <stdio.h>

#include "load/walk.h"

static const struct {
	unsigned int major, minor;
	const char *why;
} since[SERIES_DELTAS] = {
	[SERIES_ONE_OF_EACH] = {6, 5, "the loader's ELF checks were extended and made strict"},
	[SERIES_MEMORY_KINDS] = {6, 4, "struct module_memory; early_mod_check() before the taints"},
	[SERIES_RELOC_TEXT] = {6, 3, "x86 relocations can be cleared, hence tested before"},
	[SERIES_SECTION_FILES] = {6, 12, "mod_sysfs_setup() hears of errors of sections/"},
	[SERIES_LONG_LINES] = {6, 4, "a record of printk has 1024 bytes, prefix or not"},
	[SERIES_BTF_ONCE] = {6, 3, "btf_module_notify() says less where mismatches are allowed"},
	[SERIES_DYNDBG_SOURCE] = {6, 7, "_DPRINTK_FLAGS_INCL_SOURCENAME"},
	[SERIES_TRACER_FLAGS] = {6, 6,
				 "print_bug_type() shows direct calls and modified records, too"},
	[SERIES_OPEN_NAME] = {6, 12, "nothing measures the name in the structure any more"},
	[SERIES_STRING_TABLE] = {6, 13, "elf_validity_cache_strtab() and its like"},
	[SERIES_BTF_SECTION] = {6, 12, "btf_name_valid_section()"},
	[SERIES_BTF_TAG_FLAG] = {6, 15, "kind_flag of tags: they stand for attributes"},
	[SERIES_BTF_WIDE] = {7, 2,
			     "vlen of 24 bits, btf_header.layout_off, tags behind qualifiers"},
	[SERIES_EVAL_MAPS] = {6, 12, "6.1 is seen not to read _ftrace_eval_map, 6.12 to read it"},
	[SERIES_NO_EVAL_MAPS] = {7, 2, "7.2 is seen not to read it"},
	[SERIES_LONG_VERSIONS] = {6, 14, "elf_validity_cache_index_versions()"},
	[SERIES_ARM64_PREFIX] = {6, 5, "arm64's choice of module addresses was written anew"},
	[SERIES_PRIVATE_SYMBOLS] = {6, 16, "EXPORT_SYMBOL_FOR_MODULES"},
	[SERIES_TABLE_TYPES] = {7, 2, "the oldest where it was seen; 6.12 has it not"},
	[SERIES_RELOC_PLACES] = {6, 19, "x86 and livepatch improved their messages for klp-build"},
	[SERIES_STATIC_CALLS] = {6, 16, "module_mark_ro_after_init() knows .static_call_sites"},
};

bool series_has(const char *release, enum series_delta delta)
{
	unsigned int major = 0, minor = 0;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > since[delta].major ||
	       (major == since[delta].major && minor >= since[delta].minor);
}
