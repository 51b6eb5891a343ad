/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument. */
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"

static const char *const seeds[] = {
	"",
	"btrfs 1789952 0 - Live 0xffffffffc0a3c000\nxor 24576 1 btrfs, Live 0x0\n",
	"mine 16384 1 [permanent], Unloading 0xffffffffc0001000 (OE)\nfixed 16384 - - Loading 0x1",
	"\n\n \t\nalone\ntwo words\n",
};

int main(int argc, char **argv)
{
	struct err err = {0};

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		DEFER(mem_freep) char *path = mem_format("%s/seed%zu", argv[1], i);

		if (!path || file_replace(path, span_text(seeds[i]), 0644, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
	}
	return 0;
}
