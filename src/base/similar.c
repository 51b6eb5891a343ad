/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/similar.h"

#include <ctype.h>
#include <string.h>

#define LONGEST 63

static bool same(char a, char b)
{
	return tolower((unsigned char)(a == '-' ? '_' : a)) ==
	       tolower((unsigned char)(b == '-' ? '_' : b));
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* The three rows that the distance with swaps needs of the usual matrix. */
unsigned int similar_distance(const char *a, const char *b)
{
	unsigned int rows[3][LONGEST + 1];
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2], *spare;
	size_t na = strnlen(a, LONGEST), nb = strnlen(b, LONGEST);

	for (size_t j = 0; j <= nb; j++)
		above[j] = before[j] = (unsigned int)j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = least(above[j - 1] + !same(a[i - 1], b[j - 1]),
				       least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[nb];
}

/* A third of the characters may be wrong: one of "cat", two of "writes", never all. Of thousands of
 * names some are as near as that to any word, so there it is one, and one more for eight. */
static bool is_near(const struct similar *similar, const char *name, unsigned int distance)
{
	size_t length = strlen(similar->wanted);
	bool begins = length >= 3 && strncmp(similar->wanted, name, length) == 0;
	size_t most = similar->of_many ? 1 + length / 8 : (length + 2) / 3;

	return begins || (distance <= most && distance < length);
}

void similar_offer(struct similar *similar, const char *name)
{
	unsigned int distance = similar_distance(similar->wanted, name);

	if (!is_near(similar, name, distance))
		return;
	if (similar->best && distance >= similar->distance)
		return;
	similar->best = name;
	similar->distance = distance;
}
