/* SPDX-License-Identifier: GPL-2.0-only */
/* What is read of the running kernel, on a /proc and a /sys made for it; and what is taken out of a
 * module that is forced in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../ko/sample.h"
#include "../scratch.h"
#include "base/mem.h"
#include "engine/host/host.h"
#include "ko/ko.h"

static struct host host;

static int set_up(void **state)
{
	int code = scratch_make(state);

	host.root = scratch_dir();
	return code;
}

static void write_text(const char *name, const char *text)
{
	scratch_write(name, span_text(text));
}

/* Lines as Linux 6.1 writes them. */
static const char lines[] = "btrfs 1789952 0 - Live 0xffffffffc0a3c000\n"
			    "xor 24576 1 btrfs, Live 0x0000000000000000\n"
			    "raid6_pq 122880 2 btrfs,raid456, Loading 0xffffffffc0913000\n"
			    "mine 16384 1 [permanent], Unloading 0xffffffffc0001000 (OE)\n"
			    "fixed 16384 - - Live 0xffffffffc0002000\n";

static void modules(void **state)
{
	DEFER(host_modules_free) struct host_modules found = {0};
	struct err err = {0};

	assert_int_equal(host_modules_read(&host, &found, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/proc/modules"));
	write_text("proc/modules", lines);
	assert_int_equal(host_modules_read(&host, &found, &err), 0);
	assert_int_equal(found.list.n, 5);
	assert_string_equal(found.list.p[0].name, "btrfs");
	assert_int_equal(found.list.p[0].size, 1789952);
	assert_int_equal(found.list.p[0].users.n, 0);
	assert_true(found.list.p[0].address == 0xffffffffc0a3c000);
	assert_int_equal(found.list.p[1].address, 0);
	assert_int_equal(found.list.p[2].references, 2);
	assert_true(span_equal(found.list.p[2].users, SPAN_LITERAL("btrfs,raid456,")));
	assert_int_equal(found.list.p[2].state, HOST_COMING);
	assert_int_equal(found.list.p[3].state, HOST_GOING);
	assert_int_equal(found.list.p[4].references, -1);
}

static void odd_modules(void **state)
{
	DEFER(host_modules_free) struct host_modules found = {0};

	assert_int_equal(host_modules_parse(span_of(NULL, 0), &found, NULL), 0);
	assert_int_equal(found.list.n, 0);
	assert_int_equal(
		host_modules_parse(SPAN_LITERAL("\n \t \nalone\nx y z\0 u\nlast 5"), &found, NULL),
		0);
	assert_int_equal(found.list.n, 2); /* a NUL ends it all */
	assert_string_equal(found.list.p[0].name, "alone");
	assert_int_equal(found.list.p[0].references, 0);
	assert_string_equal(found.list.p[1].name, "x");
}

static void attributes(void **state)
{
	DEFER(host_names_free) struct host_names holders = {0};
	DEFER(host_sections_free) struct host_sections sections = {0};
	enum host_state seen;
	uint64_t size;
	long references;
	struct err err = {0};

	assert_int_equal(host_state(&host, "xor", &seen, &err), -ENOENT);
	assert_int_equal(host_references(&host, "xor", &references, &err), -ENOENT);
	write_text("sys/module/xor/coresize", "24576\n");
	write_text("sys/module/xor/refcnt", "-1\n");
	assert_int_equal(host_state(&host, "xor", &seen, &err), 0);
	assert_int_equal(seen, HOST_UNSTATED);
	write_text("sys/module/xor/initstate", "coming\n");
	assert_int_equal(host_state(&host, "xor", &seen, &err), 0);
	assert_int_equal(seen, HOST_COMING);
	assert_int_equal(host_size(&host, "xor", &size, &err), 0);
	assert_int_equal(size, 24576);
	assert_int_equal(host_references(&host, "xor", &references, &err), 0);
	assert_int_equal(references, -1);
	write_text("sys/module/xor/refcnt", "many\n");
	assert_int_equal(host_references(&host, "xor", &references, &err), -EINVAL);
	write_text("sys/module/xor/initstate", "asleep\n");
	assert_int_equal(host_state(&host, "xor", &seen, &err), -EINVAL);
	write_text("sys/module/xor/holders/btrfs/x", "");
	write_text("sys/module/xor/sections/.text", "0xffffffffc0a3c000\n");
	assert_int_equal(host_holders(&host, "xor", &holders, &err), 0);
	assert_int_equal(holders.list.n, 1);
	assert_string_equal(holders.list.p[0], "btrfs");
	assert_int_equal(host_sections(&host, "xor", &sections, &err), 0);
	assert_int_equal(sections.list.n, 1);
	assert_string_equal(sections.list.p[0].name, ".text");
	assert_true(sections.list.p[0].address == 0xffffffffc0a3c000);
}

static void no_memory(void **state)
{
	int code = -ENOMEM;

	write_text("proc/modules", lines);
	for (unsigned long n = 1; code == -ENOMEM; n++) {
		DEFER(host_modules_free) struct host_modules found = {0};
		struct err err = {0};

		mem_fail_at(n, 0);
		code = host_modules_read(&host, &found, &err);
		mem_fail_at(0, 0);
		assert_true(code == 0 || (code == -ENOMEM && err.text[0]));
	}
	assert_int_equal(code, 0);
}

static size_t differing(const struct buf *a, const struct buf *b)
{
	size_t n = 0;

	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		n += a->p[i] != b->p[i];
	return n;
}

static void forget(void **state)
{
	for (int kind = 0; kind < 4; kind++) {
		DEFER(buf_free) struct buf before = {0};
		DEFER(buf_free) struct buf after = {0};
		DEFER(ko_closep) struct ko *ko = NULL;
		DEFER(sample_free) struct sample sample;
		size_t count;

		sample_init(&sample, kind & 1, kind & 2);
		sample_module(&sample, &before);
		sample_free(&sample);
		buf_add(&after, before.p, before.n);
		assert_int_equal(ko_forget_versions(&after, "x", NULL), 0);
		assert_int_equal(differing(&before, &after), 1);
		assert_int_equal(ko_open_bytes(&ko, buf_span(&after), "x", NULL), 0);
		ko_versions(ko, &count);
		assert_int_equal(count, 0);
		assert_non_null(ko_info(ko, "vermagic"));
		ko_close(take_ptr(&ko));
		assert_int_equal(ko_forget_vermagic(&after, "x", NULL), 0);
		assert_int_equal(ko_open_bytes(&ko, buf_span(&after), "x", NULL), 0);
		assert_null(ko_info(ko, "vermagic"));
		assert_non_null(ko_info(ko, "license"));
	}
}

static void refused(void **state)
{
	const char *path = scratch_path("x.ko");
	struct err err = {0};

	assert_int_equal(host_insert(&host, path, "", 0, &err), -ENOENT);
	write_text("x.ko", "no module");
	/* -ENOEXEC of a kernel that looks at it, -EPERM where we may not ask, -ENOSYS without
	 * modules */
	assert_true(host_insert(&host, path, "", 0, &err) < 0);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(
		host_insert_bytes(SPAN_LITERAL("no module"), "x", "", HOST_IGNORE_VERMAGIC, &err),
		-ENOEXEC);
	assert_true(host_remove("lkm_no_such_module", false, &err) < 0);
	assert_non_null(strstr(err.text, "lkm_no_such_module"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(modules, set_up, scratch_remove),
		cmocka_unit_test(odd_modules),
		cmocka_unit_test_setup_teardown(attributes, set_up, scratch_remove),
		cmocka_unit_test_setup_teardown(no_memory, set_up, scratch_remove),
		cmocka_unit_test(forget),
		cmocka_unit_test_setup_teardown(refused, set_up, scratch_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
