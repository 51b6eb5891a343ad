/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is made of a node depends on what stays below it: whether it is needed at all, how long its
 * table is, and whether it becomes one with the only child that it still has. So nodes are looked
 * at from the last to the first, in a copy of the index, and what stays gathers at the end of that.
 * No node becomes longer; so there is always room for it behind those still to come.
 *
 * Most nodes stay as they are: they move together, when one is found that does not.
 */
#include "db/trie_drop.h"

#include "db/trie_format.h"

struct drop {
	const struct trie_move *move;
	struct db_trie_view view; /* the copy */
	size_t end;		  /* of the nodes that were looked at and have not moved yet */
	size_t shift;		  /* how far they will */
	unsigned int depth;
};

static unsigned char *place_of(const struct drop *drop, size_t at)
{
	return (unsigned char *)drop->move->out->p + at;
}

/* Those that begin at begin, in front of what stays. Returns where that begins then. */
static size_t move_kept(const struct drop *drop, size_t begin)
{
	memmove(place_of(drop, begin + drop->shift), place_of(drop, begin), drop->end - begin);
	return begin + drop->shift;
}

/* Ends at *at, and begins there then. */
static void put(const struct drop *drop, size_t *at, const void *bytes, size_t n)
{
	*at -= n;
	memmove(place_of(drop, *at), bytes, n);
}

/* Looking at nodes: what stays of them --------------------------------------------------------- */

struct rest {
	unsigned int first, last; /* children, as in trie_node */
	uint32_t value_count;
	size_t value_size; /* they lie where the first of all was */
};

/* All values of the node end at end. */
static int drop_values(struct drop *drop, const struct trie_node *node, struct rest *rest,
		       size_t end, struct err *err)
{
	unsigned char *begin = place_of(drop, node->values), *p = begin;
	size_t at = node->values;
	struct db_trie_hit hit;

	for (uint32_t i = 0; i < node->value_count; i++) {
		int code = trie_node_value(&drop->view, &at, &hit, err);

		if (code < 0)
			return code;
		if (!trie_move_priority(drop->move, &hit.priority))
			return trie_damaged("a priority is too large", err);
		if (hit.priority == DB_TRIE_GONE)
			continue;
		p = trie_put_number(p, hit.priority);
		if (p != hit.value.p)
			memmove(p, hit.value.p, hit.value.n + 1);
		p += hit.value.n + 1;
		rest->value_count++;
	}
	rest->value_size = (size_t)(p - begin);
	return at == end ? 0 : trie_damaged("there is something between its nodes", err);
}

static int drop_node(struct drop *drop, uint32_t *word, size_t end, struct err *err);

/* Their words in the table become those that they have now. *end: where the last of them ends, and
 * then, where the first begins. */
static int drop_children(struct drop *drop, const struct trie_node *node, struct rest *rest,
			 size_t *end, struct err *err)
{
	unsigned char *slot = place_of(drop, node->table);

	slot += 4 * (size_t)(node->last + 1 - node->first);
	for (unsigned int byte = node->last; byte + 1 > node->first; byte--) {
		uint32_t word = trie_number(slot -= 4);
		size_t place = word & TRIE_OFFSET_MAX;
		int code;

		if (!word)
			continue;
		if (!byte || place < node->values || place >= *end)
			return trie_damaged("its nodes are not in order", err);
		code = drop_node(drop, &word, *end, err);
		if (code < 0)
			return code;
		trie_put_number(slot, word);
		*end = place;
		if (word && rest->first > rest->last)
			rest->last = byte;
		if (word)
			rest->first = byte;
	}
	return 0;
}

/* Making others of them ------------------------------------------------------------------------ */

/* In front of its only child, whose word becomes its own. */
static uint32_t join(const struct drop *drop, const struct trie_node *node, uint32_t child,
		     unsigned char byte, size_t *at)
{
	if (!(child & TRIE_HAS_PREFIX))
		put(drop, at, "", 1);
	put(drop, at, &byte, 1);
	put(drop, at, node->prefix, strlen(node->prefix));
	return TRIE_HAS_PREFIX | (child & ~TRIE_OFFSET_MAX);
}

static uint32_t shorten(const struct drop *drop, const struct trie_node *node,
			const struct rest *rest, size_t *at)
{
	unsigned char range[2] = {(unsigned char)rest->first, (unsigned char)rest->last}, count[4];
	size_t length = strlen(node->prefix);
	uint32_t word = 0;

	if (rest->value_count) {
		word |= TRIE_HAS_VALUES;
		trie_put_number(count, rest->value_count);
		put(drop, at, place_of(drop, node->values), rest->value_size);
		put(drop, at, count, sizeof(count));
	}
	if (rest->first <= rest->last) {
		word |= TRIE_HAS_CHILDREN;
		put(drop, at, place_of(drop, node->table + 4 * (size_t)(rest->first - node->first)),
		    4 * (size_t)(rest->last - rest->first + 1));
		put(drop, at, range, sizeof(range));
	}
	if (length) {
		word |= TRIE_HAS_PREFIX;
		put(drop, at, node->prefix, length + 1);
	}
	return word;
}

/* The node, which begins at place and ends at end. One of which nothing stays has the word 0, but
 * the root. */
static uint32_t make_again(struct drop *drop, const struct trie_node *node, const struct rest *rest,
			   size_t place, size_t end)
{
	bool is_key = rest->value_count || drop->depth == 0;
	size_t at = move_kept(drop, end);
	uint32_t word = 0;

	if (!is_key && rest->first == rest->last)
		word = join(drop, node, trie_node_child(&drop->view, node, rest->first),
			    (unsigned char)rest->first, &at);
	else if (is_key || rest->first < rest->last)
		word = shorten(drop, node, rest, &at);
	drop->end = place;
	drop->shift = at - place;
	return is_key || rest->first <= rest->last ? word | (uint32_t)at : 0;
}

/* It and all below it end at end. */
static int drop_node(struct drop *drop, uint32_t *word, size_t end, struct err *err)
{
	struct rest rest = {.first = 1};
	struct trie_node node;
	int code = trie_node_read(&drop->view, *word, &node, err);

	if (code == 0 && drop->depth > TRIE_DEPTH_MAX)
		code = trie_damaged("its nodes go round in circles", err);
	drop->depth++;
	if (code == 0)
		code = drop_children(drop, &node, &rest, &end, err);
	drop->depth--;
	if (code == 0)
		code = drop_values(drop, &node, &rest, end, err);
	if (code < 0)
		return code;
	if (rest.first == node.first && rest.last == node.last &&
	    rest.value_count == node.value_count)
		*word += (uint32_t)drop->shift;
	else
		*word = make_again(drop, &node, &rest, *word & TRIE_OFFSET_MAX, end);
	return 0;
}

int trie_drop(const struct trie_move *move, struct db_trie_view *out, struct err *err)
{
	struct drop drop = {.move = move, .end = move->old.n};
	int code = db_trie_open(&drop.view, move->old, err);
	size_t place;

	if (code < 0)
		return code;
	if (move->old.n > TRIE_OFFSET_MAX)
		return trie_damaged("it is larger than its format can be", err);
	buf_add(move->out, move->old.p, move->old.n);
	if (buf_failed(move->out))
		return err_no_memory(err);
	drop.view.bytes = buf_span(move->out);
	place = drop.view.root & TRIE_OFFSET_MAX;
	code = drop_node(&drop, &drop.view.root, drop.end, err);
	if (code == 0)
		move_kept(&drop, place);
	*out = drop.view;
	return code;
}
