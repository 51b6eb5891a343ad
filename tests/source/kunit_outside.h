/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KUnit and its tests as modules of a kernel that was built without KUnit; included before
 * everything else.
 *
 * With CONFIG_KUNIT some of the kernel's types have members for it, which this kernel's have not.
 * So the kernel's headers are read without it, and KUnit's then with it. The test of a task is kept
 * where a file system has its journal; none is on the way while a test runs. The kernel does not
 * look for the section with a module's suites: the module itself hands them over.
 */
#define journal_info                                                                               \
	kunit_nothing[0];                                                                          \
	struct kunit *kunit_test
#include <linux/sched.h>
#undef journal_info
#include <linux/module.h>
#include <linux/notifier.h>

#define CONFIG_KUNIT_MODULE 1

/* Names for code that is compiled, but not called without the notifier. */
#define kunit_suites tracepoints_ptrs
#define kunit_init_suites tracepoints_ptrs
#define num_kunit_suites num_tracepoints
#define num_kunit_init_suites num_tracepoints
#define register_module_notifier(block) 0
#define unregister_module_notifier(block) 0

#include <kunit/test.h>

#undef kunit_test_suites
#define kunit_test_suites(suites...)                                                               \
	static struct kunit_suite *outside_suites[] = {suites};                                    \
	static int __init outside_init(void)                                                       \
	{                                                                                          \
		return __kunit_test_suites_init(outside_suites, ARRAY_SIZE(outside_suites));       \
	}                                                                                          \
	module_init(outside_init);                                                                 \
	static void __exit outside_exit(void)                                                      \
	{                                                                                          \
		__kunit_test_suites_exit(outside_suites, ARRAY_SIZE(outside_suites));              \
	}                                                                                          \
	module_exit(outside_exit)

/* Suites in memory that is freed after init. */
#undef kunit_test_init_section_suites
#define kunit_test_init_section_suites(suites...)
