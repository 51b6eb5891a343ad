# SPDX-License-Identifier: GPL-2.0-only
"""Modules that Debian's kernels do not have, but its source of them has: what is built, and what is not."""

# Of the source, what is unpacked.
TREE = ['lib', 'samples', 'drivers/net/netdevsim', 'drivers/misc/lkdtm', 'tools/testing/selftests/kselftest_module.h']

# With Makefiles of their own.
FOLDERS = {'drivers/net/netdevsim': 'CONFIG_NETDEVSIM', 'drivers/misc/lkdtm': 'CONFIG_LKDTM'}

# One file each. A series that has no such file goes without.
MODULES = [
    *(f'lib/{name}' for name in (
        'atomic64_test', 'globtest', 'interval_tree_test', 'percpu_test', 'test-kstrtox', 'test-string_helpers',
        'test_bitmap', 'test_bitops', 'test_blackhole_dev', 'test_dynamic_debug', 'test_hexdump', 'test_ida',
        'test_memcat_p', 'test_meminit', 'test_min_heap', 'test_module', 'test_printf',
        'test_ref_tracker', 'test_scanf', 'test_siphash', 'test_static_key_base',
        'test_string', 'test_strscpy', 'test_sysctl', 'test_uuid')),
    *(f'samples/{name}' for name in (
        'configfs/configfs_sample', 'fprobe/fprobe_example', 'hw_breakpoint/data_breakpoint',
        'kfifo/bytestream-example', 'kfifo/dma-example', 'kfifo/inttype-example', 'kfifo/record-example',
        'kobject/kobject-example', 'kobject/kset-example', 'kprobes/kprobe_example', 'kprobes/kretprobe_example',
        'livepatch/livepatch-sample', 'trace_printk/trace-printk')),
]

# Tests of the KUnit framework, built as kunit_outside.h says.
KUNIT = [
    *(f'lib/{name}' for name in (
        'bitfield_kunit', 'checksum_kunit', 'cmdline_kunit', 'cpumask_kunit', 'hashtable_test', 'is_signed_type_kunit',
        'kunit_iov_iter', 'list-test', 'memcpy_kunit', 'overflow_kunit', 'siphash_kunit', 'string_helpers_kunit',
        'string_kunit', 'test_bits', 'test_hash', 'test_linear_ranges', 'test_list_sort', 'test_sort',
        'math/rational-test')),
    'lib/kunit/kunit-example-test', 'lib/kunit/kunit-test',
]
# What the framework itself consists of, those that a series has.
FRAMEWORK = ['test', 'resource', 'string-stream', 'assert', 'try-catch', 'executor', 'static_stub',
             'attributes', 'device', 'platform', 'hooks']

NOT_BUILT = {
    'kernel/time/time_test': 'goes through 160,000 years, which takes an emulated processor minutes',
    'lib/crc32test': 'prints how long it took',
    'lib/rbtree_test': 'prints how long it took',
    'lib/slub_kunit': 'needs headers of mm/ and a hook that CONFIG_KUNIT puts into the kernel',
    'lib/test_debug_virtual': 'needs CONFIG_DEBUG_VIRTUAL in the kernel',
    'lib/test_fpu': 'its flags are set by the build of the kernel',
    'lib/test_free_pages': 'runs until it is killed',
    'lib/test_hmm': 'needs CONFIG_DEVICE_PRIVATE',
    'lib/test_kmod': 'needs a modprobe of its own',
    'lib/test_lockup': 'locks up',
    'lib/test_maple_tree': 'needs CONFIG_DEBUG_MAPLE_TREE in the kernel',
    'lib/test_objagg': 'only drivers that Debian leaves out select what it tests',
    'lib/test_objpool': 'prints how long it took',
    'lib/test_parman': 'only drivers that Debian leaves out select what it tests',
    'lib/test_rhashtable': 'takes an emulated processor minutes',
    'lib/test_ubsan': 'needs CONFIG_UBSAN in the kernel',
    'lib/test_vmalloc': 'prints how long it took',
    'lib/test_xarray': 'takes an emulated processor minutes',
    'lib/usercopy_kunit': 'needs mm_alloc(), which the kernel exports only with CONFIG_KUNIT',
}
