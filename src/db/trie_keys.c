/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys and values of an index that is to be written: collecting them, and their order.
 */
#include "db/trie_keys.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "db/trie_format.h"

enum { WORD = sizeof(uint64_t) }; /* bytes of a text that are looked at in one go */

void db_trie_free(struct db_trie *trie)
{
	vec_free(&trie->keys);
	vec_free(&trie->values);
}

/* Whether all of its bytes are from 1 to 127. Taking 1 from each makes a zero one large; it borrows
 * from those above, which then cannot matter any more. */
static bool is_text(struct span text)
{
	const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	uint64_t strange = 0, word;
	size_t i = 0;

	for (; i + WORD <= text.n; i += WORD) {
		word = span_load(text.p + i, WORD, false);
		strange |= word | (word - ones);
	}
	for (; i < text.n; i++)
		strange |= (uint64_t)(text.p[i] | (text.p[i] - 1)) & 0x80;
	return !(strange & tops);
}

/* The same, from a place on up to which it is known. Looks at a whole word, if there is one. */
static bool is_text_from(struct span text, size_t known)
{
	if (text.n >= WORD && text.n - known < WORD)
		known = text.n - WORD;
	return is_text(span_of(text.p + known, text.n - known));
}

static int not_text(struct span key, struct err *err)
{
	return err_set(err, -EILSEQ, "an index holds ASCII characters only, not those of \"%.*s\"",
		       (int)(key.n < 256 ? key.n : 256), (const char *)key.p);
}

bool db_trie_reserve(struct db_trie *trie, size_t n)
{
	return n <= trie->keys.size ||
	       vec_grow((void **)&trie->keys.p, &trie->keys.size, n, sizeof(*trie->keys.p));
}

int db_trie_add_value(struct db_trie *trie, struct span value, uint32_t priority, uint32_t *number,
		      struct err *err)
{
	struct db_trie_value *slot;

	if (!is_text(value))
		return not_text(value, err);
	slot = vec_push(&trie->values);
	if (!slot)
		return err_no_memory(err);
	*slot = (struct db_trie_value){value, priority};
	*number = (uint32_t)trie->values.n - 1;
	return 0;
}

int db_trie_add_key(struct db_trie *trie, struct span key, uint32_t value, struct err *err)
{
	struct sort_key *slot;

	if (key.n > TRIE_DEPTH_MAX)
		return err_set(err, -ENAMETOOLONG, "a key of %zu bytes is too long for an index",
			       key.n);
	slot = vec_push(&trie->keys);
	if (!slot)
		return err_no_memory(err);
	*slot = (struct sort_key){key, 0, (uint32_t)trie->keys.n - 1, value};
	return 0;
}

int db_trie_add(struct db_trie *trie, struct span key, struct span value, uint32_t priority,
		struct err *err)
{
	uint32_t number;
	int code = db_trie_add_value(trie, value, priority, &number, err);

	return code < 0 ? code : db_trie_add_key(trie, key, number, err);
}

static int by_word(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;

	return (x->word > y->word) - (x->word < y->word);
}

/* Values of one key, n from first on, by priority; of the same the one that was added last. */
static void sort_values(const struct trie_keys *sorted, size_t first, size_t n)
{
	struct sort_key *keys = sorted->keys + first;

	if (n == 1)
		return;
	for (size_t i = 0; i < n; i++)
		keys[i].word = (uint64_t)sorted->values[keys[i].value].priority << 32 |
			       (UINT32_MAX - keys[i].number);
	qsort(keys, n, sizeof(*keys), by_word);
}

/* Keys of one group follow one another; what a key shares with the one before is looked at there.
 */
static int find_groups(struct trie_keys *out, size_t n, struct err *err)
{
	const struct sort_key *keys = out->keys;

	for (size_t i = 0; i < n; i++) {
		size_t shared = out->shared[i];

		if (!is_text_from(keys[i].text, shared))
			return not_text(keys[i].text, err);
		if (i == 0 || shared < keys[i].text.n || shared < keys[i - 1].text.n)
			out->groups[out->n++] = (uint32_t)i;
	}
	out->groups[out->n] = (uint32_t)n;
	return 0;
}

int trie_keys_sort(struct trie_keys *out, const struct db_trie *trie, struct err *err)
{
	size_t n = trie->keys.n;
	int code;

	*out = (struct trie_keys){.keys = trie->keys.p, .values = trie->values.p};
	out->shared = mem_array(n, sizeof(*out->shared));
	out->groups = mem_array(n + 1, sizeof(*out->groups));
	if (!out->shared || !out->groups)
		return err_no_memory(err);
	sort_keys(out->keys, n, out->shared);
	code = find_groups(out, n, err);
	for (size_t i = 0; code == 0 && i < out->n; i++)
		sort_values(out, out->groups[i], out->groups[i + 1] - out->groups[i]);
	return code;
}

void trie_keys_free(struct trie_keys *keys)
{
	mem_free(keys->shared);
	mem_free(keys->groups);
}

int trie_check_size(size_t size, struct err *err)
{
	if (size <= TRIE_OFFSET_MAX)
		return 0;
	return err_set(err, -EFBIG, "an index of %zu bytes is larger than its format can be", size);
}
