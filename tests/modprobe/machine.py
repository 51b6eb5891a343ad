# SPDX-License-Identifier: GPL-2.0-only
"""A distribution's kernel in QEMU that runs one script of the shell with the tools of one side: ours or kmod's."""
import gzip
import lzma
import os
import shutil
import subprocess

import kmods

MODULES = os.path.join(kmods.CACHE, '{0}/lib/modules/{0}')
KMOD34 = os.path.join(os.path.dirname(kmods.CACHE), 'kmod34')
TOOLS = ['modprobe', 'insmod', 'rmmod', 'lsmod', 'depmod', 'modinfo']


class Disk:
    """An initial RAM disk: a cpio archive ("newc")."""

    def __init__(self):
        self.entries, self.made = [], set()

    def parents(self, path):
        directory = os.path.dirname(path)
        if directory and directory not in self.made:
            self.parents(directory)
            self.made.add(directory)
            self.entry(directory, 0o40755, b'')

    def entry(self, path, mode, data):
        number = len(self.entries) + 1
        head = '070701' + ''.join(f'{field:08x}' for field in (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
                                                               len(path) + 1, 0))
        name = (head + path).encode() + b'\0'
        name += b'\0' * (-len(name) % 4)
        self.entries.append(name + data + b'\0' * (-len(data) % 4))

    def add(self, path, data, mode=0o100644):
        path = path.lstrip('/')
        self.parents(path)
        self.entry(path, mode, data.encode() if isinstance(data, str) else data)

    def link(self, path, target):
        self.add(path, target, 0o120777)

    def copy(self, path, source, mode=0o100755):
        with open(source, 'rb') as file:
            self.add(path, file.read(), mode)

    def write(self, path):
        self.entry('TRAILER!!!', 0, b'')
        with gzip.open(path, 'wb', compresslevel=1) as file:
            file.write(b''.join(self.entries))


def libraries(*listing):
    """{where it is looked for: where it is}, as told by the loader of a program"""
    lines = subprocess.run(listing, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    for words in (line.split() for line in lines):
        found = next((word for word in words if word.startswith('/')), None)
        if found:
            yield words[0] if words[0].startswith('/') else found, found


def add_ours(disk):
    disk.copy('/tools/lkm', os.environ['LKM'])
    for tool in (*TOOLS, 'kmod'):
        disk.link(f'/tools/{tool}', 'lkm')
    for path, source in {**dict(libraries('ldd', '/bin/dash')), **dict(libraries('ldd', os.environ['LKM']))}.items():
        disk.copy(path, source)


def add_theirs(disk):
    """kmod 34 and the C library it was built for, with which the shell runs as well."""
    folder, program = os.path.join(KMOD34, 'usr/lib/x86_64-linux-gnu'), os.path.join(KMOD34, 'usr/bin/kmod')
    loader = os.path.join(folder, 'ld-linux-x86-64.so.2')
    disk.copy('/tools/kmod', program)
    for tool in TOOLS:
        disk.link(f'/tools/{tool}', 'kmod')
    for _, source in libraries(loader, '--library-path', folder, '--list', program):
        disk.copy('/lib/x86_64-linux-gnu/' + os.path.basename(source), source)
    for name in os.listdir(folder):
        if name.split('.so')[0] in ('libcrypto', 'liblzma', 'libzstd'):  # opened when they are needed
            disk.copy('/lib/x86_64-linux-gnu/' + name, os.path.join(folder, name))
    disk.copy('/lib64/ld-linux-x86-64.so.2', loader)


def unpacked(path):
    """The bytes of a module that may also be there as .ko.xz."""
    packed = os.path.exists(path + '.xz')
    with lzma.open(path + '.xz') if packed else open(path, 'rb') as file:
        return file.read()


class Machine:
    def __init__(self, work, release, modules):
        """modules: paths in the release's tree; their indexes are made for these alone."""
        self.work, self.release = work, release
        self.root = os.path.join(work, 'root')
        self.base = os.path.join(self.root, 'lib/modules', release)
        tree = MODULES.format(release)
        for path in modules:
            os.makedirs(os.path.dirname(os.path.join(self.base, path)), exist_ok=True)
            with open(os.path.join(self.base, path), 'wb') as file:
                file.write(unpacked(os.path.join(tree, path)))
        for name in ('modules.order', 'modules.builtin', 'modules.builtin.modinfo'):
            shutil.copy(os.path.join(tree, name), self.base)
        subprocess.run([os.environ['LKM'], 'depmod', '-C', '/dev/null', '-b', self.root, release], check=True)

    def run(self, side, script, files, timeout):
        """What it prints on its console."""
        disk = Disk()
        disk.copy('/init', os.path.join(os.environ['LKM_BUILD'], 'tests/modprobe/guest'))
        disk.copy('/bin/sh', '/bin/dash')
        (add_ours if side == 'ours' else add_theirs)(disk)
        for directory, _, names in os.walk(self.root):
            for name in names:
                source = os.path.join(directory, name)
                disk.copy(os.path.relpath(source, self.root), source, 0o100644)
        for path, data in {**files, '/script': script}.items():
            disk.add(path, data)
        image = os.path.join(self.work, f'{side}.cpio.gz')
        disk.write(image)
        kernel = os.path.join(kmods.CACHE, self.release, 'boot/vmlinuz-' + self.release)
        command = ['qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'max', '-m', '384', '-nodefaults', '-no-reboot',
                   '-display', 'none', '-serial', 'stdio', '-kernel', kernel, '-initrd', image,
                   '-append', 'console=ttyS0 quiet loglevel=0 panic=-1 reboot=t']
        try:
            said = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=timeout, check=False).stdout
        except subprocess.TimeoutExpired as late:
            said = late.stdout or b''
        return said.decode(errors='replace').replace('\r\n', '\n')
