/* SPDX-License-Identifier: GPL-2.0-only */
/* The hash map: many keys, the first value stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/map.h"
#include "base/mem.h"

static void test_map(void **state)
{
	enum { MANY = 5000 };
	static char keys[MANY][8];
	DEFER(map_free) struct map map = {0};

	assert_null(map_get(&map, span_text("0")));
	for (int i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof(keys[i]), "%d", i);
		assert_ptr_equal(map_add(&map, span_text(keys[i]), keys[i]), keys[i]);
	}
	assert_ptr_equal(map_add(&map, span_text("17"), keys[0]), keys[17]);
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(&map, span_text(keys[i])), keys[i]);
	assert_null(map_get(&map, span_text("5000")));
	assert_int_equal(map.n, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
