/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing a modules.*.bin: the keys are sorted, and what neighbours share tells where nodes are.
 *
 * Those where keys part (forks) are found first, in one walk: keys i - 1 and i part behind what
 * they share. The others are leaves, each for a key of its own. All are then written in the order
 * in which they begin, and those that begin with the same key from the root downwards.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "db/trie.h"
#include "db/trie_format.h"

enum { WORD = sizeof(uint64_t) }; /* bytes of a text that are looked at in one go */

void db_trie_free(struct db_trie *trie)
{
	vec_free(&trie->keys);
	vec_free(&trie->values);
}

/* Whether all of its bytes are from 1 to 127. Taking 1 from each makes a zero one large; it borrows
 * from those above, which then cannot matter any more. */
static bool is_text(struct span text)
{
	const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	uint64_t strange = 0, word;
	size_t i = 0;

	for (; i + WORD <= text.n; i += WORD) {
		word = span_load(text.p + i, WORD, false);
		strange |= word | (word - ones);
	}
	for (; i < text.n; i++)
		strange |= (uint64_t)(text.p[i] | (text.p[i] - 1)) & 0x80;
	return !(strange & tops);
}

/* The same, from a place on up to which it is known. Looks at a whole word, if there is one. */
static bool is_text_from(struct span text, size_t known)
{
	if (text.n >= WORD && text.n - known < WORD)
		known = text.n - WORD;
	return is_text(span_of(text.p + known, text.n - known));
}

static int not_text(struct span key, struct err *err)
{
	return err_set(err, -EILSEQ, "an index holds ASCII characters only, not those of \"%.*s\"",
		       (int)(key.n < 256 ? key.n : 256), (const char *)key.p);
}

bool db_trie_reserve(struct db_trie *trie, size_t n)
{
	return n <= trie->keys.size ||
	       vec_grow((void **)&trie->keys.p, &trie->keys.size, n, sizeof(*trie->keys.p));
}

int db_trie_add_value(struct db_trie *trie, struct span value, uint32_t priority, uint32_t *number,
		      struct err *err)
{
	struct db_trie_value *slot;

	if (!is_text(value))
		return not_text(value, err);
	slot = vec_push(&trie->values);
	if (!slot)
		return err_no_memory(err);
	*slot = (struct db_trie_value){value, priority};
	*number = (uint32_t)trie->values.n - 1;
	return 0;
}

int db_trie_add_key(struct db_trie *trie, struct span key, uint32_t value, struct err *err)
{
	struct sort_key *slot;

	if (key.n > TRIE_DEPTH_MAX)
		return err_set(err, -ENAMETOOLONG, "a key of %zu bytes is too long for an index",
			       key.n);
	slot = vec_push(&trie->keys);
	if (!slot)
		return err_no_memory(err);
	*slot = (struct sort_key){key, 0, (uint32_t)trie->keys.n - 1, value};
	return 0;
}

int db_trie_add(struct db_trie *trie, struct span key, struct span value, uint32_t priority,
		struct err *err)
{
	uint32_t number;
	int code = db_trie_add_value(trie, value, priority, &number, err);

	return code < 0 ? code : db_trie_add_key(trie, key, number, err);
}

/* Sorting ---------------------------------------------------------------------------------- */

/* A node where keys part. All of them are the same up to end. Keys that are the same up to their
 * ends are a group. */
struct fork {
	uint32_t begin;	       /* the first of its groups */
	uint32_t outer, inner; /* the fork around it; one inside that begins with it; 0: none */
	unsigned char *table;  /* the node words of its children */
	uint16_t end;
	bool has_children;
	unsigned char first, last; /* bytes of children */
};

struct writer {
	struct sort_key *keys;
	const struct db_trie_value *values;
	uint16_t *shared;   /* how much of a key is that of the one before; of the first: 0 */
	uint32_t *groups;   /* the first key of each, and the number of keys */
	size_t n;	    /* groups */
	struct fork *forks; /* the first is the root */
	uint32_t fork_count;
	uint32_t *
		inner; /* by group: the outermost fork that begins with it, but the root; 0: none */
	unsigned char *file, *at; /* at: where the next node goes */
};

static void writer_free(struct writer *writer)
{
	mem_free(writer->shared);
	mem_free(writer->groups);
	mem_free(writer->forks);
	mem_free(writer->inner);
}

static int by_word(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;

	return (x->word > y->word) - (x->word < y->word);
}

/* Values of one key, n from first on, by priority; of the same the one that was added last. */
static void sort_values(const struct writer *writer, size_t first, size_t n)
{
	struct sort_key *keys = writer->keys + first;

	if (n == 1)
		return;
	for (size_t i = 0; i < n; i++)
		keys[i].word = (uint64_t)writer->values[keys[i].value].priority << 32 |
			       (UINT32_MAX - keys[i].number);
	qsort(keys, n, sizeof(*keys), by_word);
}

/* Keys of one group follow one another; what a key shares with the one before is looked at there.
 */
static int sort_all(struct writer *writer, size_t n, struct err *err)
{
	const struct sort_key *keys = writer->keys;

	sort_keys(writer->keys, n, writer->shared);
	for (size_t i = 0; i < n; i++) {
		size_t shared = writer->shared[i];

		if (!is_text_from(keys[i].text, shared))
			return not_text(keys[i].text, err);
		if (i == 0 || shared < keys[i].text.n || shared < keys[i - 1].text.n)
			writer->groups[writer->n++] = (uint32_t)i;
	}
	writer->groups[writer->n] = (uint32_t)n;
	for (size_t i = 0; i < writer->n; i++)
		sort_values(writer, writer->groups[i], writer->groups[i + 1] - writer->groups[i]);
	return 0;
}

/* Forks ------------------------------------------------------------------------------------ */

static struct span text_of(const struct writer *writer, size_t group)
{
	return writer->keys[writer->groups[group]].text;
}

static uint16_t shared_of(const struct writer *writer, size_t group)
{
	return writer->shared[writer->groups[group]];
}

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
	uint16_t shared = shared_of(writer, group);

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
	add_child(&forks[new], text_of(writer, begin));
	return new;
}

static void find_forks(struct writer *writer)
{
	uint32_t open = 0;

	writer->forks[0] = (struct fork){0};
	writer->fork_count = 1;
	for (size_t i = 0; i < writer->n; i++) {
		if (i > 0)
			open = part(writer, open, i);
		add_child(&writer->forks[open], text_of(writer, i));
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
	size_t size = TRIE_HEADER_SIZE;

	for (size_t i = 0; i < writer->groups[writer->n]; i++)
		size += writer->keys[i].text.n - writer->shared[i] + 1 + 4 + 4 +
			writer->values[writer->keys[i].value].text.n + 1;
	for (size_t i = 0; i < writer->fork_count; i++)
		size += 1 + 2 + 4 * children(&writer->forks[i]);
	return size;
}

static unsigned char *put_number(unsigned char *p, uint32_t value)
{
	value = htobe32(value);
	memcpy(p, &value, sizeof(value));
	return p + sizeof(value);
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

static unsigned char *put_values(unsigned char *p, const struct writer *writer, size_t group)
{
	uint32_t first = writer->groups[group], end = writer->groups[group + 1];

	p = put_number(p, end - first);
	for (uint32_t i = first; i < end; i++) {
		const struct db_trie_value *value = &writer->values[writer->keys[i].value];

		p = put_text(put_number(p, value->priority), value->text);
	}
	return p;
}

/* A node for keys that are the same up to end, of which those of a group are the first. word is
 * where its place goes, and depth where it begins. fork is NULL for a leaf. */
static void put_node(struct writer *writer, unsigned char *word, size_t group, struct fork *fork,
		     size_t depth, size_t end)
{
	struct span text = group < writer->n ? text_of(writer, group) : span_of("", 0);
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
	if (text.n == end && group < writer->n) {
		place |= TRIE_HAS_VALUES;
		p = put_values(p, writer, group);
	}
	put_number(word, place);
	writer->at = p;
}

/* The nodes that begin with a group. open: the innermost fork around the one before. Returns that
 * around this one. */
static struct fork *put_nodes(struct writer *writer, struct fork *open, size_t group)
{
	struct span text = text_of(writer, group);
	uint32_t next = writer->inner[group];

	while (open->end > shared_of(writer, group))
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
		put_number(put_number(writer->file, (uint32_t)TRIE_MAGIC), TRIE_VERSION);
	struct fork *open = &writer->forks[0];

	writer->at = writer->file + TRIE_HEADER_SIZE;
	put_node(writer, root, 0, open, 0, 0);
	for (size_t i = 0; i < writer->n; i++)
		open = put_nodes(writer, open, i);
}

static int prepare(struct writer *writer, const struct db_trie *trie, struct err *err)
{
	size_t n = trie->keys.n;

	*writer = (struct writer){.keys = trie->keys.p, .values = trie->values.p};
	writer->shared = mem_array(n, sizeof(*writer->shared));
	writer->groups = mem_array(n + 1, sizeof(*writer->groups));
	writer->inner = mem_array(n, sizeof(*writer->inner));
	writer->forks = mem_alloc((n + 1) * sizeof(*writer->forks)); /* most are not needed */
	if (!writer->shared || !writer->groups || !writer->inner || !writer->forks)
		return err_no_memory(err);
	return sort_all(writer, n, err);
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
	if (out->n > TRIE_OFFSET_MAX)
		return err_set(err, -EFBIG,
			       "an index of %zu bytes is larger than its format can be", out->n);
	return 0;
}
