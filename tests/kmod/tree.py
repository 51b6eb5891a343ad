# SPDX-License-Identifier: GPL-2.0-only
"""A tree of modules made of random numbers, what can happen to it, and depmod's files for it."""
import os
import random
import re
import shutil
import stat

import judge
import modules
import words
from words import chance

RELEASE = '6.1.0-test'
PLACES = ('kernel', 'kernel/drivers', 'kernel/drivers/deep', 'kernel/fs', 'updates', 'updates/dkms', 'extra', 'weak-updates/x')
LEVELS = 4
KINDS = {'add': 10, 'remove': 5, 'replace': 5, 'rewrite': 3, 'touch': 2, 'rename': 3, 'move_directory': 1, 'copy': 2, 'swap': 1, 'link': 1,
         'add_many': 1, 'remove_many': 1, 'damage': 1, 'order': 2, 'builtin': 2, 'configure': 3, 'external': 1, 'kernel_symbols': 1,
         'spoil_kept': 1, 'spoil_index': 1, 'nothing': 2}


class Tree:
    """A tree, and what can happen to it. Each method of KINDS changes something and says what."""

    def __init__(self, rng: random.Random, work):
        self.rng, self.work = rng, work
        self.base, self.outside = os.path.join(work, 'base'), os.path.join(work, 'outside')
        self.tree = os.path.join(self.base, 'lib/modules', RELEASE)
        self.config, self.cache = os.path.join(work, 'depmod.conf'), os.path.join(work, 'cache')
        self.symvers, self.map = os.path.join(work, 'Module.symvers'), os.path.join(work, 'System.map')
        self.out = self.base if chance(rng, 0.5) else os.path.join(work, 'out')
        self.is_damaged = False
        self.odd = rng.choice((0, 0, 0.02, 0.2))
        self.known = [words.alias(rng) for _ in range(30)]
        os.makedirs(os.path.join(self.outside, 'external'))
        self.write(self.config, '')
        self.kernel_symbols()
        self.builtin()
        for _ in range(rng.choice((0, 1, 3, 10, 40))):
            self.add()
        self.order()

    def write(self, path, data):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data.encode('latin-1') if isinstance(data, str) else data)

    def files(self):
        return sorted(os.path.join(top, name) for top, _, names in os.walk(self.tree) for name in names if '.ko' in name)

    def some_file(self):
        return self.rng.choice(self.files() or [self.add()])

    def content(self):
        return modules.module(self.rng, self.rng.randrange(LEVELS), self.odd, self.known)

    def new_path(self, end='.ko'):
        return os.path.join(self.tree, self.rng.choice(PLACES), words.module_name(self.rng, self.odd) + end)

    def is_place_of_a_file(self, path):
        """Whether a module can be put there."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return not os.path.isdir(path)

    def add(self):
        end, data = modules.packed(self.rng, self.content())
        path = self.new_path(end)
        self.write(path, data)
        return path

    def add_many(self):
        return [self.add() for _ in range(30)]

    def copy(self):
        """The same content under another name: its aliases and symbols are there twice."""
        old, new = self.some_file(), self.new_path()
        self.is_place_of_a_file(new)
        if old != new and os.path.isfile(old):
            shutil.copyfile(old, new)
        return old, new

    def remove(self):
        path = self.some_file()
        os.unlink(path)
        return path

    def remove_many(self):
        found = self.files()
        gone = self.rng.sample(found, len(found) // 2)
        for path in gone:
            os.unlink(path)
        return gone

    def replace(self):
        """By another file, maybe of the same times."""
        path = self.some_file()
        before = os.stat(path) if os.path.exists(path) else None
        self.write(path + '.new', self.content())
        if before and chance(self.rng, 0.3):
            os.utime(path + '.new', ns=(before.st_atime_ns, before.st_mtime_ns))
        os.rename(path + '.new', path)
        return path

    def rewrite(self):
        """In place, maybe with its size and times."""
        path = self.some_file()
        if not os.path.exists(path):
            return None
        before, data = os.stat(path), self.content()
        if chance(self.rng, 0.5) and len(data) < before.st_size:
            data = data.ljust(before.st_size, b'\0')
        with open(path, 'r+b') as file:
            file.truncate(len(data))
            file.write(data)
        if chance(self.rng, 0.5):
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return path

    def touch(self):
        path = self.some_file()
        if os.path.exists(path):
            os.utime(path, ns=(1, self.rng.choice((1, 10 ** 18, 2 * 10 ** 18))))
        return path

    def rename(self):
        old, new = self.some_file(), self.new_path()
        if self.is_place_of_a_file(new):
            os.rename(old, new)
        return old, new

    def swap(self):
        one, two = self.some_file(), self.some_file()
        if one != two and os.path.exists(one) and os.path.exists(two):
            os.rename(one, one + '.x')
            os.rename(two, one)
            os.rename(one + '.x', two)
        return one, two

    def move_directory(self):
        old, new = (os.path.join(self.tree, place) for place in self.rng.sample(('extra', 'updates', 'other', 'kernel/fs'), 2))
        if os.path.isdir(old) and not os.path.lexists(new):
            os.makedirs(os.path.dirname(new), exist_ok=True)
            os.rename(old, new)
        return old, new

    def link(self):
        """To a file, or to a directory, that changes while the link stays."""
        path = self.new_path() if chance(self.rng, 0.5) else os.path.join(self.tree, 'kernel/linked')
        target = os.path.join(self.outside, 'target.bin' if path.endswith('.ko') else 'linked')
        if path.endswith('.ko'):
            self.write(target, self.content())
        else:
            shutil.rmtree(target, ignore_errors=True)
            self.write(os.path.join(target, words.module_name(self.rng) + '.ko'), self.content())
        if self.is_place_of_a_file(path) and not os.path.lexists(path):
            os.symlink(target, path)
        return path

    def damage(self):
        path = self.some_file()
        if os.path.exists(path):
            self.is_damaged = True
            with open(path, 'rb') as file:
                data = file.read()
            self.write(path, modules.damaged(self.rng, data) if data else b'x')
        return path

    def order(self):
        names = [os.path.relpath(path, self.tree) for path in self.files()]
        self.rng.shuffle(names)
        names = [name.replace('.ko.xz', '.ko').replace('.ko.zst', '.ko') for name in names[:self.rng.randrange(len(names) + 1)]]
        if '\n' not in ''.join(names):
            self.write(os.path.join(self.tree, 'modules.order'), ''.join(name + '\n' for name in names))
        return 'modules.order'

    def builtin(self):
        names = [words.module_name(self.rng) for _ in range(self.rng.randrange(6))]
        self.write(os.path.join(self.tree, 'modules.builtin'), ''.join(f'kernel/{name}.ko\n' for name in names))
        infos = [f'{name}.alias={words.alias(self.rng, self.odd, self.known)}\0' for name in names for _ in range(2)]
        self.write(os.path.join(self.tree, 'modules.builtin.modinfo'), ''.join(infos))
        return names

    def configure(self):
        name = os.path.basename(self.rng.choice(self.files() or ['a'])).split('.')[0].replace('\n', '') or 'a'
        lines = self.rng.sample(['search extra built-in', 'search updates weak-updates built-in extra', 'search kernel/fs', 'exclude deep',
                                 'exclude fs updates', 'exclude', f'external * {self.outside}/external', 'search external built-in',
                                 f'override {name} * extra', f'override {name} * kernel/fs', f'override {name} 5.* extra', 'nonsense'],
                                self.rng.randrange(4))
        self.write(self.config, ''.join(line + '\n' for line in lines))
        return lines

    def external(self):
        path = os.path.join(self.outside, 'external', words.module_name(self.rng) + '.ko')
        self.write(path, self.content())
        return path

    def kernel_symbols(self):
        names = [f'kernel_{number}' for number in range(9) if chance(self.rng, 0.8)] + [words.symbol(self.rng) + '_l0']
        self.write(self.map, ''.join(f'ffffffff81000000 R __ksymtab_{name}\n' for name in names))
        self.write(self.symvers, ''.join(f'0x{self.rng.choice((1, 2)):08x}\t{name}\tvmlinux\tEXPORT_SYMBOL\t\n' for name in names))
        return names

    def spoil(self, path):
        """A file's content, its end, its mode, or all of it."""
        with open(path, 'rb') as file:
            data = bytearray(file.read())
        kind = self.rng.choice(('bit', 'cut', 'mode', 'gone'))
        if kind == 'bit' and data:
            data[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
            self.write(path, data)
        elif kind == 'cut':
            os.truncate(path, self.rng.randrange(len(data) + 1))
        elif kind == 'mode':
            os.chmod(path, 0o666)
        else:
            os.unlink(path)
        return kind, path

    def spoil_kept(self):
        return [self.spoil(path) for path in sorted(below(self.cache))]

    def spoil_index(self):
        return [self.spoil(path) for path in sorted(below(self.out)) if is_index(path) and chance(self.rng, 0.3)]

    def nothing(self):
        return None

    def step(self):
        """(what was changed, the options of the run)"""
        done = []
        for kind in self.rng.choices(tuple(KINDS), tuple(KINDS.values()), k=self.rng.choice((1, 1, 1, 1, 2, 5))):
            done.append((kind, getattr(self, kind)()))
        option = self.rng.choice(([], [], [], [], ['-w'], ['-e', '-F', self.map], ['-e', '-E', self.symvers], ['-P', 's'], ['-n'], ['-v', '-n'], ['-A']))
        return done, option

    def clear(self, ours, theirs):
        """Removes what only kmod cannot unpack, so that the other files are compared again."""
        for line in theirs.messages:
            path = re.search(r'failed to load symbols from (.*\.zst): ', line)
            if path and line not in ours.messages and os.path.lexists(path[1]):
                os.unlink(path[1])

    def run(self, side, out, options):
        answer = judge.run(side, 'depmod', '-b', self.base, '-o', out, '-C', self.config, *options, RELEASE, XDG_CACHE_HOME=self.cache)
        answer.messages = comparable(answer.messages)
        if answer.status == 0 and '-n' not in options:
            answer.files = indexes(os.path.join(out, 'lib/modules', RELEASE))
        return answer


def below(top):
    return [os.path.join(place, name) for place, _, names in os.walk(top) for name in names]


# What depmod writes; modules.order and modules.builtin come with a kernel.
WRITTEN = ['modules.' + name for name in ('dep', 'dep.bin', 'alias', 'alias.bin', 'softdep', 'weakdep', 'symbols', 'symbols.bin', 'builtin.bin',
                                          'builtin.alias.bin', 'devname')]


def is_index(path):
    return os.path.basename(path) in WRITTEN


def indexes(directory):
    """{name: content}, with a name for each mode"""
    found = {}
    for name in os.listdir(directory) if os.path.isdir(directory) else []:
        if name in WRITTEN:
            with open(os.path.join(directory, name), 'rb') as file:
                found[name] = file.read()
                found[name + ' mode'] = oct(stat.S_IMODE(os.fstat(file.fileno()).st_mode))
    return found


def comparable(messages):
    """In any order, since that of directories differs."""
    return sorted(judge.without_reasons(messages))
