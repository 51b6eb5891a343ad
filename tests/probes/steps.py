# SPDX-License-Identifier: GPL-2.0-only
"""Probes: what a module is for, done by system calls, the same in lkm and in the real kernel.

A probe is a list of steps:

    ('load', MODULE, PARAMS)        with all that it needs, as modprobe does
    ('unload', MODULE)
    ('read', PATH)  ('write', PATH, TEXT)  ('sleep', MS)
    ('offer', MODULE)               loads a module that only some processors can use: this and what it says
                                    is no part of the answer
    ('algorithms', FOLDER)          of /proc/crypto those that modules of a folder have brought, and what the
                                    self-test of each said
    ('sys', CALL, ARG...)           a system call; an ARG is a number, a str (its address is passed, with a
                                    NUL behind it), bytes (likewise), Inout(bytes) or Out(length): these are
                                    part of the answer, but for the bytes that are hidden; or Result(n), what
                                    the n-th sys returned

Nothing answers request_module(): what is needed is loaded. A probe may look at what modules the release
has, so that one can be of all modules of a kind.
"""
import os
from dataclasses import dataclass


@dataclass
class Inout:
    data: bytes
    hidden: range = range(0)


def Out(length, hidden=range(0)):
    return Inout(bytes(length), hidden)


@dataclass
class Result:
    number: int


NUMBERS = {'read': 0, 'write': 1, 'close': 3, 'mmap': 9, 'munmap': 11, 'ioctl': 16, 'pread64': 17, 'pwrite64': 18,
           'socket': 41, 'sendto': 44, 'recvfrom': 45, 'sendmsg': 46, 'bind': 49, 'setsockopt': 54,
           'getsockopt': 55, 'fsync': 74, 'ftruncate': 77, 'mount': 165, 'umount2': 166, 'openat': 257,
           'mkdirat': 258, 'unlinkat': 263, 'renameat': 264, 'symlinkat': 266, 'readlinkat': 267, 'accept4': 288,
           'memfd_create': 319}
AT_FDCWD, O_RDWR, O_CREAT, O_NONBLOCK = -100, 2, 0o100, 0o4000
PATTERN = bytes(range(256)) * 16


class Absent(Exception):
    """A module that the release does not have."""


class Steps(list):
    """Steps, with the numbers of the system calls among them."""

    def __init__(self, modules):
        super().__init__()
        self.calls = 0
        self.modules = modules  # {name: path below the release's directory}

    def needs(self, *names):
        """Without these modules there is nothing to try."""
        for name in names:
            if name not in self.modules:
                raise Absent(name)

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


class Memory:
    """Memory of the task at known addresses, for structures with pointers in them; free on both sides."""
    START, END = 0x4000000, 0x4400000

    def __init__(self, steps):
        private_anonymous_fixed_noreplace = 0x100032
        steps.sys('mmap', self.START, self.END - self.START, 3, private_anonymous_fixed_noreplace, -1, 0)
        self.steps, self.end = steps, self.START
        self.file = steps.sys('memfd_create', 'memory', 0)

    def room(self, length):
        address = self.end
        self.end += (length + 15) & ~15
        return address

    def put(self, data):
        """Returns the address."""
        address = self.room(len(data))
        self.steps.sys('pwrite64', self.file, data, len(data), 0)
        self.steps.sys('pread64', self.file, address, len(data), 0)
        return address

    def show(self, address, length):
        self.steps.sys('pwrite64', self.file, address, length, 0)
        self.steps.sys('pread64', self.file, Out(length), length, 0)


PROBES = {}


def probe(function):
    PROBES[function.__name__] = function
    return function


def modules_below(directory):
    """{name: path below the directory}, of all modules of a release."""
    found = {}
    for folder, _, files in os.walk(os.path.realpath(directory)):
        for file in files:
            name, dot, end = file.partition('.ko')
            if dot and end in ('', '.gz', '.xz', '.zst'):
                path = os.path.relpath(os.path.join(folder, file), os.path.realpath(directory))
                found[name.replace('-', '_')] = path
    return found


def steps_of(name, modules):
    """None when the release has no such module."""
    steps = Steps(modules)
    try:
        PROBES[name](steps)
    except Absent:
        return []
    return steps
