/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A quicksort by one word of the keys after the other. The word that is looked at is kept beside
 * each key, so that most comparisons touch nothing else.
 */
#include "db/sort.h"

#include <stdlib.h>

#include "base/mem.h"

enum { WORD = sizeof(uint64_t), TAIL_PART = 16 };

/* The bytes at depth as a number that sorts as they do; zeroes behind the end. */
static uint64_t word_at(struct span text, size_t depth)
{
	unsigned char bytes[WORD] = {0};
	size_t rest = text.n > depth ? text.n - depth : 0;

	if (rest >= WORD)
		return span_load(text.p + depth, WORD, true);
	if (rest)
		memcpy(bytes, text.p + depth, rest);
	return span_load(bytes, WORD, true);
}

static void set_words(struct sort_key *keys, size_t n, size_t depth)
{
	for (size_t i = 0; i < n; i++)
		keys[i].word = word_at(keys[i].text, depth);
}

static int by_number(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static void swap(struct sort_key *a, struct sort_key *b)
{
	struct sort_key kept = *a;

	*a = *b;
	*b = kept;
}

/* A word whose last byte is zero holds the end of a key: equal ones are equal keys. */
static void sort(struct sort_key *keys, size_t n, size_t depth)
{
	while (n > 1) {
		uint64_t pivot = keys[n / 2].word;
		size_t less = 0, at = 0, more = n;

		while (at < more) {
			if (keys[at].word < pivot)
				swap(&keys[at++], &keys[less++]);
			else if (keys[at].word > pivot)
				swap(&keys[at], &keys[--more]);
			else
				at++;
		}
		sort(keys, less, depth);
		sort(keys + more, n - more, depth);
		keys += less;
		n = more - less;
		if ((pivot & 0xff) == 0) {
			if (n > 1)
				qsort(keys, n, sizeof(*keys), by_number);
			return;
		}
		depth += WORD;
		if (n > 1)
			set_words(keys, n, depth);
	}
}

static void sort_all(struct sort_key *keys, size_t n)
{
	set_words(keys, n, 0);
	sort(keys, n, 0);
}

static bool is_before(const struct sort_key *a, const struct sort_key *b)
{
	size_t n = a->text.n < b->text.n ? a->text.n : b->text.n;
	int order = n ? memcmp(a->text.p, b->text.p, n) : 0;

	if (order)
		return order < 0;
	return a->text.n != b->text.n ? a->text.n < b->text.n : a->number < b->number;
}

/* Keys from sorted on go to their places among those before. */
static void merge(struct sort_key *keys, size_t sorted, const struct sort_key *tail, size_t n)
{
	size_t to = sorted + n;

	while (n) {
		if (sorted && is_before(&tail[n - 1], &keys[sorted - 1]))
			keys[--to] = keys[--sorted];
		else
			keys[--to] = tail[--n];
	}
}

void sort_keys(struct sort_key *keys, size_t n)
{
	struct sort_key *tail;
	size_t sorted = n > 0;

	while (sorted < n && is_before(&keys[sorted - 1], &keys[sorted]))
		sorted++;
	if (sorted == n)
		return;
	tail = n - sorted < n / TAIL_PART ? mem_array(n - sorted, sizeof(*tail)) : NULL;
	if (!tail) { /* without memory it is only slower */
		sort_all(keys, n);
		return;
	}
	memcpy(tail, keys + sorted, (n - sorted) * sizeof(*tail));
	sort_all(tail, n - sorted);
	merge(keys, sorted, tail, n - sorted);
	mem_free(tail);
}
