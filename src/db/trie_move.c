/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving nodes: they are copied as they are, and then node words and priorities are changed in the
 * copy.
 */
#include "db/trie_move.h"

#include "db/trie_format.h"
#include "db/trie_node.h"

struct copy {
	const struct trie_move *move;
	unsigned char *file;	 /* the new index */
	unsigned char *at, *end; /* what of it is not done yet; a NUL is behind it */
	uint32_t shift;		 /* from the old index to the new one */
	unsigned int depth;
};

static bool skip(struct copy *copy, size_t n)
{
	if (n > (size_t)(copy->end - copy->at))
		return false;
	copy->at += n;
	return true;
}

/* False when only the NUL behind the copy would end it. */
static bool skip_text(struct copy *copy)
{
	copy->at += strlen((const char *)copy->at);
	return skip(copy, 1);
}

static bool change_values(struct copy *copy)
{
	unsigned char *count = copy->at, *p;
	uint32_t n, priority;

	if (!skip(copy, 4))
		return false;
	for (n = trie_number(count); n; n--) {
		p = copy->at;
		if (!skip(copy, 4))
			return false;
		priority = trie_number(p);
		if (!trie_move_priority(copy->move, &priority) || !skip_text(copy))
			return false;
		trie_put_number(p, priority);
	}
	return true;
}

/* The table of children, *n words. */
static bool skip_children(struct copy *copy, size_t *n)
{
	const unsigned char *range = copy->at;

	if (!skip(copy, 2) || range[0] > range[1] || range[1] >= 0x80)
		return false;
	*n = (size_t)(range[1] - range[0] + 1);
	return skip(copy, 4 * *n);
}

/* The node that comes next, which that word must lead to, and those below it. */
static bool change_node(struct copy *copy, unsigned char *word)
{
	uint32_t old = trie_number(word), new = (old + copy->shift) & TRIE_OFFSET_MAX;
	unsigned char *table;
	bool good = new == (size_t)(copy->at - copy->file) && copy->depth < TRIE_DEPTH_MAX;
	size_t n = 0;

	trie_put_number(word, (old & ~(uint32_t)TRIE_OFFSET_MAX) | new);
	if (good && old & TRIE_HAS_PREFIX)
		good = skip_text(copy);
	table = copy->at + 2;
	if (good && old & TRIE_HAS_CHILDREN)
		good = skip_children(copy, &n);
	if (good && old & TRIE_HAS_VALUES)
		good = change_values(copy);
	copy->depth++;
	for (; good && n; n--, table += 4)
		good = trie_number(table) == 0 || change_node(copy, table);
	copy->depth--;
	return good;
}

int trie_move_nodes(const struct trie_move *move, uint32_t word, size_t end, size_t slot,
		    struct err *err)
{
	size_t begin = word & TRIE_OFFSET_MAX, place = move->out->n;
	struct copy copy = {.move = move, .shift = (uint32_t)(place - begin)};
	struct span nodes;

	if (end < begin || !span_cut(move->old, begin, end - begin, &nodes))
		return trie_damaged("its nodes are not in order", err);
	buf_add(move->out, nodes.p, nodes.n);
	if (buf_failed(move->out))
		return err_no_memory(err);
	copy.file = (unsigned char *)move->out->p;
	copy.at = copy.file + place;
	copy.end = copy.at + nodes.n;
	trie_put_number(copy.file + slot, word);
	if (!change_node(&copy, copy.file + slot) || copy.at != copy.end)
		return trie_damaged("its nodes are not in order", err);
	return 0;
}
