/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Did you mean ...?": how far two names are from each other, and the best of several.
 */
#ifndef LKM_BASE_SIMILAR_H
#define LKM_BASE_SIMILAR_H

#include <stdbool.h>

/* Inserted, removed, replaced and swapped characters that turn a into b; '-' equals '_', and
 * case does not count. Names are cut at 63 characters. */
unsigned int similar_distance(const char *a, const char *b);

/* Offer names one after the other; best stays NULL when none is near enough to be meant. */
struct similar {
	const char *wanted;
	bool of_many; /* thousands are offered, such as all modules of a kernel */
	const char *best;
	unsigned int distance;
};
void similar_offer(struct similar *similar, const char *name);

#endif
