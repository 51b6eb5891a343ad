/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument. */
#include "seeds.h"

#define HASH "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef"
#define OWNER "OWNEROWNEROWNERO"
#define SHA256 "\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28"
#define X509 "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72"

static const struct span seeds[] = {
	SPAN_LITERAL(
		"07ac23aa I------     1 perm 1f030000     0     0 blacklist bin:0123456789abcdef\n"
		"1f03 I------     1 perm 1f030000     0     0 asymmetri Debian: X509.rsa 1234 "
		"[]\n"),
	SPAN_LITERAL("\"tbs:00ff\",\n\t\"bin:\", \"bin:xyz\", bin:0123"),
	SPAN_LITERAL(SHA256 "\x4c\0\0\0\0\0\0\0\x30\0\0\0" OWNER HASH HASH),
	SPAN_LITERAL(X509 "\x34\0\0\0\0\0\0\0\x18\0\0\0" OWNER "\x30\x06\x30\x04\x02\x02\x12\x34"),
};

int main(int argc, char **argv)
{
	return seeds_main(argc, argv, seeds, sizeof(seeds) / sizeof(seeds[0]));
}
