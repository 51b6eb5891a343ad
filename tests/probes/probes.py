# SPDX-License-Identifier: GPL-2.0-only
"""Probes: what a module is for, done by system calls, the same in lkm and in the real kernel.

A probe is a list of steps:

    ('load', MODULE, PARAMS)        with all that it needs, as modprobe does
    ('unload', MODULE)
    ('read', PATH)  ('write', PATH, TEXT)  ('sleep', MS)
    ('sys', CALL, ARG...)           a system call; an ARG is a number, a str (its address is passed, with a
                                    NUL behind it), bytes (likewise), Inout(bytes) or Out(length): these are
                                    part of the answer; or Result(n), what the n-th sys returned

Nothing answers request_module(): what is needed is loaded.
"""
import os
import struct
import subprocess
import tempfile
from dataclasses import dataclass


@dataclass
class Inout:
    data: bytes


def Out(length):
    return Inout(bytes(length))


@dataclass
class Result:
    number: int


NUMBERS = {'read': 0, 'write': 1, 'close': 3, 'ioctl': 16, 'pread64': 17, 'pwrite64': 18, 'socket': 41,
           'sendto': 44, 'recvfrom': 45, 'bind': 49, 'setsockopt': 54, 'fsync': 74, 'ftruncate': 77,
           'mount': 165, 'umount2': 166, 'openat': 257, 'mkdirat': 258, 'unlinkat': 263, 'renameat': 264,
           'accept4': 288, 'symlinkat': 266, 'readlinkat': 267}
AT_FDCWD, O_RDWR, O_CREAT, O_NONBLOCK = -100, 2, 0o100, 0o4000
PATTERN = bytes(range(256)) * 16


class Steps(list):
    """Steps, with the numbers of the system calls among them."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def add(self, *step):
        self.append(step)
        return self

    def sys(self, call, *arguments):
        self.append(('sys', call, *arguments))
        self.calls += 1
        return Result(self.calls - 1)

    def open(self, path, flags=O_RDWR):
        return self.sys('openat', AT_FDCWD, path, flags, 0o644)

    def tmpfs(self):
        self.sys('mkdirat', AT_FDCWD, '/mnt', 0o755)
        self.sys('mount', 'none', '/mnt', 'tmpfs', 0, 0)

    def close(self, *files):
        for file in files:
            self.sys('close', file)


PROBES = {}


def probe(function):
    PROBES[function.__name__] = function
    return function


def steps_of(name):
    steps = Steps()
    PROBES[name](steps)
    return steps


# Block devices -----------------------------------------------------------------------------------

def use_disk(steps, path):
    disk = steps.open(path)
    steps.sys('pwrite64', disk, PATTERN, len(PATTERN), 8192)
    steps.sys('fsync', disk)
    steps.close(disk)
    disk = steps.open(path)
    steps.sys('pread64', disk, Out(4096), 4096, 8192 + 16)
    steps.sys('pread64', disk, Out(512), 512, 1 << 40)
    steps.close(disk)


@probe
def brd(steps):
    steps.add('load', 'brd', 'rd_nr=1 rd_size=1024')
    use_disk(steps, '/dev/ram0')
    steps.add('read', '/sys/block/ram0/size').add('unload', 'brd')


@probe
def null_blk(steps):
    steps.add('load', 'null_blk', 'gb=1')
    use_disk(steps, '/dev/nullb0')
    steps.add('read', '/sys/block/nullb0/size').add('unload', 'null_blk')


@probe
def loop_on_file(steps):
    steps.add('load', 'loop', 'max_loop=1')
    steps.tmpfs()
    file = steps.open('/mnt/image', O_RDWR | O_CREAT)
    steps.sys('ftruncate', file, 1 << 20)
    loop = steps.open('/dev/loop0')
    steps.sys('ioctl', loop, 0x4c00, file)  # LOOP_SET_FD
    steps.add('read', '/sys/block/loop0/size')
    use_disk(steps, '/dev/loop0')
    steps.sys('pread64', file, Out(64), 64, 8192)
    steps.add('unload', 'loop')
    steps.sys('ioctl', loop, 0x4c01, 0)  # LOOP_CLR_FD
    steps.close(loop, file)
    steps.sys('umount2', '/mnt', 0)
    steps.add('sleep', 100).add('unload', 'loop')


@probe
def zram(steps):
    steps.add('load', 'lzo_rle', '').add('load', 'zram', '')
    steps.add('write', '/sys/block/zram0/disksize', '1048576').add('read', '/sys/block/zram0/disksize')
    use_disk(steps, '/dev/zram0')
    steps.add('write', '/sys/block/zram0/reset', '1').add('read', '/sys/block/zram0/disksize')
    steps.add('unload', 'zram')


@probe
def scsi_debug(steps):
    steps.add('load', 'sd_mod', '').add('load', 'scsi_debug', 'dev_size_mb=8').add('sleep', 2000)
    steps.add('read', '/sys/block/sda/size').add('read', '/sys/block/sda/device/model')
    use_disk(steps, '/dev/sda')
    steps.add('unload', 'scsi_debug').add('unload', 'sd_mod')


# File systems ------------------------------------------------------------------------------------

def image_of(size_mb, *mkfs):
    """[(offset, bytes)] of what mkfs writes to a file of that size, by pages."""
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(size_mb << 20)
        options = ['-noappend', '-quiet'] if mkfs[0] == 'mksquashfs' else []
        path = os.environ['PATH'] + ':/usr/sbin:/sbin'  # where a user's may not lead
        subprocess.run([*mkfs, file.name, *options], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env={**os.environ, 'PATH': path}, check=True)
        size = os.path.getsize(file.name)
        pages, zero = [], bytes(4096)
        for offset in range(0, size, 4096):
            page = file.read(4096)
            if page.ljust(4096, b'\0') != zero:
                pages.append((offset, page))
    return pages


def use_directory(steps, top):
    file = steps.open(f'{top}/file', O_RDWR | O_CREAT)
    steps.sys('write', file, PATTERN, len(PATTERN))
    steps.sys('pwrite64', file, b'far away', 8, 1 << 16)
    steps.sys('fsync', file)
    steps.close(file)
    steps.sys('mkdirat', AT_FDCWD, f'{top}/directory', 0o755)
    steps.sys('renameat', AT_FDCWD, f'{top}/file', AT_FDCWD, f'{top}/directory/renamed')


def find_again(steps, top):
    file = steps.open(f'{top}/directory/renamed')
    steps.sys('pread64', file, Out(4096), 4096, 0)
    steps.sys('pread64', file, Out(16), 16, (1 << 16) - 8)
    steps.close(file)
    steps.open(f'{top}/file')


def on_disk(steps, size_mb, *mkfs):
    """A disk in memory with what mkfs makes."""
    steps.add('load', 'brd', f'rd_nr=1 rd_size={size_mb << 10}')
    disk = steps.open('/dev/ram0')
    for offset, page in image_of(size_mb, *mkfs):
        steps.sys('pwrite64', disk, page, len(page), offset)
    steps.sys('fsync', disk)
    steps.close(disk)
    steps.sys('mkdirat', AT_FDCWD, '/mnt', 0o755)


def file_system(steps, name, modules=()):
    """Writes to the file system of the disk, and finds it again after it was mounted anew."""
    for module in (*modules, name):
        steps.add('load', module, '')
    steps.sys('mount', '/dev/ram0', '/mnt', name, 0, 0)
    use_directory(steps, '/mnt')
    steps.sys('umount2', '/mnt', 0)
    steps.sys('mount', '/dev/ram0', '/mnt', name, 0, 0)
    find_again(steps, '/mnt')
    steps.sys('umount2', '/mnt', 0)
    steps.add('sleep', 200).add('unload', name).add('unload', 'brd')


UUID = '6c6b6d00-0000-4000-8000-000000000001'


@probe
def ext4(steps):
    on_disk(steps, 8, 'mke2fs', '-q', '-F', '-t', 'ext4', '-U', UUID, '-E', f'hash_seed={UUID}')
    file_system(steps, 'ext4', ['crc32c_generic'])


@probe
def btrfs(steps):
    on_disk(steps, 128, 'mkfs.btrfs', '-q', '-f', '-U', UUID)
    file_system(steps, 'btrfs', ['crc32c_generic'])


@probe
def xfs(steps):
    on_disk(steps, 300, 'mkfs.xfs', '-q', '-f', '-m', f'uuid={UUID}')
    file_system(steps, 'xfs', ['crc32c_generic'])


@probe
def vfat(steps):
    on_disk(steps, 8, 'mkfs.vfat', '-i', '6c6b6d01')
    file_system(steps, 'vfat', ['nls_cp437', 'nls_ascii', 'nls_utf8'])


@probe
def squashfs(steps):
    with tempfile.TemporaryDirectory() as directory:
        with open(f'{directory}/text', 'wb') as file:
            file.write(PATTERN * 3)
        on_disk(steps, 4, 'mksquashfs', directory)
    steps.add('load', 'squashfs', '')
    steps.sys('mount', '/dev/ram0', '/mnt', 'squashfs', 1, 0)  # MS_RDONLY
    file = steps.open('/mnt/text', 0)
    steps.sys('pread64', file, Out(64), 64, 8192 + 100)
    steps.close(file)
    steps.open('/mnt/text')
    steps.sys('umount2', '/mnt', 0)
    steps.add('sleep', 200).add('unload', 'squashfs').add('unload', 'brd')


@probe
def overlay(steps):
    steps.add('load', 'overlay', '')
    steps.tmpfs()
    for name in ('lower', 'upper', 'work', 'merged'):
        steps.sys('mkdirat', AT_FDCWD, f'/mnt/{name}', 0o755)
    file = steps.open('/mnt/lower/below', O_RDWR | O_CREAT)
    steps.sys('write', file, b'below', 5)
    steps.close(file)
    steps.sys('mount', 'overlay', '/mnt/merged', 'overlay', 0,
              'lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work')
    use_directory(steps, '/mnt/merged')
    find_again(steps, '/mnt/merged')
    file = steps.open('/mnt/merged/below')
    steps.sys('pwrite64', file, b'B', 1, 0)
    steps.close(file)
    steps.sys('umount2', '/mnt/merged', 0)
    steps.add('read', '/mnt/lower/below').add('read', '/mnt/upper/below')
    steps.add('unload', 'overlay')


# Network -----------------------------------------------------------------------------------------

AF_PACKET, AF_NETLINK, SOCK_RAW, SOCK_DGRAM, ETH_P_ALL = 17, 16, 3, 2, 0x0300
RTM_NEWLINK, NLM_CREATE = 16, 0x605  # request, acknowledge, create, exclusive
IFF_UP = 1


def attribute(kind, data):
    return struct.pack('<HH', 4 + len(data), kind) + data + bytes(-len(data) % 4)


def message(kind, flags, body):
    return struct.pack('<IHHII', 16 + len(body), kind, flags, 1, 0) + body


def link(*attributes, flags=0):
    return struct.pack('<BxHiII', 0, 0, 0, flags, flags) + b''.join(attributes)


def name_is(name):
    return attribute(3, name.encode() + b'\0')


def kind_is(kind, data=b''):
    return attribute(18, attribute(1, kind.encode()) + (attribute(2, data) if data else b''))


def netlink_socket(steps, protocol):
    netlink = steps.sys('socket', AF_NETLINK, SOCK_RAW, protocol)
    steps.sys('bind', netlink, struct.pack('<HHII', AF_NETLINK, 0, 4242, 0), 12)
    return netlink


def tell(steps, netlink, text):
    """Sends a request; the acknowledgement holds its errno."""
    steps.sys('sendto', netlink, text, len(text), 0, 0, 0)
    steps.sys('recvfrom', netlink, Out(20), 20, 0x40, 0, 0)  # MSG_DONTWAIT


def set_up(steps, netlink, name, *attributes):
    tell(steps, netlink, message(RTM_NEWLINK, 5, link(name_is(name), *attributes, flags=IFF_UP)))


def packets_of(steps, interface):
    """A socket for the raw packets of an interface, whose index is the n-th; see bind()."""
    packets = steps.sys('socket', AF_PACKET, SOCK_RAW | 0o4000, ETH_P_ALL)
    steps.sys('bind', packets, struct.pack('<HHiHBB8x', AF_PACKET, ETH_P_ALL, interface, 0, 0, 0), 20)
    return packets


FRAME = bytes.fromhex('ffffffffffff0200000000010800') + b'hello from a probe' + bytes(40)


def keep_quiet(steps, device):
    """Else IPv6 asks after a random while whether somebody has its address."""
    steps.add('write', f'/proc/sys/net/ipv6/conf/{device}/disable_ipv6', '1')


@probe
def veth(steps):
    steps.add('load', 'veth', '')
    netlink = netlink_socket(steps, 0)
    peer = attribute(1, link(name_is('right')))
    tell(steps, netlink, message(RTM_NEWLINK, NLM_CREATE, link(name_is('left'), kind_is('veth', peer))))
    for name in ('left', 'right'):
        keep_quiet(steps, name)
        set_up(steps, netlink, name)
    steps.add('sleep', 200).add('read', '/sys/class/net/left/operstate').add('read', '/sys/class/net/right/ifindex')
    right, left = packets_of(steps, 2), packets_of(steps, 3)
    steps.sys('write', left, FRAME, len(FRAME))
    steps.sys('recvfrom', right, Out(128), 128, 0x40, 0, 0)
    steps.close(left, right, netlink)
    steps.add('sleep', 100).add('unload', 'veth')


@probe
def bridge(steps):
    steps.add('load', 'bridge', '').add('load', 'dummy', 'numdummies=1')
    netlink = netlink_socket(steps, 0)
    tell(steps, netlink, message(RTM_NEWLINK, NLM_CREATE, link(name_is('br0'), kind_is('bridge'))))
    steps.add('read', '/sys/class/net/br0/ifindex').add('read', '/sys/class/net/br0/bridge/stp_state')
    for name in ('br0', 'dummy0'):
        keep_quiet(steps, name)
    set_up(steps, netlink, 'br0')
    tell(steps, netlink, message(RTM_NEWLINK, 5, link(name_is('dummy0'), attribute(10, struct.pack('<I', 3)))))
    set_up(steps, netlink, 'dummy0')
    steps.add('sleep', 200).add('read', '/sys/class/net/dummy0/brport/state')
    bridge_side, dummy_side = packets_of(steps, 3), packets_of(steps, 2)
    steps.sys('write', bridge_side, FRAME, len(FRAME))
    steps.sys('recvfrom', dummy_side, Out(128), 128, 0x40, 0, 0)
    steps.close(bridge_side, dummy_side, netlink)
    steps.add('unload', 'dummy').add('sleep', 100).add('unload', 'bridge')


@probe
def tun(steps):
    steps.add('load', 'tun', '')
    device = steps.open('/dev/net/tun', O_RDWR | O_NONBLOCK)
    steps.sys('ioctl', device, 0x400454ca, Inout(struct.pack('<16sH22x', b'tap0', 0x1002)))  # TUNSETIFF
    steps.add('read', '/sys/class/net/tap0/tun_flags')
    netlink = netlink_socket(steps, 0)
    keep_quiet(steps, 'tap0')
    set_up(steps, netlink, 'tap0')
    packets = packets_of(steps, 2)
    steps.sys('write', packets, FRAME, len(FRAME))
    steps.sys('read', device, Out(128), 128)
    steps.sys('write', device, FRAME, len(FRAME))
    steps.add('read', '/sys/class/net/tap0/statistics/rx_packets')
    steps.close(packets, netlink, device)
    steps.add('sleep', 100).add('unload', 'tun')


def nft_message(kind, flags, family, body=b'', subsystem=10):
    return message(subsystem << 8 | kind, flags, struct.pack('>BBH', family, 0, 0) + body)


def nft_batch(*messages):
    edges = [struct.pack('<IHHII', 20, kind, 1, 0, 0) + struct.pack('>BBH', 0, 0, 10) for kind in (16, 17)]
    return edges[0] + b''.join(messages) + edges[1]


@probe
def nf_tables(steps):
    steps.add('load', 'nf_tables', '')
    netlink = netlink_socket(steps, 12)
    name = attribute(1, b'probe\0')
    create = nft_batch(nft_message(0, 0x405, 2, name))
    tell(steps, netlink, create)
    tell(steps, netlink, nft_batch(nft_message(3, 0x405, 2, name + attribute(3, b'chain\0'))))
    tell(steps, netlink, nft_batch(nft_message(0, 0x605, 2, name)))  # exists
    tell(steps, netlink, nft_batch(nft_message(2, 5, 2, name)))
    tell(steps, netlink, nft_batch(nft_message(2, 5, 2, name)))  # is gone
    steps.close(netlink)
    steps.add('sleep', 200).add('unload', 'nf_tables')


@probe
def iptables(steps):
    steps.add('load', 'iptable_filter', '').add('load', 'xt_state', '').add('load', 'xt_LOG', '')
    steps.add('read', '/proc/net/ip_tables_matches').add('read', '/proc/net/ip_tables_targets')
    table = steps.sys('socket', 2, SOCK_RAW, 255)
    steps.close(table)
    steps.add('unload', 'xt_LOG').add('unload', 'xt_state').add('unload', 'iptable_filter')


# Ciphers -----------------------------------------------------------------------------------------

AF_ALG = 38


def algorithm(kind, name):
    return struct.pack('<H14sII64s', AF_ALG, kind.encode(), 0, 0, name.encode())


@probe
def algif_hash(steps):
    steps.add('load', 'algif_hash', '').add('load', 'sha256_generic', '')
    listener = steps.sys('socket', AF_ALG, 5, 0)
    steps.sys('bind', listener, algorithm('hash', 'sha256'), 88)
    hashing = steps.sys('accept4', listener, 0, 0, 0)
    steps.sys('write', hashing, b'abc', 3)
    steps.sys('read', hashing, Out(64), 64)
    steps.close(hashing, listener)
    steps.add('unload', 'algif_hash')


@probe
def algif_skcipher(steps):
    steps.add('load', 'algif_skcipher', '').add('load', 'ecb', '').add('load', 'serpent_generic', '')
    steps.add('sleep', 2000)
    listener = steps.sys('socket', AF_ALG, 5, 0)
    steps.sys('bind', listener, algorithm('skcipher', 'ecb(serpent)'), 88)
    steps.sys('setsockopt', listener, 279, 1, bytes(range(16)), 16)
    cipher = steps.sys('accept4', listener, 0, 0, 0)
    steps.sys('write', cipher, bytes(32), 32)
    steps.sys('read', cipher, Out(32), 32)
    steps.close(cipher, listener)


@probe
def self_tests(steps):
    names = ('blake2b_generic', 'camellia_generic', 'cast6_generic', 'des_generic', 'serpent_generic',
             'streebog_generic', 'twofish_generic', 'wp512', 'xcbc', 'michael_mic')
    for name in names:
        steps.add('load', name, '')
    steps.add('sleep', 5000)
    for name in reversed(names):
        steps.add('unload', name)


# Devices -----------------------------------------------------------------------------------------

@probe
def snd_dummy(steps):
    steps.add('load', 'snd_dummy', '')
    for path in ('cards', 'card0/id', 'card0/pcm0p/info', 'devices', 'pcm'):
        steps.add('read', f'/proc/asound/{path}')
    control = steps.open('/dev/snd/controlC0')
    steps.sys('ioctl', control, 0x80045500, Out(4))  # SNDRV_CTL_IOCTL_PVERSION
    steps.sys('ioctl', control, 0x81785501, Out(376))  # SNDRV_CTL_IOCTL_CARD_INFO
    steps.close(control)
    steps.add('unload', 'snd_dummy')


@probe
def vivid(steps):
    steps.add('load', 'vivid', 'n_devs=1')
    video = steps.open('/dev/video0')
    steps.sys('ioctl', video, 0x80685600, Out(104))  # VIDIOC_QUERYCAP
    steps.sys('ioctl', video, 0xc0d05604, Inout(struct.pack('<I204x', 1)))  # VIDIOC_G_FMT
    steps.sys('read', video, bytes(4096), 4096)  # a picture shows the time: only how much of it
    steps.close(video)
    steps.add('unload', 'vivid')


@probe
def usb_gadget(steps):
    steps.add('load', 'dummy_hcd', '').add('sleep', 100).add('load', 'g_zero', '').add('sleep', 3000)
    for path in ('usb1/product', '1-1/product', '1-1/idVendor', '1-1/speed', '1-1/bNumConfigurations'):
        steps.add('read', f'/sys/bus/usb/devices/{path}')
    steps.add('unload', 'g_zero').add('sleep', 1000).add('unload', 'dummy_hcd')


@probe
def eeprom(steps):
    steps.add('load', 'i2c_stub', 'chip_addr=0x50').add('load', 'eeprom', '').add('load', 'at24', '')
    steps.add('write', '/sys/bus/i2c/devices/i2c-0/new_device', '24c02 0x50')
    steps.add('read', '/sys/bus/i2c/devices/0-0050/name')
    chip = steps.open('/sys/bus/i2c/devices/0-0050/eeprom')
    steps.sys('pwrite64', chip, b'kept', 4, 16)
    steps.sys('pread64', chip, Out(8), 8, 14)
    steps.close(chip)
    steps.add('write', '/sys/bus/i2c/devices/i2c-0/delete_device', '0x50')
    steps.add('unload', 'at24').add('unload', 'i2c_stub')


@probe
def test_modules(steps):
    for name in ('test_static_keys', 'test_firmware'):
        steps.add('load', name, '')
    steps.add('write', '/sys/devices/virtual/misc/test_firmware/trigger_request', 'nothing')
    for name in ('test_firmware', 'test_static_keys'):
        steps.add('unload', name)


@probe
def kprobe(steps):
    steps.add('load', 'dummy', '')
    steps.add('write', '/sys/kernel/tracing/kprobe_events', 'p:probe dummy:dummy_xmit')
    steps.add('read', '/sys/kernel/tracing/kprobe_events')
    steps.add('write', '/sys/kernel/tracing/kprobe_events', '-:probe')
    steps.add('unload', 'dummy')


@probe
def ftrace(steps):
    steps.add('load', 'dummy', '')
    steps.add('write', '/sys/kernel/tracing/set_ftrace_filter', 'dummy_xmit')
    steps.add('read', '/sys/kernel/tracing/set_ftrace_filter')
    steps.add('unload', 'dummy')
