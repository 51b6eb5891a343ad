/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking into a modules.*.bin: any bytes may be given.
 */
#include "db/trie.h"

#include <errno.h>

#include "db/store.h"
#include "db/trie_format.h"
#include "db/trie_node.h"

static int each_value(const struct db_trie_view *view, const struct trie_node *node,
		      struct span key, db_trie_visit *visit, void *context, struct err *err)
{
	size_t at = node->values;
	int code = 0;

	for (uint32_t i = 0; code == 0 && i < node->value_count; i++) {
		struct db_trie_hit hit;

		code = trie_node_value(view, &at, &hit, err);
		if (code == 0)
			code = visit(context, key, &hit, err);
	}
	return code;
}

void db_trie_hits_free(struct db_trie_hits *hits)
{
	vec_free(&hits->list);
}

static int add_hit(void *context, struct span key, const struct db_trie_hit *hit, struct err *err)
{
	struct db_trie_hits *hits = context;
	struct db_trie_hit *slot = vec_push(&hits->list);

	if (!slot)
		return err_no_memory(err);
	for (; slot > hits->list.p && slot[-1].priority >= hit->priority; slot--)
		slot[0] = slot[-1];
	*slot = *hit;
	return 0;
}

/* The values of one key in their own order: inserted one by one they would turn around. */
static int add_in_order(void *context, struct span key, const struct db_trie_hit *hit,
			struct err *err)
{
	struct db_trie_hits *hits = context;
	struct db_trie_hit *slot = vec_push(&hits->list);

	if (!slot)
		return err_no_memory(err);
	*slot = *hit;
	return 0;
}

int db_trie_find(const struct db_trie_view *view, const char *key, struct db_trie_hits *out,
		 struct err *err)
{
	struct span nothing = span_of("", 0);
	uint32_t word = view->root;
	struct trie_node node;
	int code;

	for (; word; word = trie_node_child(view, &node, (unsigned char)*key++)) {
		size_t length;

		code = trie_node_read(view, word, &node, err);
		if (code < 0)
			return code;
		length = strlen(node.prefix);
		if (strncmp(key, node.prefix, length) != 0)
			return 0;
		key += length;
		if (!*key)
			return each_value(view, &node, nothing, add_in_order, out, err);
	}
	return 0;
}

/* A walk through all nodes, or those behind a place where keys have a special character. */
struct walk {
	const struct db_trie_view *view;
	db_trie_visit *visit;
	void *context;
	const char *text; /* what keys must match; NULL: anything */
	struct buf key;	  /* from the beginning of the walk up to the node that is looked at */
	size_t budget;	  /* nodes and values that are left: a file has no more than bytes */
	unsigned int depth;
};

static void walk_free(struct walk *walk)
{
	buf_free(&walk->key);
}

static int walk_values(struct walk *walk, const struct trie_node *node, struct err *err)
{
	struct span key = buf_span(&walk->key);

	if (!node->value_count || (walk->text && !db_alias_match(key, span_text(walk->text))))
		return 0;
	return each_value(walk->view, node, key, walk->visit, walk->context, err);
}

static int walk_node(struct walk *walk, uint32_t word, struct err *err);

static int walk_child(struct walk *walk, const struct trie_node *node, unsigned int byte,
		      struct err *err)
{
	size_t length = walk->key.n;
	uint32_t word = trie_node_child(walk->view, node, byte);
	char character = (char)byte;
	int code;

	if (!word)
		return 0;
	if (!byte)
		return trie_damaged("a key has a NUL", err);
	buf_add(&walk->key, &character, 1);
	code = walk_node(walk, word, err);
	walk->key.n = length;
	if (walk->key.p)
		walk->key.p[length] = 0;
	return code;
}

/* From behind the first characters of its prefix. All keys are told in their order; those that
 * match are found from their ends on, as kmod does, since the order is seen in that of hits. */
static int walk_from(struct walk *walk, const struct trie_node *node, const char *prefix,
		     struct err *err)
{
	int code;

	if (walk->budget <= node->value_count || walk->depth == TRIE_DEPTH_MAX ||
	    walk->key.n > TRIE_DEPTH_MAX)
		return trie_damaged("its nodes go round in circles", err);
	walk->budget -= 1 + (size_t)node->value_count;
	buf_text(&walk->key, prefix);
	if (buf_failed(&walk->key))
		return err_no_memory(err);
	code = walk->text ? 0 : walk_values(walk, node, err);
	walk->depth++;
	for (unsigned int byte = node->first; code == 0 && byte <= node->last; byte++)
		code = walk_child(walk, node, byte, err);
	walk->depth--;
	return code == 0 && walk->text ? walk_values(walk, node, err) : code;
}

static int walk_node(struct walk *walk, uint32_t word, struct err *err)
{
	struct trie_node node;
	int code = trie_node_read(walk->view, word, &node, err);

	return code < 0 ? code : walk_from(walk, &node, node.prefix, err);
}

int db_trie_each(const struct db_trie_view *view, db_trie_visit *visit, void *context,
		 struct err *err)
{
	DEFER(walk_free)
	struct walk walk = {view, visit, context, NULL, {0}, view->bytes.n, 0};

	return view->root ? walk_node(&walk, view->root, err) : 0;
}

static const char special[] = "*?[";

/* The keys that go on with a special character behind the node, where text is what is left of the
 * text. */
static int match_children(struct walk *walk, const struct trie_node *node, const char *text,
			  struct err *err)
{
	int code = 0;

	walk->text = text;
	for (const char *p = special; code == 0 && *p; p++) {
		walk->budget = walk->view->bytes.n;
		code = walk_child(walk, node, (unsigned char)*p, err);
	}
	return code;
}

/*
 * The text is followed letter by letter; where a key has a special character, all that is behind
 * is compared. A special character in the text is also a letter: what it leads to is found twice,
 * as by kmod.
 */
int db_trie_match(const struct db_trie_view *view, const char *text, struct db_trie_hits *out,
		  struct err *err)
{
	DEFER(walk_free) struct walk walk = {view, add_hit, out, NULL, {0}, view->bytes.n, 0};
	uint32_t word = view->root;
	struct trie_node node;
	int code;

	for (; word; word = trie_node_child(view, &node, (unsigned char)*text++)) {
		size_t length;

		code = trie_node_read(view, word, &node, err);
		if (code < 0)
			return code;
		length = strcspn(node.prefix, special);
		if (strncmp(text, node.prefix, length) != 0)
			return 0;
		text += length;
		if (node.prefix[length]) {
			walk.text = text;
			return walk_from(&walk, &node, node.prefix + length, err);
		}
		code = match_children(&walk, &node, text, err);
		if (code < 0)
			return code;
		if (!*text)
			return each_value(view, &node, span_of("", 0), add_hit, out, err);
	}
	return 0;
}
