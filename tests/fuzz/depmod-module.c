/* SPDX-License-Identifier: GPL-2.0-only */
#include "depmod-module.h"

#include <elf.h>

#include "../ko/sample.h"
#include "base/file.h"

int depmod_module_write(const char *path, const char *crc_symbol, struct err *err)
{
	DEFER(buf_free) struct buf file = {0};
	struct sample sample;

	sample_init(&sample, true, false);
	sample_loaded(&sample, ".modinfo", SPAN_LITERAL("alias=b*\0alias=a-b\0softdep=pre: x\0"));
	sample_symbol_table(&sample);
	sample_symbol(&sample, crc_symbol, 0, SHN_ABS, 0x1234);
	sample_symbol(&sample, "needed", 0x10, SHN_UNDEF, 0);
	sample_build(&sample, &file);
	sample_free(&sample);
	return file_replace(path, buf_span(&file), 0600, err);
}
