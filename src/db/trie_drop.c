/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is made of a node depends on what stays below it: whether it is needed at all, how long its
 * table is, and whether it becomes one with the only child that it still has. So nodes are looked
 * at from the last to the first, in a copy of the index, and what stays gathers at the end of that.
 * No node becomes longer; so there is always room for it behind those still to come.
 */
#include "db/trie_drop.h"

#include "db/trie_format.h"

struct drop {
	const struct trie_move *move;
	struct db_trie_view view; /* the copy */
	size_t at;		  /* what stays begins there */
	unsigned int depth;
};

static unsigned char *place_of(const struct drop *drop, size_t at)
{
	return (unsigned char *)drop->move->out->p + at;
}

/* In front of what stays. */
static void put(struct drop *drop, const void *bytes, size_t n)
{
	drop->at -= n;
	memmove(place_of(drop, drop->at), bytes, n);
}

/* Those of the node that stay are moved together first. All end at end. */
static int drop_values(struct drop *drop, struct trie_node *node, size_t end, struct err *err)
{
	unsigned char *begin = place_of(drop, node->values), *p = begin;
	size_t at = node->values;
	uint32_t n = node->value_count;
	struct db_trie_hit hit;

	for (node->value_count = 0; n; n--) {
		int code = trie_node_value(&drop->view, &at, &hit, err);

		if (code < 0)
			return code;
		if (!trie_move_priority(drop->move, &hit.priority))
			return trie_damaged("a priority is too large", err);
		if (hit.priority == DB_TRIE_GONE)
			continue;
		p = trie_put_number(p, hit.priority);
		memmove(p, hit.value.p, hit.value.n + 1);
		p += hit.value.n + 1;
		node->value_count++;
	}
	if (at != end)
		return trie_damaged("there is something between its nodes", err);
	put(drop, begin, (size_t)(p - begin));
	return 0;
}

/* Its children are from first to last; table, where their words are, has become shorter, too. */
static void narrow(const struct drop *drop, struct trie_node *node)
{
	while (node->first <= node->last && !trie_node_child(&drop->view, node, node->last))
		node->last--;
	while (node->first <= node->last && !trie_node_child(&drop->view, node, node->first)) {
		node->first++;
		node->table += 4;
	}
}

static uint32_t put_prefix(struct drop *drop, const struct trie_node *node)
{
	size_t length = strlen(node->prefix);

	put(drop, node->prefix, length ? length + 1 : 0);
	return length ? TRIE_HAS_PREFIX : 0;
}

/* The only child begins where what stays does. */
static uint32_t put_joined(struct drop *drop, const struct trie_node *node)
{
	unsigned char byte = (unsigned char)node->first;
	uint32_t child = trie_node_child(&drop->view, node, byte);

	if (!(child & TRIE_HAS_PREFIX))
		put(drop, "", 1);
	put(drop, &byte, 1);
	put(drop, node->prefix, strlen(node->prefix));
	return TRIE_HAS_PREFIX | (child & ~TRIE_OFFSET_MAX);
}

/* Its values are there already. Returns what its word says of it. */
static uint32_t put_node(struct drop *drop, const struct trie_node *node)
{
	unsigned char range[2] = {(unsigned char)node->first, (unsigned char)node->last}, count[4];
	uint32_t word = 0;

	if (node->value_count) {
		word |= TRIE_HAS_VALUES;
		trie_put_number(count, node->value_count);
		put(drop, count, sizeof(count));
	}
	if (node->first <= node->last) {
		word |= TRIE_HAS_CHILDREN;
		put(drop, place_of(drop, node->table), 4 * (size_t)(node->last - node->first + 1));
		put(drop, range, sizeof(range));
	}
	return word | put_prefix(drop, node);
}

static int drop_node(struct drop *drop, uint32_t *word, size_t end, struct err *err);

/* Their words in the table become those that they have now. *end: where the last of them ends, and
 * then, where the first begins. */
static int drop_children(struct drop *drop, struct trie_node *node, size_t *end, struct err *err)
{
	int code = 0;

	if (drop->depth > TRIE_DEPTH_MAX)
		return trie_damaged("its nodes go round in circles", err);
	drop->depth++;
	for (unsigned int byte = node->last; code == 0 && byte + 1 > node->first; byte--) {
		uint32_t word = trie_node_child(&drop->view, node, byte);
		size_t place = word & TRIE_OFFSET_MAX;

		if (!word)
			continue;
		if (!byte || place < node->values || place >= *end)
			return trie_damaged("its nodes are not in order", err);
		code = drop_node(drop, &word, *end, err);
		trie_put_number(place_of(drop, node->table + 4 * (size_t)(byte - node->first)),
				word);
		*end = place;
	}
	drop->depth--;
	narrow(drop, node);
	return code;
}

/* It and all below it end at end. A node of which nothing stays has the word 0; the root stays. */
static int drop_node(struct drop *drop, uint32_t *word, size_t end, struct err *err)
{
	bool is_root = drop->depth == 0, is_key;
	struct trie_node node;
	int code = trie_node_read(&drop->view, *word, &node, err);

	if (code == 0)
		code = drop_children(drop, &node, &end, err);
	if (code == 0)
		code = drop_values(drop, &node, end, err);
	if (code < 0)
		return code;
	is_key = is_root || node.value_count;
	*word = 0;
	if (!is_key && node.first > node.last)
		return 0;
	*word = !is_key && node.first == node.last ? put_joined(drop, &node)
						   : put_node(drop, &node);
	*word |= (uint32_t)drop->at;
	return 0;
}

int trie_drop(const struct trie_move *move, struct db_trie_view *out, struct err *err)
{
	struct drop drop = {.move = move, .at = move->old.n};
	int code = db_trie_open(&drop.view, move->old, err);

	if (code < 0)
		return code;
	if (move->old.n > TRIE_OFFSET_MAX)
		return trie_damaged("it is larger than its format can be", err);
	buf_add(move->out, move->old.p, move->old.n);
	if (buf_failed(move->out))
		return err_no_memory(err);
	drop.view.bytes = buf_span(move->out);
	code = drop_node(&drop, &drop.view.root, drop.at, err);
	*out = drop.view;
	return code;
}
