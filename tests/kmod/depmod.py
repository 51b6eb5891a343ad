# SPDX-License-Identifier: GPL-2.0-only
"""depmod over trees of which anything may be odd: modules, files of the kernel's build, links, depmod.d, options."""
import os
import random
import shutil

import judge
import modules
import words
from tree import RELEASE, Tree, comparable, indexes
from words import chance

ORDER = ('kernel/a.ko', '', '#', 'kernel/none.ko', 'x' * 5000, '/kernel/fs/a.ko', 'kernel//a.ko', 'a b.ko', '.ko', 'ker\0nel', 'kernel/a.ko\r')
BUILTIN = ('kernel/a.ko', 'kernel/a-b.ko', 'kernel/fs/a.b.ko', 'kernel/dir/.', '1/x.ko', 'a.', 'x.ko.xz', 'kernel/' + 'y' * 300 + '.ko', 'kernel/q x.ko', 'kernel/-.ko')
INFO = ('a.alias=x', 'a_b.alias=p-q:[a-c]*', 'a.alias=', 'a.alias=no]', '=', '', 'a', '.alias=x', 'a.b.alias=c', 'a.aliases=x', 'a.license=GPL', 'a.alias==',
        'a alias=x', 'x' * 300 + '.alias=y', 'a.alias=' + 'z' * 500)
LINES = ('search extra built-in', 'search updates', 'search', 'search  external\tkernel', 'SEARCH extra', 'override a * extra', 'override a-b * extra', 'override a',
         'override a *', 'override a [ extra', 'override a ^6\\.1 kernel/fs extra', 'override * * extra', 'exclude', 'exclude extra', 'exclude drivers deep',
         'external * OUTSIDE/external', 'external 6 OUTSIDE/external', 'external 5 OUTSIDE/external', 'external * OUTSIDE/none', 'external *', 'external',
         'external * relative', 'include x', 'make_map_files no', 'nonsense', '# comment', '', '   ', 'search \\', 'kernel \\', 'a' * 3000, '\tsearch\textra',
         'search extra\r', 'search extra # updates', 'override a .* updates', 'exclude kernel', 'exclude .', 'search /', 'search kernel/', 'search kern')
SYMVERS = ('0x1\tkernel_1\tvmlinux\tEXPORT_SYMBOL\t', '0x2\tkernel_1\tvmlinux\t', '0x3 kernel_2 vmlinux  x', 'kernel_3', '0xzz\tkernel_4\tvmlinux\tX', '1\tkernel_5\tvmlinux\tX',
           '0x6\tkernel_6\tdrivers/x\tX', '', '\t', '0x123456789abcdef\tkernel_7\tvmlinux\tX', '0x8\t' + 'k' * 9000 + '\tvmlinux\tX', '-1\tkernel_8\tvmlinux\tX',
           '0x9\tkernel_0\tvmlinux\tX\r', ' 0x9\tkernel_0\tvmlinux ')
MAP = ('0 R __ksymtab_kernel_1', 'ffffffff81000000 r __ksymtab_kernel_2', '0 T __ksymtab_kernel_3', '0 T kernel_4', '__ksymtab_kernel_5', '', '0 R __ksymtab_',
       '0  R __ksymtab_kernel_6', '0\tR\t__ksymtab_kernel_7', '0 R __ksymtab_kernel_8 more', '0 R ' + 'k' * 9000, '0 R', '0 R __ksymtab_kernel_0\r')


def lines(rng, choice, most, end='\n'):
    text = end.join(rng.choice(choice) for _ in range(rng.randrange(most)))
    return text + (end if chance(rng, 0.8) else '')


class OddTree(Tree):
    def __init__(self, rng: random.Random, work):
        super().__init__(rng, work)
        for kind, most in (('damage', 4), ('link', 2), ('copy', 5), ('external', 2), ('file_of_the_build', 4), ('name', 4), ('circle', 2)):
            for _ in range(rng.choice((0, 0, 0, rng.randrange(1, most + 1)))):
                getattr(self, kind)()
        self.options = ['-C', self.depmod_d()] if chance(rng, 0.6) else ['-C', self.config]
        if chance(rng, 0.2):
            self.options += ['-C', self.depmod_d()]

    def file_of_the_build(self):
        name, text = self.rng.choice((('modules.order', lines(self.rng, ORDER, 6)), ('modules.builtin', lines(self.rng, BUILTIN, 6)),
                                      ('modules.builtin.modinfo', lines(self.rng, INFO, 8, '\0')), ('gone', '')))
        if name == 'gone':
            path = os.path.join(self.tree, self.rng.choice(('modules.order', 'modules.builtin', 'modules.builtin.modinfo')))
            if os.path.exists(path):
                os.unlink(path)
        else:
            self.write(os.path.join(self.tree, name), text)

    def name(self):
        """A file or a directory of an odd name."""
        name = self.rng.choice(('build/b.ko', 'source/s.ko', 'kernel/build/b.ko', 'x.ko/in.ko', '.hidden/h.ko', '.h.ko', '.ko', 'a.ko.bz2', 'a.ko.gz.xz', 'a.KO', 'ako',
                                'kernel/a.ko.txt', 'two.dots.ko', 'kernel/fs/' + 'n' * 240 + '.ko', 'a.ko.zst.ko'))
        self.write(os.path.join(self.tree, name), self.content())

    def circle(self):
        """A pair of modules that need each other, or one that needs itself."""
        one, two = f'one{self.rng.randrange(3)}', f'two{self.rng.randrange(3)}'
        for name, needed in self.rng.choice((((one, two), (two, one)), ((one, one),))):
            content = modules.sample.content(exports={name + '_x': 1}, versions={needed + '_x': 1}, infos=['alias=' + name])
            self.write(os.path.join(self.tree, 'extra', name + '.ko'), content)

    def depmod_d(self):
        """A file, or a directory of files."""
        top = os.path.join(self.work, f'depmod.d{len(os.listdir(self.work))}')
        text = lambda: lines(self.rng, LINES, 5).replace('OUTSIDE', self.outside)  # noqa: E731
        if chance(self.rng, 0.6):
            self.write(top, text())
            return top
        os.makedirs(top)
        for name in self.rng.sample(('a.conf', 'b.conf', 'B.conf', '.c.conf', 'd', 'e.conf~', '.conf'), self.rng.randrange(4)):
            self.write(os.path.join(top, name), text())
        return top

    def more_options(self):
        rng = self.rng
        self.write(self.symvers, lines(rng, SYMVERS, 8))
        self.write(self.map, lines(rng, MAP, 8))
        some = rng.choice(self.files() or ['/none.ko'])
        found = rng.choice(([], [], ['-w'], ['-e', '-E', self.symvers], ['-E', self.symvers], ['-e', '-F', self.map], ['-e', '-F', self.map, '-E', self.symvers], ['-e'],
                            ['-P', rng.choice('_sn')], ['-n'], ['-n', '-w', '-v'], ['-n', '-v', '-v'], ['-a'], ['-A'], ['-n', RELEASE, some], ['-a', '-n', RELEASE, some],
                            ['-n', RELEASE, some, some, '/nowhere.ko'], ['-n', RELEASE, 'relative.ko']))
        return found if RELEASE in found else [*found, RELEASE]

    def ask(self, side, options):
        out = os.path.join(self.work, 'compared')
        there = [] if side == '30' else ['-o', out]  # which kmod 30 does not have
        answer = judge.run(side, 'depmod', '-b', self.base, *there, *self.options, *options, XDG_CACHE_HOME=self.cache)
        answer.messages = comparable(answer.messages)
        if '-n' not in options and answer.status == 0:
            answer.files = indexes(os.path.join(out, 'lib/modules', RELEASE))
        shutil.rmtree(out, ignore_errors=True)
        return answer


def is_read_alike(tree):
    """By kmod 30 and 34: docs/kmod.md has what they read differently."""
    path = os.path.join(tree.tree, 'modules.order')
    order = []
    if os.path.exists(path):
        with open(path, 'rb') as file:
            order = file.read().split(b'\n')
    return not tree.is_damaged and len(order) == len(set(order))


def as_30(answer):
    """Of what -n prints: kmod 30 knows no weak dependencies."""
    text = answer.out.replace(b'new\nline', b'new line')  # the one name of two lines
    lines = [line for line in text.split(b'\n') if not line.startswith((b'weakdep ', b'# Weak dependencies'))]
    return judge.Answer(answer.status, answer.crashed, b'\n'.join(lines))


def play(rng, work):
    tree = OddTree(rng, work)
    for _ in range(4):
        options = tree.more_options()
        ours = tree.ask('lkm', options)
        yield f'options {tree.options} {options}', [('kmod 34', ours, tree.ask('34', options))]
    if judge.HAS_30 and is_read_alike(tree):
        options = ['-n', RELEASE]
        yield f'options {tree.options} {options}', [('kmod 30', as_30(tree.ask('lkm', options)), as_30(tree.ask('30', options)))]
