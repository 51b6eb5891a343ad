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

#include "db/sort.h"
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

enum { WORD = sizeof(uint64_t) }; /* bytes of a key that are looked at in one go */

/* Writing ------------------------------------------------------------------------------ */

void db_trie_free(struct db_trie *trie)
{
	vec_free(&trie->entries);
}

static bool is_text(struct span text)
{
	uint64_t all = 0;
	size_t i = 0;

	for (; i + WORD <= text.n; i += WORD)
		all |= span_load(text.p + i, WORD, true);
	for (; i < text.n; i++)
		all |= text.p[i];
	return !(all & 0x8080808080808080) && (text.n == 0 || !memchr(text.p, 0, text.n));
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

static int by_priority(const void *a, const void *b)
{
	const struct db_trie_entry *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->serial > y->serial ? -1 : 1;
}

/* The sorted entries, and how much of its key each shares with the one before. */
struct sorted {
	struct db_trie_entry *entries;
	uint16_t *shared;
};

static void sorted_free(struct sorted *sorted)
{
	mem_free(sorted->entries);
	mem_free(sorted->shared);
}

static uint16_t shared_length(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;

	while (i + WORD <= n && memcmp(a.p + i, b.p + i, WORD) == 0)
		i += WORD;
	while (i < n && a.p[i] == b.p[i])
		i++;
	return (uint16_t)i;
}

/* Entries of one key, from one to the next that is another. */
static void sort_values(struct sorted *sorted, size_t n)
{
	for (size_t begin = 0, end; begin < n; begin = end) {
		size_t length = sorted->entries[begin].key.n;

		for (end = begin + 1; end < n && sorted->shared[end] == length &&
				      sorted->entries[end].key.n == length;)
			end++;
		if (end - begin > 1)
			qsort(sorted->entries + begin, end - begin, sizeof(*sorted->entries),
			      by_priority);
	}
}

static bool sort_entries(const struct db_trie *trie, struct sorted *out)
{
	size_t n = trie->entries.n;
	DEFER(mem_freep) struct sort_key *keys = mem_array(n, sizeof(*keys));

	out->entries = mem_array(n, sizeof(*out->entries));
	out->shared = mem_array(n, sizeof(*out->shared));
	if (!keys || !out->entries || !out->shared)
		return false;
	for (size_t i = 0; i < n; i++)
		keys[i] = (struct sort_key){trie->entries.p[i].key, 0, (uint32_t)i};
	sort_keys(keys, n);
	for (size_t i = 0; i < n; i++) {
		out->entries[i] = trie->entries.p[keys[i].number];
		if (i)
			out->shared[i] = shared_length(keys[i - 1].text, keys[i].text);
	}
	sort_values(out, n);
	return true;
}

/* Nodes ------------------------------------------------------------------------------------ */

static unsigned char *put_number(unsigned char *p, uint32_t value)
{
	for (int i = 3; i >= 0; i--, value >>= 8)
		p[i] = (unsigned char)value;
	return p + 4;
}

static unsigned char *put_text(unsigned char *p, struct span text)
{
	if (text.n)
		memcpy(p, text.p, text.n);
	p[text.n] = 0;
	return p + text.n + 1;
}

/* The keys of a node, all the same up to depth, and up to end what they share. */
struct group {
	const struct db_trie_entry *entries;
	const uint16_t *shared; /* with the entry before; the first counts in the group above */
	size_t n, values;	/* values: how many keys end here, the first ones */
	size_t depth, end;
};

static struct group group_of(const struct sorted *sorted, size_t at, size_t n, size_t depth,
			     bool is_root)
{
	struct group group = {sorted->entries + at, sorted->shared + at, n, 0, depth, depth};
	uint16_t least = UINT16_MAX;

	if (n && !is_root) {
		for (size_t i = 1; i < n; i++)
			least = group.shared[i] < least ? group.shared[i] : least;
		group.end = n > 1 ? least : group.entries[0].key.n;
	}
	while (group.values < n && group.entries[group.values].key.n == group.end)
		group.values++;
	return group;
}

static size_t node_size(const struct group *group, int first, int last)
{
	size_t size = group->end - group->depth + 1 + 2 + 4 * (size_t)(last - first + 1) + 4;

	for (size_t i = 0; i < group->values; i++)
		size += 4 + group->entries[i].value.n + 1;
	return size;
}

static unsigned char *put_values(unsigned char *p, const struct group *group)
{
	p = put_number(p, (uint32_t)group->values);
	for (size_t i = 0; i < group->values; i++) {
		p = put_number(p, group->entries[i].priority);
		p = put_text(p, group->entries[i].value);
	}
	return p;
}

/* Writes a node without its children, of whose node words *table becomes the place. Returns its own
 * node word. */
static uint32_t put_node(struct buf *out, const struct group *group, int first, int last,
			 size_t *table)
{
	uint32_t word = (uint32_t)out->n & OFFSET_MAX;
	unsigned char *p;

	if (!buf_reserve(out, node_size(group, first, last)))
		return 0;
	p = (unsigned char *)out->p + out->n;
	if (group->end > group->depth) {
		word |= HAS_PREFIX;
		p = put_text(p, span_of(group->entries[0].key.p + group->depth,
					group->end - group->depth));
	}
	if (group->values < group->n) {
		size_t length = 4 * (size_t)(last - first + 1);

		word |= HAS_CHILDREN;
		*p++ = (unsigned char)first;
		*p++ = (unsigned char)last;
		*table = (size_t)(p - (unsigned char *)out->p);
		memset(p, 0, length);
		p += length;
	}
	if (group->values) {
		word |= HAS_VALUES;
		p = put_values(p, group);
	}
	out->n = (size_t)(p - (unsigned char *)out->p);
	return word;
}

/* Writes a group's node and all below it. Returns its node word. */
static uint32_t put_tree(struct buf *out, const struct sorted *sorted, const struct group *group)
{
	size_t base = (size_t)(group->entries - sorted->entries), table = 0, next;
	bool has_children = group->values < group->n;
	int first = has_children ? group->entries[group->values].key.p[group->end] : 0;
	int last = has_children ? group->entries[group->n - 1].key.p[group->end] : 0;
	uint32_t word = put_node(out, group, first, last, &table);

	for (size_t i = group->values; i < group->n; i = next) {
		int byte = group->entries[i].key.p[group->end];
		struct group child;
		uint32_t child_word;

		for (next = i + 1; next < group->n && group->shared[next] > group->end;)
			next++;
		child = group_of(sorted, base + i, next - i, group->end + 1, false);
		child_word = put_tree(out, sorted, &child);
		if (buf_failed(out))
			return 0;
		put_number((unsigned char *)out->p + table + 4 * (size_t)(byte - first),
			   child_word);
	}
	return word;
}

int db_trie_write(struct db_trie *trie, struct buf *out, struct err *err)
{
	DEFER(sorted_free) struct sorted sorted = {0};
	unsigned char header[HEADER_SIZE];
	struct group root;
	uint32_t word;

	if (!sort_entries(trie, &sorted))
		return err_no_memory(err);
	put_number(put_number(put_number(header, (uint32_t)MAGIC), VERSION), 0);
	buf_add(out, header, sizeof(header));
	root = group_of(&sorted, 0, trie->entries.n, 0, true);
	word = put_tree(out, &sorted, &root);
	if (buf_failed(out))
		return err_no_memory(err);
	if (trie->entries.n)
		memcpy(trie->entries.p, sorted.entries, trie->entries.n * sizeof(*trie->entries.p));
	put_number((unsigned char *)out->p + 8, word);
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
