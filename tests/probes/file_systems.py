# SPDX-License-Identifier: GPL-2.0-only
"""Probes of file systems on a disk in memory."""
import os
import subprocess
import tempfile

from steps import AT_FDCWD, O_CREAT, O_RDWR, Out, PATTERN, probe


ENV = {**os.environ, 'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'}  # where a user's may not lead
# Each version of these makes another disk, and kernels do other things with it.
MAKERS = {'ext4': ['mke2fs', '-V'], 'overlay': ['mke2fs', '-V'], 'btrfs': ['mkfs.btrfs', '--version'],
          'xfs': ['mkfs.xfs', '-V'], 'squashfs': ['mksquashfs', '-version']}


def maker_of(name):
    """What makes the disk of a probe, as it tells its version; None when it has none."""
    if name not in MAKERS:
        return None
    said = subprocess.run(MAKERS[name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENV, text=True, check=True)
    return said.stdout.splitlines()[0].strip()


def image_of(size_mb, *mkfs):
    """[(offset, bytes)] of what mkfs writes to a file of that size, by pages."""
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(size_mb << 20)
        options = ['-noappend', '-quiet'] if mkfs[0] == 'mksquashfs' else []
        subprocess.run([*mkfs, file.name, *options], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env=ENV, check=True)
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
MKE2FS = ('mke2fs', '-q', '-F', '-t', 'ext4', '-U', UUID, '-E', f'hash_seed={UUID}')


@probe
def ext4(steps):
    on_disk(steps, 8, *MKE2FS)
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
    on_disk(steps, 8, *MKE2FS)
    for module in ('crc32c_generic', 'ext4', 'overlay'):
        steps.add('load', module, '')
    steps.sys('mount', '/dev/ram0', '/mnt', 'ext4', 0, 0)
    for name in ('lower', 'upper', 'work', 'merged'):
        steps.sys('mkdirat', AT_FDCWD, f'/mnt/{name}', 0o755)
    file = steps.open('/mnt/lower/below', O_RDWR | O_CREAT)
    steps.sys('write', file, b'below', 5)
    steps.close(file)
    options = 'lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work'
    steps.sys('mount', 'overlay', '/mnt/merged', 'overlay', 0, options)
    use_directory(steps, '/mnt/merged')
    steps.sys('umount2', '/mnt/merged', 0)
    steps.sys('mount', 'overlay', '/mnt/merged', 'overlay', 0, options)
    find_again(steps, '/mnt/merged')
    file = steps.open('/mnt/merged/below')
    steps.sys('pwrite64', file, b'B', 1, 0)
    steps.close(file)
    steps.sys('umount2', '/mnt/merged', 0)
    steps.add('read', '/mnt/lower/below').add('read', '/mnt/upper/below')
    steps.sys('unlinkat', AT_FDCWD, '/mnt/upper/below', 0)
    steps.sys('umount2', '/mnt', 0)
    steps.add('sleep', 200)
    for module in ('overlay', 'ext4', 'brd'):
        steps.add('unload', module)
