/* SPDX-License-Identifier: GPL-2.0-only */
/* Packed modules: unpacked right, refused when damaged, cut short or too large; and memory that
 * runs out while a module is opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ko/ko.h"
#include "pack.h"
#include "sample.h"

static const struct packer {
	enum ko_container container;
	const char *name;
	void (*pack)(struct span in, struct buf *out);
	const char *cut_short, *damaged; /* what is said of such data */
} packers[] = {
	{KO_GZIP, "gzip", pack_gzip, "damaged or cut short", "damaged or cut short"},
	{KO_XZ, "xz", pack_xz, "cut short", "damaged"},
	{KO_ZSTD, "zstd", pack_zstd, "cut short", "damaged"},
};

enum { PACKERS = sizeof(packers) / sizeof(packers[0]) };

static void build_module(struct buf *out)
{
	struct sample sample;

	sample_init(&sample, true, false);
	sample_module(&sample, out);
	sample_free(&sample);
}

static void test_unpack(void **state)
{
	struct buf plain = {0};

	build_module(&plain);
	for (int i = 0; i < PACKERS; i++) {
		struct buf packed = {0};
		struct ko *ko = NULL;

		packers[i].pack(buf_span(&plain), &packed);
		assert_int_equal(ko_container_of(buf_span(&packed)), packers[i].container);
		assert_int_equal(ko_open_bytes(&ko, buf_span(&packed), "foo.ko", NULL), 0);
		assert_int_equal(ko_container(ko), packers[i].container);
		assert_true(span_equal(ko_bytes(ko), buf_span(&plain)));
		ko_close(ko);
		buf_free(&packed);
	}
	buf_free(&plain);
}

/* What is packed unpacks to what it was, also with the packer's own program (tests/sign). */
static void test_pack(void **state)
{
	struct buf plain = {0};

	build_module(&plain);
	for (int i = KO_PLAIN; i <= KO_ZSTD; i++) {
		enum ko_container container = (enum ko_container)i;
		struct buf packed = {0}, out = {0};

		assert_int_equal(ko_container_pack(container, buf_span(&plain), &packed, NULL), 0);
		assert_int_equal(ko_container_of(buf_span(&packed)), container);
		if (container == KO_PLAIN)
			buf_add(&out, packed.p, packed.n);
		else
			assert_int_equal(
				ko_container_unpack(buf_span(&packed), "foo", plain.n, &out, NULL),
				0);
		assert_true(span_equal(buf_span(&out), buf_span(&plain)));
		buf_free(&packed);
		buf_free(&out);
	}
	buf_free(&plain);
}

static void test_two_streams(void **state)
{
	for (int i = 0; i < PACKERS; i++) {
		struct buf packed = {0}, out = {0};

		packers[i].pack(span_text("hello "), &packed);
		packers[i].pack(span_text("world"), &packed);
		buf_text(&packed, "trailing bytes");
		assert_int_equal(ko_container_unpack(buf_span(&packed), "foo", 100, &out, NULL), 0);
		assert_string_equal(buf_string(&out), "hello world");
		buf_free(&packed);
		buf_free(&out);
	}
}

static void test_cut_short(void **state)
{
	struct buf plain = {0};

	build_module(&plain);
	for (int i = 0; i < PACKERS; i++) {
		struct buf packed = {0};
		char expected[100];

		packers[i].pack(buf_span(&plain), &packed);
		snprintf(expected, sizeof(expected), "the %s data of foo.ko is %s", packers[i].name,
			 packers[i].cut_short);
		for (size_t n = 6; n < packed.n; n++) {
			struct err err = {0};
			struct ko *ko = NULL;

			assert_int_equal(ko_open_bytes(&ko, span_of(packed.p, n), "foo.ko", &err),
					 -EBADMSG);
			assert_string_equal(err.text, expected);
		}
		buf_free(&packed);
	}
	buf_free(&plain);
}

static void test_damaged(void **state)
{
	struct buf plain = {0};

	build_module(&plain);
	for (int i = 0; i < PACKERS; i++) {
		struct buf packed = {0};
		struct err err = {0};
		struct ko *ko = NULL;
		char expected[100];

		packers[i].pack(buf_span(&plain), &packed);
		memset(packed.p + packed.n / 2, 0xff, 20);
		assert_int_equal(ko_open_bytes(&ko, buf_span(&packed), "foo.ko", &err), -EBADMSG);
		snprintf(expected, sizeof(expected), "the %s data of foo.ko is %s", packers[i].name,
			 packers[i].damaged);
		assert_string_equal(err.text, expected);
		buf_free(&packed);
	}
	buf_free(&plain);
}

static void test_limit(void **state)
{
	enum { LENGTH = 3000000 };
	char *zeros = calloc(1, LENGTH);

	for (int i = 0; i < PACKERS; i++) {
		struct buf packed = {0}, out = {0};
		struct err err = {0};
		char expected[100];

		packers[i].pack(span_of(zeros, LENGTH), &packed);
		assert_int_equal(ko_container_unpack(buf_span(&packed), "foo", LENGTH, &out, &err),
				 0);
		assert_int_equal(out.n, LENGTH);
		buf_free(&out);
		assert_int_equal(
			ko_container_unpack(buf_span(&packed), "foo", LENGTH - 1, &out, &err),
			-EFBIG);
		snprintf(expected, sizeof(expected),
			 "the %s data of foo unpacks to more than %d bytes", packers[i].name,
			 LENGTH - 1);
		assert_string_equal(err.text, expected);
		buf_free(&out);
		buf_free(&packed);
	}
	free(zeros);
}

/* A frame header that claims 2^60 bytes takes no memory for them. */
static void test_lying_header(void **state)
{
	struct span frame = SPAN_LITERAL("\x28\xb5\x2f\xfd\xc0\x48\0\0\0\0\0\0\0\x10\x0b\0\0A");
	struct buf out = {0};

	assert_true(ko_container_unpack(frame, "foo", (size_t)1 << 30, &out, NULL) < 0);
	assert_true(out.size <= 1 << 20);
	buf_free(&out);
}

static bool read_everything(const struct ko *ko)
{
	const char *const *depends;
	size_t n;

	ko_depends(ko, &depends);
	return ko_params(ko, &n) && ko_symbols(ko, &n) && ko_exports(ko, &n) &&
	       ko_versions(ko, &n) && depends;
}

/* Fails the n-th allocation until one run needs no more of them. */
static unsigned long fail_each_allocation(const char *path, struct span file)
{
	for (unsigned long n = 1;; n++) {
		struct ko *ko = NULL;
		struct err err = {0};
		bool complete;
		int code;

		mem_fail_at(n, 0);
		code = path ? ko_open(&ko, path, &err) : ko_open_bytes(&ko, file, "foo.ko", &err);
		complete = code == 0 && read_everything(ko);
		mem_fail_at(0, 0);
		if (code < 0) {
			assert_int_equal(code, -ENOMEM);
			assert_string_equal(err.text, "out of memory");
		} else if (!complete) {
			assert_true(read_everything(ko)); /* the failure left no half table */
		}
		ko_close(ko);
		if (complete)
			return n;
	}
}

static void test_no_memory(void **state)
{
	struct buf plain = {0};

	build_module(&plain);
	assert_true(fail_each_allocation(NULL, buf_span(&plain)) >= 3);
	for (int i = 0; i < PACKERS; i++) {
		struct buf packed = {0};

		packers[i].pack(buf_span(&plain), &packed);
		assert_true(fail_each_allocation(NULL, buf_span(&packed)) >= 4);
		buf_free(&packed);
	}
	buf_free(&plain);
}

static void test_no_memory_stock_module(void **state)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char pattern[1000];
	glob_t found;

	snprintf(pattern, sizeof(pattern),
		 "%s%s/lkm/kernels/*/lib/modules/*/kernel/drivers/usb/storage/usb-storage.ko*",
		 cache	? cache
		 : home ? home
			: "",
		 cache ? "" : "/.cache");
	if (glob(pattern, 0, NULL, &found) != 0)
		skip();
	for (size_t i = 0; i < found.gl_pathc; i++)
		assert_true(fail_each_allocation(found.gl_pathv[i], span_of(NULL, 0)) > 5);
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unpack),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_two_streams),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_lying_header),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_no_memory_stock_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
