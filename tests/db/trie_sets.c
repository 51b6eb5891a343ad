/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "trie_sets.h"

void write_all(struct db_trie *trie, struct buf *out)
{
	assert_int_equal(db_trie_write(trie, out, NULL), 0);
}

void add(struct db_trie *trie, const char *key, const char *value, uint32_t priority)
{
	assert_int_equal(db_trie_add(trie, span_text(key), span_text(value), priority, NULL), 0);
}

void expect_same(const struct buf *one, const struct buf *two)
{
	assert_int_equal(one->n, two->n);
	assert_memory_equal(one->p, two->p, one->n);
}

void sets_free(struct sets *sets)
{
	db_trie_free(&sets->before);
	db_trie_free(&sets->added);
	db_trie_free(&sets->all);
}

void add_before(struct sets *sets, const char *key, const char *value, uint32_t priority)
{
	uint32_t now = sets->now ? sets->now[priority] : priority;

	add(&sets->before, key, value, priority);
	if (now != DB_TRIE_GONE)
		add(&sets->all, key, value, now);
}

void add_later(struct sets *sets, const char *key, const char *value, uint32_t priority)
{
	add(&sets->added, key, value, priority);
	add(&sets->all, key, value, priority);
}
