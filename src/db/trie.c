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

/* A walk through all nodes, or those that a text can match. */
struct walk {
	const struct db_trie_view *view;
	db_trie_visit *visit;
	void *context;
	const char *text; /* NULL: everything */
	struct buf key;	  /* up to the node that is looked at */
	size_t budget;	  /* nodes and values that are left: a file has no more than bytes */
	unsigned int depth;
};

static void walk_free(struct walk *walk)
{
	buf_free(&walk->key);
}

/* Whether a key that begins so can match: up to its first special character it is the text. */
static bool can_match(const struct walk *walk)
{
	size_t literal;

	if (!walk->text)
		return true;
	literal = strcspn(buf_string(&walk->key), "*?[\\");
	return strncmp(walk->text, buf_string(&walk->key), literal) == 0;
}

static int walk_node(struct walk *walk, uint32_t word, struct err *err);

static int walk_children(struct walk *walk, const struct trie_node *node, struct err *err)
{
	size_t length = walk->key.n;
	int code = 0;

	for (unsigned int byte = node->first; code == 0 && byte <= node->last; byte++) {
		uint32_t word = trie_node_child(walk->view, node, byte);
		char character = (char)byte;

		if (!word)
			continue;
		if (!byte)
			return trie_damaged("a key has a NUL", err);
		buf_add(&walk->key, &character, 1);
		if (can_match(walk))
			code = walk_node(walk, word, err);
		walk->key.n = length;
		if (walk->key.p)
			walk->key.p[length] = 0;
	}
	return code;
}

static int walk_node(struct walk *walk, uint32_t word, struct err *err)
{
	struct trie_node node;
	int code = trie_node_read(walk->view, word, &node, err);

	if (code < 0)
		return code;
	if (walk->budget <= node.value_count || walk->depth == TRIE_DEPTH_MAX ||
	    walk->key.n > TRIE_DEPTH_MAX)
		return trie_damaged("its nodes go round in circles", err);
	walk->budget -= 1 + (size_t)node.value_count;
	buf_text(&walk->key, node.prefix);
	if (buf_failed(&walk->key))
		return err_no_memory(err);
	if (node.value_count &&
	    (!walk->text || db_alias_match(buf_span(&walk->key), span_text(walk->text))))
		code = each_value(walk->view, &node, buf_span(&walk->key), walk->visit,
				  walk->context, err);
	if (code < 0 || !can_match(walk))
		return code;
	walk->depth++;
	code = walk_children(walk, &node, err);
	walk->depth--;
	return code;
}

static int walk_all(const struct db_trie_view *view, const char *text, db_trie_visit *visit,
		    void *context, struct err *err)
{
	DEFER(walk_free)
	struct walk walk = {view, visit, context, text, {0}, view->bytes.n, 0};

	return view->root ? walk_node(&walk, view->root, err) : 0;
}

int db_trie_match(const struct db_trie_view *view, const char *text, struct db_trie_hits *out,
		  struct err *err)
{
	return walk_all(view, text, add_hit, out, err);
}

int db_trie_each(const struct db_trie_view *view, db_trie_visit *visit, void *context,
		 struct err *err)
{
	return walk_all(view, NULL, visit, context, err);
}
