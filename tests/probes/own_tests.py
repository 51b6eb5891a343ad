# SPDX-License-Identifier: GPL-2.0-only
"""Probes: the kernel's own tests, as far as a release ships them as modules."""
from steps import O_CREAT, O_RDWR, Out, PATTERN, probe


@probe
def test_static_keys(steps):
    steps.add('load', 'test_static_keys', '').add('unload', 'test_static_keys').add('unload', 'test_static_key_base')


@probe
def test_firmware(steps):
    steps.add('load', 'test_firmware', '')
    steps.tmpfs()
    firmware = steps.open('/mnt/firmware', O_RDWR | O_CREAT)
    steps.sys('write', firmware, PATTERN, 2048)
    steps.close(firmware)
    steps.add('write', '/sys/module/firmware_class/parameters/path', '/mnt')
    test = '/sys/devices/virtual/misc/test_firmware'
    for name in ('nothing', 'firmware'):
        steps.add('write', f'{test}/trigger_request', name)
        device = steps.open('/dev/test_firmware', 0)
        steps.sys('read', device, Out(len(PATTERN)), len(PATTERN))
        steps.close(device)
    for name, text in (('trigger_async_request', 'firmware'), ('config_name', 'firmware'),
                       ('config_num_requests', '2'), ('trigger_batched_requests', '1')):
        steps.add('write', f'{test}/{name}', text)
    steps.add('read', f'{test}/config').add('read', f'{test}/test_result')
    for number in (0, 1, 2):
        steps.add('write', f'{test}/config_read_fw_idx', str(number)).add('read', f'{test}/read_firmware')
    steps.add('write', f'{test}/release_all_firmware', '1').add('read', f'{test}/read_firmware')
    steps.add('unload', 'test_firmware')


@probe
def test_bpf(steps):
    """A thousand programs, interpreted and translated; the log has a line for each."""
    steps.add('load', 'test_bpf', '').add('unload', 'test_bpf')


@probe
def test_user_copy(steps):
    steps.needs('test_user_copy')
    steps.add('load', 'test_user_copy', '').add('unload', 'test_user_copy')
