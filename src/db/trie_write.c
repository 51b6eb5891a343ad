/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing a modules.*.bin: the keys are sorted, and what neighbours share tells where nodes are.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "db/trie.h"
#include "db/trie_format.h"

enum { WORD = sizeof(uint64_t) }; /* bytes of a key that are looked at in one go */

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
	uint64_t strange = 0;
	size_t i = 0;

	for (; i + WORD <= text.n; i += WORD) {
		uint64_t word = span_load(text.p + i, WORD, false);

		strange |= word | (word - ones);
	}
	for (; i < text.n; i++)
		strange |= (uint64_t)(text.p[i] | (text.p[i] - 1)) & 0x80;
	return !(strange & tops);
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

	if (!is_text(key))
		return not_text(key, err);
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

struct writer {
	struct buf *out;
	struct sort_key *keys;
	const struct db_trie_value *values;
	uint16_t *shared; /* how much of a key is that of the one before */
};

static uint16_t shared_length(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;

	while (i + WORD <= n && memcmp(a.p + i, b.p + i, WORD) == 0)
		i += WORD;
	while (i < n && a.p[i] == b.p[i])
		i++;
	return (uint16_t)i;
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

	for (size_t i = 0; i < n; i++)
		keys[i].word = (uint64_t)writer->values[keys[i].value].priority << 32 |
			       (UINT32_MAX - keys[i].number);
	qsort(keys, n, sizeof(*keys), by_word);
}

static void sort_all(const struct writer *writer, size_t n)
{
	const struct sort_key *keys = writer->keys;
	size_t first = 0;

	sort_keys(writer->keys, n);
	for (size_t i = 1; i <= n; i++) {
		if (i < n)
			writer->shared[i] = shared_length(keys[i - 1].text, keys[i].text);
		if (i < n && writer->shared[i] == keys[i].text.n &&
		    keys[i].text.n == keys[first].text.n)
			continue;
		if (i - first > 1)
			sort_values(writer, first, i - first);
		first = i;
	}
}

/* Nodes ------------------------------------------------------------------------------------ */

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

/* The keys of a node: n from begin on, all the same up to depth, and up to end what they share. The
 * first ones, as many as values says, end there. */
struct group {
	size_t begin, n, values;
	size_t depth, end;
};

static size_t count_values(const struct writer *writer, const struct group *group)
{
	size_t n = 0;

	while (n < group->n && writer->keys[group->begin + n].text.n == group->end)
		n++;
	return n;
}

/* The keys from begin up to limit that begin as the first does, beyond depth - 1. */
static struct group group_of(const struct writer *writer, size_t begin, size_t limit, size_t depth)
{
	struct group group = {.begin = begin, .depth = depth, .end = writer->keys[begin].text.n};
	size_t next = begin + 1;

	for (; next < limit && writer->shared[next] >= depth; next++)
		group.end = writer->shared[next] < group.end ? writer->shared[next] : group.end;
	group.n = next - begin;
	group.values = count_values(writer, &group);
	return group;
}

static size_t node_size(const struct writer *writer, const struct group *group, size_t children)
{
	size_t size = group->end - group->depth + 1 + 2 + 4 * children + 4;

	for (size_t i = 0; i < group->values; i++)
		size += 4 + writer->values[writer->keys[group->begin + i].value].text.n + 1;
	return size;
}

static unsigned char *put_values(unsigned char *p, const struct writer *writer,
				 const struct group *group)
{
	p = put_number(p, (uint32_t)group->values);
	for (size_t i = 0; i < group->values; i++) {
		const struct db_trie_value *value =
			&writer->values[writer->keys[group->begin + i].value];

		p = put_text(put_number(p, value->priority), value->text);
	}
	return p;
}

/* Writes a node without its children, of whose node words *table becomes the place. Returns its own
 * node word. */
static uint32_t put_node(const struct writer *writer, const struct group *group, int first,
			 int last, size_t *table)
{
	size_t children = group->values < group->n ? (size_t)(last - first + 1) : 0;
	struct buf *out = writer->out;
	uint32_t word = (uint32_t)out->n & TRIE_OFFSET_MAX;
	unsigned char *p;

	if (!buf_reserve(out, node_size(writer, group, children)))
		return 0;
	p = (unsigned char *)out->p + out->n;
	if (group->end > group->depth) {
		word |= TRIE_HAS_PREFIX;
		p = put_text(p, span_of(writer->keys[group->begin].text.p + group->depth,
					group->end - group->depth));
	}
	if (children) {
		word |= TRIE_HAS_CHILDREN;
		*p++ = (unsigned char)first;
		*p++ = (unsigned char)last;
		*table = (size_t)(p - (unsigned char *)out->p);
		memset(p, 0, 4 * children);
		p += 4 * children;
	}
	if (group->values) {
		word |= TRIE_HAS_VALUES;
		p = put_values(p, writer, group);
	}
	out->n = (size_t)(p - (unsigned char *)out->p);
	return word;
}

/* Writes a group's node and all below it. Returns its node word. */
static uint32_t put_tree(const struct writer *writer, const struct group *group)
{
	const struct sort_key *keys = writer->keys;
	size_t limit = group->begin + group->n, at = group->begin + group->values, table = 0;
	int first = at < limit ? keys[at].text.p[group->end] : 0;
	int last = at < limit ? keys[limit - 1].text.p[group->end] : 0;
	uint32_t word = put_node(writer, group, first, last, &table);

	while (at < limit && !buf_failed(writer->out)) {
		size_t place = table + 4 * (size_t)(keys[at].text.p[group->end] - first);
		struct group child = group_of(writer, at, limit, group->end + 1);
		uint32_t child_word = put_tree(writer, &child);

		put_number((unsigned char *)writer->out->p + place, child_word);
		at += child.n;
	}
	return buf_failed(writer->out) ? 0 : word;
}

static uint32_t put_root(const struct writer *writer, size_t n)
{
	struct group root = {.n = n};

	root.values = count_values(writer, &root);
	return put_tree(writer, &root);
}

int db_trie_write(struct db_trie *trie, struct buf *out, struct err *err)
{
	DEFER(mem_freep) uint16_t *shared = mem_array(trie->keys.n, sizeof(*shared));
	struct writer writer = {out, trie->keys.p, trie->values.p, shared};
	unsigned char header[TRIE_HEADER_SIZE];
	uint32_t word;

	if (!shared)
		return err_no_memory(err);
	sort_all(&writer, trie->keys.n);
	put_number(put_number(put_number(header, (uint32_t)TRIE_MAGIC), TRIE_VERSION), 0);
	buf_add(out, header, sizeof(header));
	word = put_root(&writer, trie->keys.n);
	if (buf_failed(out))
		return err_no_memory(err);
	put_number((unsigned char *)out->p + 8, word);
	if (out->n > TRIE_OFFSET_MAX)
		return err_set(err, -EFBIG,
			       "an index of %zu bytes is larger than its format can be", out->n);
	return 0;
}
