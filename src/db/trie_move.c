/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving nodes: they are copied as they are, and then node words and priorities are changed in the
 * copy. Each node, with all below it, ends where the next one begins. So a leaf need not be looked
 * into unless priorities change, and nothing at all when not even the place does.
 */
#include "db/trie_move.h"

#include "db/trie_format.h"
#include "db/trie_node.h"

struct copy {
	struct trie_move move;
	unsigned char *file; /* the new index; a NUL is behind it */
	uint32_t shift;	     /* from old places to new ones */
	uint32_t look;	     /* what in the word of a node is a reason to look into it */
	unsigned int depth;
};

/* Those of one node, which lie at p and end before limit. */
static bool change_values(const struct copy *copy, unsigned char *p, const unsigned char *limit)
{
	uint32_t n, priority;

	if (limit - p < 4)
		return false;
	n = trie_number(p);
	for (p += 4; n; n--) {
		if (limit - p < 4)
			return false;
		priority = trie_number(p);
		if (!trie_move_priority(&copy->move, &priority))
			return false;
		p = trie_put_number(p, priority);
		p += strlen((char *)p) + 1;
	}
	return p <= limit;
}

static bool change_node(struct copy *copy, uint32_t word, size_t end);

/* Nodes that have n words at table, and those below them. What is looked into lies between begin
 * and end; the last comes first, so that nothing can be looked into twice. */
static bool change_nodes(struct copy *copy, unsigned char *table, size_t n, size_t begin,
			 size_t end)
{
	for (unsigned char *p = table + 4 * n; p > table;) {
		uint32_t word = trie_number(p -= 4);
		size_t place;

		word += copy->shift & -(uint32_t)(word != 0); /* no processor foresees which are */
		trie_put_number(p, word);
		if (!(word & copy->look))
			continue;
		place = word & TRIE_OFFSET_MAX;
		if (place < begin || place >= end || !change_node(copy, word, end))
			return false;
		end = place;
	}
	return true;
}

/* The number of words in the table of children at p; 0 when it does not end before limit. */
static size_t count_words(const unsigned char *p, const unsigned char *limit)
{
	size_t n;

	if (limit - p < 2 || p[0] > p[1])
		return 0;
	n = (size_t)(p[1] - p[0] + 1);
	return 4 * n <= (size_t)(limit - p - 2) ? n : 0;
}

static bool change_node(struct copy *copy, uint32_t word, size_t end)
{
	unsigned char *p = copy->file + (word & TRIE_OFFSET_MAX), *limit = copy->file + end;
	bool good = true;
	size_t n = 0;

	if (word & TRIE_HAS_PREFIX)
		p += strlen((char *)p) + 1;
	if (word & TRIE_HAS_CHILDREN) {
		n = count_words(p, limit);
		good = n > 0 && copy->depth < TRIE_DEPTH_MAX;
		p += 2;
	}
	if (good && word & copy->look & TRIE_HAS_VALUES)
		good = change_values(copy, p + 4 * n, limit);
	if (good && n) {
		copy->depth++;
		good = change_nodes(copy, p, n, (size_t)(p - copy->file) + 4 * n, end);
		copy->depth--;
	}
	return good;
}

int trie_move_nodes(const struct trie_move *move, size_t begin, size_t end, size_t table, size_t n,
		    struct err *err)
{
	struct copy copy = {.move = *move, .shift = (uint32_t)(move->out->n - begin)};
	size_t place = move->out->n;
	struct span nodes;

	if (end < begin || !span_cut(move->old, begin, end - begin, &nodes))
		return trie_damaged("nodes lie outside", err);
	buf_add(move->out, nodes.p, nodes.n);
	if (buf_failed(move->out))
		return err_no_memory(err);
	copy.file = (unsigned char *)move->out->p;
	copy.look = TRIE_HAS_CHILDREN | (move->now ? TRIE_HAS_VALUES : 0);
	if (copy.shift == 0 && !move->now)
		return 0;
	if (!change_nodes(&copy, copy.file + table, n, place, place + nodes.n))
		return trie_damaged("its nodes are not in order", err);
	return 0;
}
