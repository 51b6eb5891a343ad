# SPDX-License-Identifier: GPL-2.0-only
"""Modules that are loaded while another one, slow, is starting or going."""
import functools
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../..'), os.path.join(HERE, '../corpus')]
import build  # noqa: E402
from kernel_files import built  # noqa: E402

# {name: (state of slow, the module that is loaded meanwhile, parameters of slow)}; again: slow in another file
CASES = {
    'name-coming': ('coming', 'again', 'init_ms=2000'),
    'name-coming-fails': ('coming', 'again', 'init_ms=2000 result=-5'),
    'name-going': ('going', 'again', 'exit_ms=2000'),
    'user-coming': ('coming', 'user', 'init_ms=2000'),
    'user-coming-fails': ('coming', 'user', 'init_ms=2000 result=-5'),
    'user-coming-long': ('coming', 'user', 'init_ms=40000'),
    'user-going': ('going', 'user', 'exit_ms=2000'),
}


def modules(release):
    """The directory of the modules, built for a release."""
    return built(os.path.join(HERE, 'modules'), os.path.join(build.BUILD, 'tests/load/states', release),
                 functools.partial(build.compile_modules, release))


def expected_path(release):
    return os.path.join(HERE, f'expected-{build.series(release)}.jsonl')
