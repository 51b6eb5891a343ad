# SPDX-License-Identifier: GPL-2.0-only
"""Probes: the kernel's own tests, as far as a release ships them as modules."""
from steps import probe

@probe
def test_modules(steps):
    for name in ('test_static_keys', 'test_firmware'):
        steps.add('load', name, '')
    steps.add('write', '/sys/devices/virtual/misc/test_firmware/trigger_request', 'nothing')
    for name in ('test_firmware', 'test_static_keys'):
        steps.add('unload', name)
