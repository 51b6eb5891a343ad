/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a modules.*.bin: any bytes may be given.
 */
#include "db/trie.h"

#include <errno.h>

#include "db/store.h"
#include "db/trie_format.h"

struct node {
	const char *prefix;
	unsigned int first, last; /* last < first: no children */
	size_t table;		  /* of their node words */
	uint32_t value_count;
	size_t values;
};

static int damaged(const char *what, struct err *err)
{
	return err_set(err, -EBADMSG, "the index is damaged: %s (depmod writes it anew)", what);
}

static bool get_number(struct span bytes, size_t offset, unsigned int width, uint32_t *out)
{
	uint64_t value;

	if (!span_number(bytes, offset, width, true, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

int db_trie_open(struct db_trie_view *out, struct span bytes, struct err *err)
{
	uint32_t magic = 0, version = 0, root = 0;

	if (bytes.n == 0) { /* depmod had nothing to make one from */
		*out = (struct db_trie_view){bytes, 0};
		return 0;
	}
	if (!get_number(bytes, 0, 4, &magic) || magic != (uint32_t)TRIE_MAGIC)
		return damaged("it does not begin like one", err);
	if (!get_number(bytes, 4, 4, &version) || version >> 16 != TRIE_VERSION >> 16)
		return damaged("its version is unknown", err);
	if (!get_number(bytes, 8, 4, &root))
		return damaged("it ends in its header", err);
	*out = (struct db_trie_view){bytes, root};
	return 0;
}

static int read_node(const struct db_trie_view *view, uint32_t word, struct node *out,
		     struct err *err)
{
	size_t at = word & TRIE_OFFSET_MAX;
	uint32_t first = 1, last = 0;
	struct span unused;

	*out = (struct node){.prefix = "", .first = 1};
	if (word & TRIE_HAS_PREFIX) {
		out->prefix = span_string(view->bytes, at);
		if (!out->prefix)
			return damaged("a prefix has no end", err);
		at += strlen(out->prefix) + 1;
	}
	if (word & TRIE_HAS_CHILDREN) {
		if (!get_number(view->bytes, at, 1, &first) ||
		    !get_number(view->bytes, at + 1, 1, &last) || first > last || last >= 0x80)
			return damaged("a node has no valid range of children", err);
		at += 2;
		if (!span_cut(view->bytes, at, 4 * (uint64_t)(last - first + 1), &unused))
			return damaged("a node's children lie outside", err);
		out->first = first;
		out->last = last;
		out->table = at;
		at += 4 * (size_t)(last - first + 1);
	}
	if (word & TRIE_HAS_VALUES) {
		if (!get_number(view->bytes, at, 4, &out->value_count))
			return damaged("a node's values lie outside", err);
		out->values = at + 4;
	}
	return 0;
}

/* The node word of a child, 0 when there is none. */
static uint32_t child_word(const struct db_trie_view *view, const struct node *node,
			   unsigned int byte)
{
	uint32_t word = 0;

	if (byte >= node->first && byte <= node->last)
		get_number(view->bytes, node->table + 4 * (size_t)(byte - node->first), 4, &word);
	return word;
}

static int each_value(const struct db_trie_view *view, const struct node *node, struct span key,
		      db_trie_visit *visit, void *context, struct err *err)
{
	size_t at = node->values;
	int code = 0;

	for (uint32_t i = 0; code == 0 && i < node->value_count; i++) {
		struct db_trie_hit hit = {{NULL, 0}, 0};
		const char *text = span_string(view->bytes, (uint64_t)at + 4);

		if (!text || !get_number(view->bytes, at, 4, &hit.priority))
			return damaged("a node's values lie outside", err);
		hit.value = span_text(text);
		at += 4 + hit.value.n + 1;
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
	struct node node;
	int code;

	for (; word; word = child_word(view, &node, (unsigned char)*key++)) {
		size_t length;

		code = read_node(view, word, &node, err);
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

static int walk_children(struct walk *walk, const struct node *node, struct err *err)
{
	size_t length = walk->key.n;
	int code = 0;

	for (unsigned int byte = node->first; code == 0 && byte <= node->last; byte++) {
		uint32_t word = child_word(walk->view, node, byte);
		char character = (char)byte;

		if (!word)
			continue;
		if (!byte)
			return damaged("a key has a NUL", err);
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
	struct node node;
	int code = read_node(walk->view, word, &node, err);

	if (code < 0)
		return code;
	if (walk->budget <= node.value_count || walk->depth == TRIE_DEPTH_MAX ||
	    walk->key.n > TRIE_DEPTH_MAX)
		return damaged("its nodes go round in circles", err);
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
