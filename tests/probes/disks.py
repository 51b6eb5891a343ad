# SPDX-License-Identifier: GPL-2.0-only
"""Probes of disks."""
import struct

from steps import O_CREAT, O_RDWR, Out, PATTERN, probe

MEMERASE = 0x40084d02


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
    steps.add('load', 'null_blk', 'gb=1 memory_backed=1')
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


@probe
def nandsim(steps):
    """Flash: written by pages, and only erased by blocks."""
    for name in ('nandsim', 'mtdblock'):
        steps.add('load', name, '')
    steps.add('read', '/proc/mtd')
    flash = steps.open('/dev/mtd0')
    for data in (PATTERN[:512], bytes(512)):
        steps.sys('pwrite64', flash, data, 512, 512)
        steps.sys('pread64', flash, Out(1024), 1024, 256)
    steps.sys('pwrite64', flash, b'short', 5, 0)
    steps.sys('ioctl', flash, MEMERASE, struct.pack('<II', 0, 16384))
    steps.sys('pread64', flash, Out(1024), 1024, 256)
    steps.close(flash)
    steps.add('sleep', 200).add('unload', 'mtdblock').add('unload', 'nandsim')
