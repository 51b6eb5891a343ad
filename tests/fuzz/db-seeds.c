/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument. */
#include <stdio.h>

static const char *const seeds[] = {
	("modules.dep\nk/a.ko: k/b-c.ko.xz /x/d.ko\nk/b-c.ko.xz:\n/x/d.ko:\n"
	 "modules.alias\n# comment\nalias pci:v*d[0-9]* a\nalias p?i:[!a] b_c\n"
	 "modules.symbols\nalias symbol:s d\n"
	 "modules.softdep\nsoftdep a pre: d post: b-c\nsoftdep b_c pre: a\n"
	 "modules.builtin\nkernel/e.ko\n"),
	"k/a.ko: k/gone.ko\nk/b_c.ko: k/a.ko k/b_c.ko\n",
	("modules.dep\na.ko:\nb-c.ko:\nmodules.softdep\nsoftdep a pre: b-c b_c pci:v0d1\n"
	 "modules.alias\nalias *:\\v[^]-a]d* b-c\n"),
};

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		char path[4096];
		FILE *file;

		snprintf(path, sizeof(path), "%s/seed%zu", argv[1], i);
		file = fopen(path, "wb");
		if (!file || fputs(seeds[i], file) < 0 || fclose(file) != 0) {
			perror(path);
			return 1;
		}
	}
	return 0;
}
