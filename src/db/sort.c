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

static uint16_t shared_length(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;

	for (; i + WORD <= n; i += WORD) {
		uint64_t other = span_load(a.p + i, WORD, false) ^ span_load(b.p + i, WORD, false);

		if (other)
			return (uint16_t)(i + (size_t)__builtin_ctzll(other) / 8);
	}
	while (i < n && a.p[i] == b.p[i])
		i++;
	return (uint16_t)i;
}

static void sort_all(struct sort_key *keys, size_t n)
{
	set_words(keys, n, 0);
	sort(keys, n, 0);
}

/* For two that share that many bytes. */
static bool is_before(const struct sort_key *a, const struct sort_key *b, size_t shared)
{
	if (shared == a->text.n)
		return shared < b->text.n || a->number < b->number;
	return shared < b->text.n && a->text.p[shared] < b->text.p[shared];
}

/* How many are in order, from the first on. */
static size_t count_sorted(const struct sort_key *keys, size_t n, uint16_t *shared)
{
	for (size_t i = 1; i < n; i++) {
		shared[i] = shared_length(keys[i - 1].text, keys[i].text);
		if (!is_before(&keys[i - 1], &keys[i], shared[i]))
			return i;
	}
	return n;
}

/* How many of n sorted keys are before one. */
static size_t place_of(const struct sort_key *keys, size_t n, const struct sort_key *key)
{
	size_t first = 0;

	while (first < n) {
		size_t middle = first + (n - first) / 2;
		const struct sort_key *other = &keys[middle];

		if (is_before(other, key, shared_length(other->text, key->text)))
			first = middle + 1;
		else
			n = middle;
	}
	return first;
}

/* Sorted keys go to their places among those before. A key shares with the one before it as much as
 * it shares with any that is before it. */
static void insert(struct sort_key *keys, size_t sorted, uint16_t *shared,
		   const struct sort_key *tail, size_t n)
{
	for (; n; n--) {
		const struct sort_key *key = &tail[n - 1];
		size_t at = place_of(keys, sorted, key), new = at + n - 1;
		uint16_t other = n > 1 ? shared_length(tail[n - 2].text, key->text) : 0;

		memmove(keys + new + 1, keys + at, (sorted - at) * sizeof(*keys));
		memmove(shared + new + 1, shared + at, (sorted - at) * sizeof(*shared));
		keys[new] = *key;
		shared[new] = at ? shared_length(keys[at - 1].text, key->text) : 0;
		shared[new] = other > shared[new] ? other : shared[new];
		if (at < sorted)
			shared[new + 1] = shared_length(key->text, keys[new + 1].text);
		sorted = at;
	}
}

/* False: without memory. */
static bool insert_rest(struct sort_key *keys, size_t sorted, uint16_t *shared, size_t rest)
{
	DEFER(mem_freep) struct sort_key *tail = mem_array(rest, sizeof(*tail));

	if (!tail)
		return false;
	memcpy(tail, keys + sorted, rest * sizeof(*tail));
	sort_all(tail, rest);
	insert(keys, sorted, shared, tail, rest);
	return true;
}

void sort_keys(struct sort_key *keys, size_t n, uint16_t *shared)
{
	size_t sorted = count_sorted(keys, n, shared), rest = n - sorted;

	if (rest == 0 || (rest < n / TAIL_PART && insert_rest(keys, sorted, shared, rest)))
		return;
	sort_all(keys, n);
	for (size_t i = 1; i < n; i++)
		shared[i] = shared_length(keys[i - 1].text, keys[i].text);
}
