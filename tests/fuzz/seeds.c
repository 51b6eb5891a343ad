/* SPDX-License-Identifier: GPL-2.0-only */
#include "seeds.h"

#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"

int seeds_main(int argc, char **argv, const struct span *seeds, size_t count)
{
	struct err err = {0};

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < count; i++) {
		DEFER(mem_freep) char *path = mem_format("%s/seed%zu", argv[1], i);

		if (!path || file_replace(path, seeds[i], 0644, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
	}
	return 0;
}
