/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing a modules.*.bin: the keys are sorted, and what neighbours share tells where nodes are.
 *
 * Those where keys part (forks) are found first, in one walk: keys i - 1 and i part behind what
 * they share. The others are leaves, each for a key of its own. All are then written in the order
 * in which they begin, and those that begin with the same key from the root downwards.
 */
#include "base/mem.h"
#include "db/trie_format.h"
#include "db/trie_keys.h"

/* A node where keys part. All of them are the same up to end. */
struct fork {
	uint32_t begin;	       /* the first of its groups */
	uint32_t outer, inner; /* the fork around it; one inside that begins with it; 0: none */
	unsigned char *table;  /* the node words of its children */
	uint16_t end;
	bool has_children;
	unsigned char first, last; /* bytes of children */
};

struct writer {
	struct trie_keys keys;
	struct fork *forks; /* the first is the root */
	uint32_t fork_count;
	uint32_t *
		inner; /* by group: the outermost fork that begins with it, but the root; 0: none */
	unsigned char *file, *at; /* at: where the next node goes */
};

static void writer_free(struct writer *writer)
{
	trie_keys_free(&writer->keys);
	mem_free(writer->forks);
	mem_free(writer->inner);
}

/* Forks ------------------------------------------------------------------------------------ */

/* A key goes on behind a fork, or ends there. */
static void add_child(struct fork *fork, struct span key)
{
	if (key.n == fork->end)
		return;
	if (!fork->has_children)
		fork->first = key.p[fork->end];
	fork->last = key.p[fork->end];
	fork->has_children = true;
}

/* The innermost fork around a group and the one before, which is made unless it is there. open:
 * that around the one before. */
static uint32_t part(struct writer *writer, uint32_t open, size_t group)
{
	struct fork *forks = writer->forks;
	uint32_t begin = (uint32_t)group - 1, inside = 0, new;
	uint16_t shared = trie_keys_shared(&writer->keys, group);

	for (; forks[open].end > shared; open = forks[open].outer) {
		begin = forks[open].begin;
		inside = open;
	}
	if (forks[open].end == shared)
		return open;
	new = writer->fork_count++;
	forks[new] = (struct fork){
		.begin = begin, .outer = open, .inner = writer->inner[begin], .end = shared};
	writer->inner[begin] = new;
	if (inside)
		forks[inside].outer = new;
	add_child(&forks[new], trie_keys_text(&writer->keys, begin));
	return new;
}

static void find_forks(struct writer *writer)
{
	uint32_t open = 0;

	writer->forks[0] = (struct fork){0};
	writer->fork_count = 1;
	for (size_t i = 0; i < writer->keys.n; i++) {
		if (i > 0)
			open = part(writer, open, i);
		add_child(&writer->forks[open], trie_keys_text(&writer->keys, i));
	}
}

/* Nodes ------------------------------------------------------------------------------------ */

static size_t children(const struct fork *fork)
{
	return fork->has_children ? (size_t)(fork->last - fork->first + 1) : 0;
}

/* No file is larger: a byte of a key is in one node, if not in the table above that. */
static size_t largest_size(const struct writer *writer)
{
	const struct trie_keys *keys = &writer->keys;
	size_t size = TRIE_HEADER_SIZE;

	for (size_t i = 0; i < keys->groups[keys->n]; i++)
		size += keys->keys[i].text.n - keys->shared[i] + 1 + 4 + 4 +
			trie_keys_value(keys, i)->text.n + 1;
	for (size_t i = 0; i < writer->fork_count; i++)
		size += 1 + 2 + 4 * children(&writer->forks[i]);
	return size;
}

static unsigned char *put_text(unsigned char *p, struct span text)
{
	if (text.n)
		memcpy(p, text.p, text.n);
	p[text.n] = 0;
	return p + text.n + 1;
}

static unsigned char *put_children(unsigned char *p, struct fork *fork)
{
	size_t size = 4 * children(fork);

	*p++ = fork->first;
	*p++ = fork->last;
	fork->table = p;
	memset(p, 0, size);
	return p + size;
}

static unsigned char *put_values(unsigned char *p, const struct trie_keys *keys, size_t group)
{
	uint32_t first = keys->groups[group], end = keys->groups[group + 1];

	p = trie_put_number(p, end - first);
	for (uint32_t i = first; i < end; i++) {
		const struct db_trie_value *value = trie_keys_value(keys, i);

		p = put_text(trie_put_number(p, value->priority), value->text);
	}
	return p;
}

/* A node for keys that are the same up to end, of which those of a group are the first. word is
 * where its place goes, and depth where it begins. fork is NULL for a leaf. */
static void put_node(struct writer *writer, unsigned char *word, size_t group, struct fork *fork,
		     size_t depth, size_t end)
{
	struct span text =
		group < writer->keys.n ? trie_keys_text(&writer->keys, group) : span_of("", 0);
	uint32_t place = (uint32_t)(writer->at - writer->file) & TRIE_OFFSET_MAX;
	unsigned char *p = writer->at;

	if (end > depth) {
		place |= TRIE_HAS_PREFIX;
		p = put_text(p, span_of(text.p + depth, end - depth));
	}
	if (fork && fork->has_children) {
		place |= TRIE_HAS_CHILDREN;
		p = put_children(p, fork);
	}
	if (text.n == end && group < writer->keys.n) {
		place |= TRIE_HAS_VALUES;
		p = put_values(p, &writer->keys, group);
	}
	trie_put_number(word, place);
	writer->at = p;
}

/* The nodes that begin with a group. open: the innermost fork around the one before. Returns that
 * around this one. */
static struct fork *put_nodes(struct writer *writer, struct fork *open, size_t group)
{
	struct span text = trie_keys_text(&writer->keys, group);
	uint32_t next = writer->inner[group];

	while (open->end > trie_keys_shared(&writer->keys, group))
		open = &writer->forks[open->outer];
	while (next || open->end < text.n) {
		struct fork *fork = next ? &writer->forks[next] : NULL;
		unsigned char *word = open->table + 4 * (size_t)(text.p[open->end] - open->first);

		put_node(writer, word, group, fork, open->end + (size_t)1,
			 fork ? fork->end : text.n);
		if (!fork)
			break;
		open = fork;
		next = fork->inner;
	}
	return open;
}

static void put_all(struct writer *writer)
{
	unsigned char *root =
		trie_put_number(trie_put_number(writer->file, (uint32_t)TRIE_MAGIC), TRIE_VERSION);
	struct fork *open = &writer->forks[0];

	writer->at = writer->file + TRIE_HEADER_SIZE;
	put_node(writer, root, 0, open, 0, 0);
	for (size_t i = 0; i < writer->keys.n; i++)
		open = put_nodes(writer, open, i);
}

static int prepare(struct writer *writer, const struct db_trie *trie, struct err *err)
{
	int code = trie_keys_sort(&writer->keys, trie, err);

	if (code < 0)
		return code;
	writer->inner = mem_array(writer->keys.n, sizeof(*writer->inner));
	writer->forks =
		mem_alloc((writer->keys.n + 1) * sizeof(*writer->forks)); /* most are not needed */
	return writer->inner && writer->forks ? 0 : err_no_memory(err);
}

int db_trie_write(struct db_trie *trie, struct buf *out, struct err *err)
{
	DEFER(writer_free) struct writer writer = {0};
	int code = prepare(&writer, trie, err);

	if (code < 0)
		return code;
	find_forks(&writer);
	if (!buf_reserve(out, largest_size(&writer)))
		return err_no_memory(err);
	writer.file = (unsigned char *)out->p;
	put_all(&writer);
	out->n = (size_t)(writer.at - writer.file);
	return trie_check_size(out->n, err);
}
