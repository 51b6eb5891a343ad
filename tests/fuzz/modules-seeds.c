/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument. */
#include "seeds.h"

static const struct span seeds[] = {
	SPAN_LITERAL(""),
	SPAN_LITERAL("btrfs 1789952 0 - Live 0xffffffffc0a3c000\nxor 24576 1 btrfs, Live 0x0\n"),
	SPAN_LITERAL("mine 16384 1 [permanent], Unloading 0xffffffffc0001000 (OE)\nfixed 16384 - - "
		     "Loading 0x1"),
	SPAN_LITERAL("\n\n \t\nalone\ntwo words\n"),
};

int main(int argc, char **argv)
{
	return seeds_main(argc, argv, seeds, sizeof(seeds) / sizeof(seeds[0]));
}
