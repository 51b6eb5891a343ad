/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Putting keys into an index that is there.
 *
 * Nodes on the way to a new key are written anew: such a node takes in values, gets more children,
 * or parts into two where its prefix does. All others move as they are, whole subtrees at a time.
 * Nodes are in the order of their keys, so the old index is used from its beginning to its end, and
 * that is looked after: nothing is left out or used twice. When values are gone, it is one without
 * them that keys are put into.
 */
#include "db/trie_drop.h"
#include "db/trie_format.h"
#include "db/trie_keys.h"
#include "db/trie_move.h"
#include "db/trie_node.h"

struct merge {
	struct db_trie_view old;
	size_t used; /* of its bytes */
	struct trie_keys keys;
	struct trie_move move;
	struct buf rest; /* the old index, when some of it is gone */
};

static void merge_free(struct merge *merge)
{
	trie_keys_free(&merge->keys);
	buf_free(&merge->rest);
}

/* What a new node and those below it are made of. When a node is there the head of whose prefix is
 * used already, the word leads to what is left of it, which is a node, too. */
struct source {
	uint32_t word;	   /* of the old node, with those below it; 0: there is none */
	size_t old_end;	   /* of these */
	size_t begin, end; /* groups of keys; none only for the root */
	size_t depth;	   /* the part of these keys that is above */
};

/* A new node: where what it is made of parts, or a part of it ends. */
struct branch {
	size_t end;	      /* of it in its keys */
	struct trie_node old; /* ends here; or has neither values nor children */
	struct source below;  /* all that goes on; its old node, if any, is the child of byte */
	unsigned int byte;
	bool has_key;		  /* the group before those below ends here */
	unsigned int first, last; /* children, as in trie_node */
	size_t table; /* of their words in the new index, which are the old ones at first */
};

static struct span text_of(const struct merge *merge, size_t group)
{
	return trie_keys_text(&merge->keys, group);
}

/* Where nodes part ------------------------------------------------------------------------- */

/* What all keys have in common with each other and the prefix, if any, goes up to there. */
static size_t common_end(const struct merge *merge, const struct source *source, const char *prefix)
{
	size_t at = source->depth;
	struct span first, last;

	if (at == 0)
		return 0; /* the root has no prefix */
	first = text_of(merge, source->begin);
	last = text_of(merge, source->end - 1);
	while (at < first.n && at < last.n && first.p[at] == last.p[at] &&
	       (!prefix || (unsigned char)prefix[at - source->depth] == first.p[at]))
		at++;
	return at;
}

static void add_child(struct branch *branch, unsigned int byte)
{
	bool is_only = branch->first > branch->last;

	if (is_only || byte < branch->first)
		branch->first = byte;
	if (is_only || byte > branch->last)
		branch->last = byte;
}

/* The old node ends here, or the rest of it is a child. */
static int part_old(struct merge *merge, const struct source *source, struct branch *branch,
		    struct err *err)
{
	const char *rest = branch->old.prefix + (branch->end - source->depth);

	branch->first = branch->old.first;
	branch->last = branch->old.last;
	if (!*rest)
		return 0;
	branch->byte = (unsigned char)*rest++;
	if (branch->byte >= 0x80)
		return trie_damaged("a key is not ASCII", err);
	branch->below.word = source->word + (uint32_t)(branch->end - source->depth) + 1;
	if (!*rest)
		branch->below.word = (branch->below.word + 1) & ~TRIE_HAS_PREFIX;
	merge->used = branch->below.word & TRIE_OFFSET_MAX;
	branch->old = (struct trie_node){.first = 1, .values = merge->used};
	branch->first = branch->last = branch->byte;
	return 0;
}

static int find_branch(struct merge *merge, const struct source *source, struct branch *out,
		       struct err *err)
{
	int code = 0;

	*out = (struct branch){
		.below = *source, .first = 1, .old = {.first = 1, .values = merge->used}};
	out->below.word = 0;
	if (source->word)
		code = trie_node_read(&merge->old, source->word, &out->old, err);
	if (code < 0)
		return code;
	out->end = common_end(merge, source, out->old.prefix);
	if (source->word)
		code = part_old(merge, source, out, err);
	if (code < 0)
		return code;
	out->below.depth = out->end;
	out->has_key = source->begin < source->end && text_of(merge, source->begin).n == out->end;
	if (out->has_key)
		out->below.begin++;
	if (out->below.begin < out->below.end) {
		add_child(out, text_of(merge, out->below.begin).p[out->end]);
		add_child(out, text_of(merge, out->below.end - 1).p[out->end]);
	}
	return 0;
}

/* Nodes ------------------------------------------------------------------------------------ */

/* Where the new index has the word of a child. */
static size_t slot_of(const struct branch *branch, unsigned int byte)
{
	return branch->table + 4 * (size_t)(byte - branch->first);
}

static unsigned char *at_slot(const struct merge *merge, size_t slot)
{
	return (unsigned char *)merge->move.out->p + slot;
}

static void add_number(struct buf *out, uint32_t number)
{
	unsigned char bytes[4];

	trie_put_number(bytes, number);
	buf_add(out, bytes, sizeof(bytes));
}

static void add_value(struct buf *out, uint32_t priority, struct span text)
{
	add_number(out, priority);
	buf_add(out, text.p, text.n);
	buf_add(out, "", 1);
}

/* New values that come before that of this priority. */
static void add_values_before(struct merge *merge, uint32_t *key, uint32_t end, uint64_t priority)
{
	for (; *key < end; ++*key) {
		const struct db_trie_value *value = trie_keys_value(&merge->keys, *key);

		if (value->priority > priority)
			return;
		add_value(merge->move.out, value->priority, value->text);
	}
}

/* Of equal priority, a new value was added later than an old one, and comes first. */
static int add_values(struct merge *merge, const struct trie_node *old, uint32_t key, uint32_t end,
		      struct err *err)
{
	struct db_trie_hit hit;
	size_t at = old->values;

	if (old->value_count || key < end)
		add_number(merge->move.out, old->value_count + (end - key));
	for (uint32_t i = 0; i < old->value_count; i++) {
		int code = trie_node_value(&merge->old, &at, &hit, err);

		if (code < 0)
			return code;
		if (!trie_move_priority(&merge->move, &hit.priority))
			return trie_damaged("a priority is too large", err);
		add_values_before(merge, &key, end, hit.priority);
		add_value(merge->move.out, hit.priority, hit.value);
	}
	add_values_before(merge, &key, end, UINT64_MAX);
	merge->used = at;
	return 0;
}

/* Their words are those that they have in the old index. */
static void add_children(struct merge *merge, struct branch *branch)
{
	static const char words[4 * 128];
	struct buf *out = merge->move.out;
	const struct trie_node *old = &branch->old;
	unsigned char range[2] = {(unsigned char)branch->first, (unsigned char)branch->last};

	buf_add(out, range, sizeof(range));
	branch->table = out->n;
	buf_add(out, words, 4 * (size_t)(branch->last - branch->first + 1));
	if (buf_failed(out))
		return;
	if (branch->below.word)
		trie_put_number(at_slot(merge, slot_of(branch, branch->byte)), branch->below.word);
	if (old->first <= old->last)
		memcpy(at_slot(merge, slot_of(branch, old->first)), merge->old.bytes.p + old->table,
		       4 * (size_t)(old->last - old->first + 1));
}

static int add_node(struct merge *merge, const struct source *source, struct branch *branch,
		    size_t slot, struct err *err)
{
	struct buf *out = merge->move.out;
	uint32_t word = (uint32_t)out->n & TRIE_OFFSET_MAX, key = 0, key_end = 0;
	int code;

	if (branch->end > source->depth) {
		word |= TRIE_HAS_PREFIX;
		buf_add(out, text_of(merge, source->begin).p + source->depth,
			branch->end - source->depth);
		buf_add(out, "", 1);
	}
	if (branch->first <= branch->last) {
		word |= TRIE_HAS_CHILDREN;
		add_children(merge, branch);
	}
	if (branch->has_key) {
		key = merge->keys.groups[source->begin];
		key_end = merge->keys.groups[source->begin + 1];
	}
	if (branch->has_key || branch->old.value_count)
		word |= TRIE_HAS_VALUES;
	code = add_values(merge, &branch->old, key, key_end, err);
	if (code == 0 && buf_failed(out))
		code = err_no_memory(err);
	if (code == 0)
		trie_put_number(at_slot(merge, slot), word);
	return code;
}

/* Children --------------------------------------------------------------------------------- */

/* The child that the next new key goes through; behind the last: there is none. */
static unsigned int next_byte(const struct merge *merge, const struct branch *branch)
{
	const struct source *below = &branch->below;

	return below->begin < below->end ? text_of(merge, below->begin).p[below->depth]
					 : branch->last + 1;
}

/* The old one, as long as the child is still to come. */
static uint32_t word_of(const struct merge *merge, const struct branch *branch, unsigned int byte)
{
	return trie_number(at_slot(merge, slot_of(branch, byte)));
}

/* Where the old nodes end that come before this child. */
static size_t old_end_before(const struct merge *merge, const struct branch *branch,
			     unsigned int byte)
{
	uint32_t word = 0;

	for (; !word && byte <= branch->last; byte++)
		word = word_of(merge, branch, byte);
	return word ? word & TRIE_OFFSET_MAX : branch->below.old_end;
}

/* Those from first on, before that one. */
static int move_children(struct merge *merge, const struct branch *branch, unsigned int first,
			 unsigned int byte, struct err *err)
{
	size_t begin = merge->used;

	merge->used = old_end_before(merge, branch, byte);
	return trie_move_nodes(&merge->move, begin, merge->used, slot_of(branch, first),
			       byte - first, err);
}

static int merge_node(struct merge *merge, const struct source *source, size_t slot,
		      struct err *err);

static int merge_child(struct merge *merge, struct branch *branch, unsigned int byte,
		       struct err *err)
{
	struct source *below = &branch->below, child = *below;

	while (next_byte(merge, branch) == byte)
		below->begin++;
	child.end = below->begin;
	child.depth++;
	child.word = word_of(merge, branch, byte);
	child.old_end = old_end_before(merge, branch, byte + 1);
	return merge_node(merge, &child, slot_of(branch, byte), err);
}

/* Its word goes to slot in the new index. */
static int merge_node(struct merge *merge, const struct source *source, size_t slot,
		      struct err *err)
{
	struct branch branch;
	int code = find_branch(merge, source, &branch, err);
	unsigned int byte = branch.first, next;

	if (code == 0)
		code = add_node(merge, source, &branch, slot, err);
	for (; code == 0 && byte <= branch.last; byte = next + 1) {
		next = next_byte(merge, &branch);
		code = move_children(merge, &branch, byte, next, err);
		if (code == 0 && next <= branch.last)
			code = merge_child(merge, &branch, next, err);
	}
	return code;
}

/* Mostly enough: some keys make a table of children, or a longer one. */
static size_t likely_size(const struct merge *merge)
{
	const struct trie_keys *keys = &merge->keys;
	size_t size = merge->old.bytes.n;

	for (size_t i = 0; i < keys->groups[keys->n]; i++)
		size += keys->keys[i].text.n + trie_keys_value(keys, i)->text.n + 64;
	return size;
}

static int merge_all(struct merge *merge, struct err *err)
{
	struct source all = {merge->old.root, merge->old.bytes.n, 0, merge->keys.n, 0};
	struct buf *out = merge->move.out;
	int code;

	merge->used = merge->old.root & TRIE_OFFSET_MAX;
	buf_reserve(out, likely_size(merge));
	add_number(out, (uint32_t)TRIE_MAGIC);
	add_number(out, TRIE_VERSION);
	add_number(out, 0); /* the root's word */
	code = merge_node(merge, &all, out->n - 4, err);
	if (code == 0 && merge->used != merge->old.bytes.n)
		code = trie_damaged("there is something behind its nodes", err);
	return code < 0 ? code : trie_check_size(out->n, err);
}

static bool are_same(const uint32_t *now, size_t n)
{
	for (size_t i = 0; now && i < n; i++)
		if (now[i] != i)
			return false;
	return true;
}

static bool has_gone(const struct trie_move *move)
{
	for (size_t i = 0; move->now && i < move->n; i++)
		if (move->now[i] == DB_TRIE_GONE)
			return true;
	return false;
}

/* Its priorities are the new ones then. */
static int drop_gone(struct merge *merge, struct err *err)
{
	struct trie_move drop = merge->move;
	int code;

	drop.out = &merge->rest;
	code = trie_drop(&drop, &merge->old, err);
	merge->move.old = merge->old.bytes;
	merge->move.now = NULL;
	return code;
}

int db_trie_merge(struct span old, struct db_trie *added, const uint32_t *now, size_t n,
		  struct buf *out, struct err *err)
{
	DEFER(merge_free)
	struct merge merge = {.move = {old, are_same(now, n) ? NULL : now, n, out}};
	int code = db_trie_open(&merge.old, old, err);

	if (code == 0 && (merge.old.root & TRIE_OFFSET_MAX) != TRIE_HEADER_SIZE)
		code = trie_damaged("its root is not the first node", err);
	if (code == 0 && has_gone(&merge.move))
		code = drop_gone(&merge, err);
	if (code == 0)
		code = trie_keys_sort(&merge.keys, added, err);
	return code < 0 ? code : merge_all(&merge, err);
}
