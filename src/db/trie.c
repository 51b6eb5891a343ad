/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The format of modules.*.bin, both directions. All integers are big-endian.
 *
 *	file	u32 magic 0xb007f457, u32 version 0x00020001, node word of the root
 *	word	u32: bits 0-27 the node's place in the file, bit 31 it has a prefix, bit 30 values,
 *		bit 29 children
 *	node	[prefix, NUL] [u8 first, u8 last, a node word for each byte from first to last, 0
 *		where there is none] [u32 count, as many values]
 *	value	u32 priority, text, NUL
 *
 * It is a trie with compressed paths: a key is the prefix of the root, the byte of a child, the
 * child's prefix, and so on down to the node that has its values. A node is there where keys part
 * or one ends. The root is there always and has no prefix. An empty index is a root with nothing
 * in it, at the end of the header. Keys and values are ASCII.
 *
 * A node comes before its children, and these in order of their bytes. Up to kmod 33 children came
 * first and the root last; readers need not care.
 *
 * Values ascend by priority; of equal priority, the one added last comes first.
 */
#include "db/trie.h"

#include <errno.h>
#include <stdlib.h>

#include "db/store.h"

enum {
	MAGIC = (int)0xb007f457,
	VERSION = 0x00020001,
	HEADER_SIZE = 12,
	OFFSET_MAX = 0x0fffffff,
	HAS_CHILDREN = 0x20000000,
	HAS_VALUES = 0x40000000,
	DEPTH_MAX = 4096, /* no key of kmod's is longer */
};
#define HAS_PREFIX 0x80000000u

/* Writing ------------------------------------------------------------------------------ */

void db_trie_free(struct db_trie *trie)
{
	vec_free(&trie->entries);
}

static bool is_text(struct span text)
{
	unsigned char all = 0;

	for (size_t i = 0; i < text.n; i++)
		all |= text.p[i] ? text.p[i] : 0x80;
	return all < 0x80;
}

int db_trie_add(struct db_trie *trie, struct span key, struct span value, uint32_t priority,
		struct err *err)
{
	struct db_trie_entry *entry;

	if (!is_text(key) || !is_text(value))
		return err_set(err, -EILSEQ,
			       "an index holds ASCII characters only, not those of \"%.*s\"",
			       (int)(key.n < 256 ? key.n : 256), (const char *)key.p);
	if (key.n > DEPTH_MAX)
		return err_set(err, -ENAMETOOLONG, "a key of %zu bytes is too long for an index",
			       key.n);
	entry = vec_push(&trie->entries);
	if (!entry)
		return err_no_memory(err);
	*entry = (struct db_trie_entry){key, value, priority, (uint32_t)trie->entries.n};
	return 0;
}

/* The byte of a key at depth; -1 behind its end, so that a key comes before longer ones. */
static int key_byte(const struct db_trie_entry *entry, size_t depth)
{
	return depth < entry->key.n ? entry->key.p[depth] : -1;
}

static void swap(struct db_trie_entry *a, struct db_trie_entry *b)
{
	struct db_trie_entry kept = *a;

	*a = *b;
	*b = kept;
}

static int by_priority(const void *a, const void *b)
{
	const struct db_trie_entry *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->serial > y->serial ? -1 : 1;
}

/* Quicksort by one byte after the other: entries with the same byte at depth stay together and are
 * sorted by the next one. Far fewer bytes are looked at than by comparing whole keys. */
static void sort(struct db_trie_entry *entries, size_t n, size_t depth)
{
	while (n > 1) {
		size_t less = 0, at = 0, more = n;
		int pivot = key_byte(&entries[n / 2], depth);

		while (at < more) {
			int byte = key_byte(&entries[at], depth);

			if (byte < pivot)
				swap(&entries[at++], &entries[less++]);
			else if (byte > pivot)
				swap(&entries[at], &entries[--more]);
			else
				at++;
		}
		sort(entries, less, depth);
		sort(entries + more, n - more, depth);
		entries += less;
		n = more - less;
		if (pivot < 0) {
			qsort(entries, n, sizeof(*entries), by_priority);
			return;
		}
		depth++;
	}
}

static void put_number(struct buf *out, uint32_t value)
{
	unsigned char bytes[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
				  (unsigned char)(value >> 8), (unsigned char)value};

	buf_add(out, bytes, sizeof(bytes));
}

static void patch_number(struct buf *out, size_t offset, uint32_t value)
{
	if (buf_failed(out))
		return;
	for (int i = 3; i >= 0; i--, value >>= 8)
		out->p[offset + (size_t)i] = (char)value;
}

static void put_text(struct buf *out, struct span text)
{
	buf_add(out, text.p, text.n);
	buf_add(out, "", 1);
}

static size_t common_length(struct span a, struct span b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	return i;
}

static void put_values(struct buf *out, const struct db_trie_entry *entries, size_t n)
{
	put_number(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		put_number(out, entries[i].priority);
		put_text(out, entries[i].value);
	}
}

/* Room for the node words of children, which are not known yet; returns its place. */
static size_t put_children(struct buf *out, int first, int last)
{
	unsigned char range[2] = {(unsigned char)first, (unsigned char)last};
	size_t table;

	buf_add(out, range, sizeof(range));
	table = out->n;
	for (int i = first; i <= last; i++)
		put_number(out, 0);
	return table;
}

/* Writes the node of n sorted keys that are the same up to depth, and all below it. Returns its
 * node word. */
static uint32_t put_node(struct buf *out, const struct db_trie_entry *entries, size_t n,
			 size_t depth, bool is_root)
{
	uint32_t word = (uint32_t)out->n & OFFSET_MAX;
	size_t end = is_root ? depth : common_length(entries[0].key, entries[n - 1].key);
	size_t values = 0, table = 0, next;
	int first;

	while (values < n && entries[values].key.n == end)
		values++;
	if (end > depth) {
		word |= HAS_PREFIX;
		put_text(out, span_of(entries[0].key.p + depth, end - depth));
	}
	first = values < n ? entries[values].key.p[end] : 0;
	if (values < n) {
		word |= HAS_CHILDREN;
		table = put_children(out, first, entries[n - 1].key.p[end]);
	}
	if (values) {
		word |= HAS_VALUES;
		put_values(out, entries, values);
	}
	for (size_t i = values; i < n; i = next) {
		int byte = entries[i].key.p[end];

		for (next = i + 1; next < n && entries[next].key.p[end] == byte;)
			next++;
		patch_number(out, table + 4 * (size_t)(byte - first),
			     put_node(out, entries + i, next - i, end + 1, false));
	}
	return word;
}

int db_trie_write(struct db_trie *trie, struct buf *out, struct err *err)
{
	if (trie->entries.n)
		sort(trie->entries.p, trie->entries.n, 0);
	put_number(out, (uint32_t)MAGIC);
	put_number(out, VERSION);
	put_number(out, 0);
	patch_number(out, 8, put_node(out, trie->entries.p, trie->entries.n, 0, true));
	if (buf_failed(out))
		return err_no_memory(err);
	if (out->n > OFFSET_MAX)
		return err_set(err, -EFBIG,
			       "an index of %zu bytes is larger than its format can be", out->n);
	return 0;
}

/* Reading ------------------------------------------------------------------------------ */

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
	if (!get_number(bytes, 0, 4, &magic) || magic != (uint32_t)MAGIC)
		return damaged("it does not begin like one", err);
	if (!get_number(bytes, 4, 4, &version) || version >> 16 != VERSION >> 16)
		return damaged("its version is unknown", err);
	if (!get_number(bytes, 8, 4, &root))
		return damaged("it ends in its header", err);
	*out = (struct db_trie_view){bytes, root};
	return 0;
}

static int read_node(const struct db_trie_view *view, uint32_t word, struct node *out,
		     struct err *err)
{
	size_t at = word & OFFSET_MAX;
	uint32_t first = 1, last = 0;
	struct span unused;

	*out = (struct node){.prefix = "", .first = 1};
	if (word & HAS_PREFIX) {
		out->prefix = span_string(view->bytes, at);
		if (!out->prefix)
			return damaged("a prefix has no end", err);
		at += strlen(out->prefix) + 1;
	}
	if (word & HAS_CHILDREN) {
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
	if (word & HAS_VALUES) {
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
	if (walk->budget <= node.value_count || walk->depth == DEPTH_MAX || walk->key.n > DEPTH_MAX)
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
