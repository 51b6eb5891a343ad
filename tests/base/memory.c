/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory, spans, buffers, vectors, maps and errors: what they promise at their edges. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"

static void test_overflow_is_no_memory(void **state)
{
	DEFER(arena_freep) struct arena *arena = arena_new();

	assert_null(mem_array(SIZE_MAX / 2, 3));
	assert_null(mem_resize(NULL, SIZE_MAX / 2, 3));
	assert_null(arena_array(arena, SIZE_MAX / 2, 3));
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_strndup(arena, "", SIZE_MAX));
}

static void test_nth_allocation_fails(void **state)
{
	void *blocks[3];

	mem_fail_at(2, 0);
	for (int i = 0; i < 3; i++)
		blocks[i] = mem_alloc(8);
	assert_non_null(blocks[0]);
	assert_null(blocks[1]);
	assert_non_null(blocks[2]);
	mem_fail_at(1, 1);
	assert_null(mem_alloc(8));
	assert_null(mem_alloc(8));
	mem_fail_at(0, 0);
	for (int i = 0; i < 3; i++)
		mem_free(blocks[i]);
}

static void test_arena_is_zeroed_and_aligned(void **state)
{
	DEFER(arena_freep) struct arena *arena = arena_new();

	for (size_t size = 1; size < 40000; size = size * 3 + 1) {
		const unsigned char *p = arena_alloc(arena, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
	}
}

static void test_room_is_zeroed_each_time(void **state)
{
	static const size_t counts[] = {3, 100, 7, 0, 150, 40000000, 5};
	DEFER(mem_room_free) struct mem_room room = {0};

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		unsigned char *p = mem_room_take(&room, counts[i], 1);

		assert_non_null(p);
		for (size_t k = 0; k < counts[i]; k += 1 + k / 1000)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, counts[i]);
	}
	assert_null(mem_room_take(&room, SIZE_MAX / 2, 3));
	mem_fail_at(1, 0);
	assert_null(mem_room_take(&room, 80000000, 1));
	assert_non_null(mem_room_take(&room, 1, 1));
}

static void test_span_stays_inside(void **state)
{
	struct span span = SPAN_LITERAL("abcdef\0gh"), cut = {0};
	uint64_t number = 7;

	assert_true(span_cut(span, 9, 0, &cut));
	assert_false(span_cut(span, 10, 0, &cut));
	assert_false(span_cut(span, 1, UINT64_MAX, &cut));
	assert_false(span_cut(span, UINT64_MAX, 2, &cut));
	assert_string_equal(span_string(span, 3), "def");
	assert_null(span_string(span, 7));
	assert_null(span_string(span, 9));
	assert_false(span_number(span, 6, 4, false, &number));
	assert_int_equal(number, 7);
	assert_true(span_number(span, 0, 2, true, &number));
	assert_int_equal(number, 0x6162);
	assert_true(span_number(span, 0, 2, false, &number));
	assert_int_equal(number, 0x6261);
}

static void test_buf_keeps_what_it_had(void **state)
{
	DEFER(buf_free) struct buf buf = {0};

	assert_string_equal(buf_string(&buf), "");
	buf_format(&buf, "%s-%d", "one", 2);
	mem_fail_at(1, 1);
	for (int i = 0; i < 100; i++)
		buf_text(&buf, "0123456789");
	mem_fail_at(0, 0);
	assert_true(buf_failed(&buf));
	assert_memory_equal(buf_string(&buf), "one-2", 5);
	buf_clear(&buf);
	assert_false(buf_failed(&buf));
	assert_string_equal(buf_string(&buf), "");
}

static void test_vec_grows(void **state)
{
	VEC(int) numbers = {0};
	int sum = 0;

	for (int i = 0; i < 1000; i++)
		*vec_push(&numbers) = i;
	vec_foreach (&numbers, n)
		sum += *n;
	assert_int_equal(sum, 499500);
	vec_free(&numbers);
	assert_int_equal(numbers.n, 0);
}

static void test_map_finds(void **state)
{
	DEFER(map_free) struct map map = {0};
	char keys[500][8];
	int first = 1, second = 2;

	assert_null(map_get(&map, SPAN_LITERAL("x")));
	for (int i = 0; i < 500; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
		assert_ptr_equal(map_add(&map, span_text(keys[i]), keys[i]), keys[i]);
	}
	for (int i = 0; i < 500; i++)
		assert_ptr_equal(map_get(&map, span_text(keys[i])), keys[i]);
	assert_ptr_equal(map_add(&map, SPAN_LITERAL("twice"), &first), &first);
	assert_ptr_equal(map_add(&map, SPAN_LITERAL("twice"), &second), &first);
}

static void test_err_adds_in_front(void **state)
{
	struct err err;

	assert_int_equal(err_set(&err, -ENOENT, "no %s", "file"), -ENOENT);
	assert_int_equal(err_add(&err, "in %s", "here"), -ENOENT);
	assert_string_equal(err.text, "in here: no file");
	errno = EACCES;
	assert_int_equal(err_errno(&err, "cannot open x"), -EACCES);
	assert_string_equal(err.text, "cannot open x: Permission denied");
	assert_int_equal(err_set(NULL, -EIO, "nobody listens"), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overflow_is_no_memory),
		cmocka_unit_test(test_nth_allocation_fails),
		cmocka_unit_test(test_arena_is_zeroed_and_aligned),
		cmocka_unit_test(test_room_is_zeroed_each_time),
		cmocka_unit_test(test_span_stays_inside),
		cmocka_unit_test(test_buf_keeps_what_it_had),
		cmocka_unit_test(test_vec_grows),
		cmocka_unit_test(test_map_finds),
		cmocka_unit_test(test_err_adds_in_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
