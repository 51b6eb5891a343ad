/* SPDX-License-Identifier: GPL-2.0-only */
/* fuzz-modprobe-seeds DIRECTORY: writes the inputs to begin with. */
#include <stdio.h>

#include "base/file.h"

#define SEED(text)                                                                                 \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
static const struct {
	const char *bytes;
	size_t n;
} seeds[] = {
	SEED("quiet a.b=1 modprobe.blacklist=a,b \"c.d=e f\"\0x.ko: b.ko a.ko\0-C 'a b' -v\0"
	     "alias p[0-9]* x\nblacklist a\noptions a x=1 \\\n y=2\nsoftdep x pre: a post: b\n"),
	SEED("\0x.ko:\0\"a\"b ''\0install a echo $CMDLINE_OPTS$CMDLINE_OPTS\nremove * true\n"
	     "softdep a pre: b\nsoftdep b pre: a\nweakdep a b c\n"),
	SEED("a. .b ..= \"\0x\0'\0# c\n\\\ninclude\nalias\noptions a\ninstall [a x\nalias a] b\n"),
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%zu", argv[1], i);
		if (file_replace(path, span_of(seeds[i].bytes, seeds[i].n), 0644, NULL) < 0)
			return 1;
	}
	return argc != 2;
}
