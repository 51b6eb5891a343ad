/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate of a modules.*.bin: its header, and one node at a time.
 */
#include "db/trie_node.h"

#include <errno.h>

#include "db/trie_format.h"

int trie_damaged(const char *what, struct err *err)
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
		return trie_damaged("it does not begin like one", err);
	if (!get_number(bytes, 4, 4, &version) || version >> 16 != TRIE_VERSION >> 16)
		return trie_damaged("its version is unknown", err);
	if (!get_number(bytes, 8, 4, &root))
		return trie_damaged("it ends in its header", err);
	*out = (struct db_trie_view){bytes, root};
	return 0;
}

int trie_node_read(const struct db_trie_view *view, uint32_t word, struct trie_node *out,
		   struct err *err)
{
	size_t at = word & TRIE_OFFSET_MAX;
	uint32_t first = 1, last = 0;
	struct span unused;

	*out = (struct trie_node){.prefix = "", .first = 1};
	if (word & TRIE_HAS_PREFIX) {
		out->prefix = span_string(view->bytes, at);
		if (!out->prefix)
			return trie_damaged("a prefix has no end", err);
		at += strlen(out->prefix) + 1;
	}
	if (word & TRIE_HAS_CHILDREN) {
		if (!get_number(view->bytes, at, 1, &first) ||
		    !get_number(view->bytes, at + 1, 1, &last) || first > last || last >= 0x80)
			return trie_damaged("a node has no valid range of children", err);
		at += 2;
		if (!span_cut(view->bytes, at, 4 * (uint64_t)(last - first + 1), &unused))
			return trie_damaged("a node's children lie outside", err);
		out->first = first;
		out->last = last;
		out->table = at;
		at += 4 * (size_t)(last - first + 1);
	}
	if (word & TRIE_HAS_VALUES) {
		if (!get_number(view->bytes, at, 4, &out->value_count))
			return trie_damaged("a node's values lie outside", err);
		at += 4;
	}
	out->values = at;
	return 0;
}

uint32_t trie_node_child(const struct db_trie_view *view, const struct trie_node *node,
			 unsigned int byte)
{
	uint32_t word = 0;

	if (byte >= node->first && byte <= node->last)
		get_number(view->bytes, node->table + 4 * (size_t)(byte - node->first), 4, &word);
	return word;
}

int trie_node_value(const struct db_trie_view *view, size_t *at, struct db_trie_hit *out,
		    struct err *err)
{
	const char *text = span_string(view->bytes, (uint64_t)*at + 4);

	if (!text || !get_number(view->bytes, *at, 4, &out->priority))
		return trie_damaged("a node's values lie outside", err);
	out->value = span_text(text);
	*at += 4 + out->value.n + 1;
	return 0;
}
