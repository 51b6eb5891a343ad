/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument. */
#include "seeds.h"

/* Two files each, as the target takes them. */
static const struct span seeds[] = {
	SPAN_LITERAL(
		"s#inode struct inode { t#umode_t i_mode ; s#super_block * i_sb ; }\n"
		"t#umode_t typedef unsigned short umode_t\n"
		"take int take ( s#inode * , int )\n"
		"\0"
		"s#inode struct inode { t#umode_t i_mode ; int i_new ; s#super_block * i_sb ; }\n"
		"t#umode_t typedef unsigned int umode_t\n"
		"take int take ( s#inode * , int )\n"),
	SPAN_LITERAL(
		"e#kind enum kind { E#ONE , E#TWO = 4 }\nE#ONE 0\nu#both union both { int a ; }\n"
		"override take extern void take ( e#kind , u#both )\n"
		"\0"
		"take void take ( e#kind )\ns#loop struct loop { s#loop l ; }\n"),
	SPAN_LITERAL("take s#secret *\ns#secret struct secret { UNKNOWN }\n\0take s#secret *\n"
		     "s#secret struct secret { int open ; }\n"),
};

int main(int argc, char **argv)
{
	return seeds_main(argc, argv, seeds, sizeof(seeds) / sizeof(seeds[0]));
}
