# SPDX-License-Identifier: GPL-2.0-only
"""An example of each difference from kmod that is meant; docs/kmod.md has the reasons, under the same names. One that no longer
differs is a failure."""
import os
import re
import subprocess
import tempfile

import judge
import modules
from tree import RELEASE, comparable, indexes

DOCUMENT = os.path.join(judge.SOURCE, 'docs/kmod.md')


class Place:
    """A small tree, and what the tools say of it."""

    def __init__(self, work):
        self.work, self.base = work, os.path.join(work, 'base')
        self.tree = os.path.join(self.base, 'lib/modules', RELEASE)
        self.there = ['-C', '/dev/null', '-d', self.base, '-S', RELEASE]
        for name in ('order', 'builtin', 'builtin.modinfo'):
            self.write(f'modules.{name}', b'')
        self.module('a', exports={'kernel_x': 1}, imports=['one'], infos=['alias=x:*'])
        self.depmod('34')

    def write(self, name, data):
        path = os.path.join(self.tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data)
        return path

    def module(self, name, end='.ko', pack=lambda data: data, **what):
        return self.write(f'kernel/{name}{end}', pack(modules.sample.content(**what)))

    def depmod(self, side, *options, out=None):
        there = [] if out is None else ['-o', os.path.join(self.work, out)]
        answer = judge.run(side, 'depmod', '-b', self.base, '-C', '/dev/null', *there, *options, RELEASE, XDG_CACHE_HOME=os.path.join(self.work, 'cache'))
        answer.messages = comparable(answer.messages)
        answer.files = indexes(os.path.join(out and os.path.join(self.work, out) or self.base, 'lib/modules', RELEASE))
        return answer

    def both(self, function, other='34'):
        return function('lkm'), function(other)

    def depmods(self, *options, other='34'):
        return self.both(lambda side: self.depmod(side, *options, out=side), other)

    def modprobes(self, *words, other='34', **environment):
        return self.both(lambda side: judge.run(side, 'modprobe', *words, **environment), other)


def builtin_without_a_dot(place):
    place.write('modules.builtin', b'kernel/name\n')
    return place.depmods()


def more_is_unpacked(place):
    place.module('b', '.ko.zst', lambda data: modules.zstd(data) + b'more', infos=['alias=b'])
    return place.depmods()


def no_size_of_the_content(place):
    unsized = lambda data: subprocess.run(['zstd', '-q', '-c'], input=data, stdout=subprocess.PIPE, check=True).stdout  # noqa: E731
    place.module('b', '.ko.zst', unsized, infos=['alias=b'])
    return place.depmods()


def not_ascii(place):
    place.module('b', infos=['alias=caf\xe9'])
    return place.depmods()


def quotes_in_modprobe_options(place):
    return place.modprobes(*place.there, '-R', 'a', MODPROBE_OPTIONS='-d "/" -v')


def no_modules_dep_yet(place):
    os.unlink(os.path.join(place.tree, 'modules.dep'))
    return place.depmods('-A')


def symbols_from_a_directory(place):
    return place.depmods('-e', '-E', '/')


def symvers(place, line):
    return place.depmods('-e', '-E', place.write('symvers', line))


def owner_at_the_end_of_its_line(place):
    return symvers(place, b'0x1\tone\tvmlinux\n')


def a_crc_of_many_digits(place):
    return symvers(place, b'0x' + b'1' * 32 + b'\tone\tvmlinux\tx\n')


def stale_error(place):
    return symvers(place, b'0xzz\tone\tvmlinux\tx\n')


def own_softdeps(place):
    place.module('b', infos=['softdep='])
    place.depmod('34')
    return place.depmods()


def unpacking(place):
    place.module('b', '.ko.xz', lambda data: modules.PACKERS['.xz'](data)[:-20])
    return place.depmods()


def said_in_other_words(place):
    return place.depmods('-n', '-v', '-v')


def a_file_named_twice(place):
    path = os.path.join(place.tree, 'kernel/a.ko')
    return place.both(lambda side: judge.run(side, 'depmod', '-n', '-b', place.base, '-C', '/dev/null', RELEASE, path, path))


def relative_external(place):
    config = place.write('depmod.conf', b'external * relative\n')
    return place.depmods('-C', config)


def a_needed_file_that_is_gone(place):
    place.module('b', imports=['kernel_x'])
    place.depmod('34')
    os.unlink(os.path.join(place.tree, 'kernel/a.ko'))
    return place.modprobes(*place.there, '-D', 'b')


def the_way_out(place):
    return place.modprobes('-x', 'a')


def own_words(place):
    return place.modprobes('--show-exports', '/none.ko')


def exports_by_name(place):
    return place.modprobes(*place.there, '--show-exports', 'a')


def weak_dependencies(place):
    place.module('b', infos=['weakdep=a'])
    return place.both(lambda side: judge.run(side, 'depmod', '-n', '-b', place.base, '-C', '/dev/null', RELEASE), '30')


def files_as_words(place):
    return place.modprobes(*place.there, '-D', os.path.join(place.tree, 'kernel/a.ko'), other='30')


def doubled_lines_of_modules_order(place):
    place.module('b')
    place.write('modules.order', b'kernel/a.ko\nkernel/b.ko\nkernel/a.ko\n')
    return place.both(lambda side: judge.run(side, 'depmod', '-n', '-b', place.base, '-C', '/dev/null', RELEASE), '30')


def layout_of_the_indexes(place):
    place.module('b', infos=['alias=x:a', 'alias=x:b'])
    answers = []
    for side in ('lkm', '30'):
        answers.append(place.depmod(side))
        answers[-1].messages = []
    return answers


def damaged_modules(place):
    data = modules.sample.content(exports={'b_x': 1}, infos=['alias=b'])
    place.write('kernel/b.ko', data[:16] + b'\2' + data[17:])
    return place.both(lambda side: judge.run(side, 'depmod', '-n', '-b', place.base, '-C', '/dev/null', RELEASE), '30')


OF_30 = [weak_dependencies, files_as_words, doubled_lines_of_modules_order, layout_of_the_indexes, damaged_modules]
EXAMPLES = [builtin_without_a_dot, more_is_unpacked, no_size_of_the_content, not_ascii, quotes_in_modprobe_options, no_modules_dep_yet,
            symbols_from_a_directory, owner_at_the_end_of_its_line, a_crc_of_many_digits, stale_error, own_softdeps, unpacking, said_in_other_words,
            a_file_named_twice, relative_external, a_needed_file_that_is_gone,
            the_way_out, own_words, exports_by_name, *OF_30]


def name_of(example):
    return example.__name__.replace('_', ' ')


def documented():
    """The names in the document's tables."""
    with open(DOCUMENT, encoding='utf-8') as file:
        return set(re.findall(r'^\| \*\*(.*?)\*\* \|', file.read(), re.MULTILINE))


def complaints():
    """What no longer differs, or is not documented: texts."""
    names = set()
    for example in EXAMPLES:
        names.add(name_of(example))
        if example in OF_30 and not judge.HAS_30:
            continue
        with tempfile.TemporaryDirectory(prefix='lkm-campaign-') as work:
            ours, theirs = example(Place(work))
        if ours.crashed:
            yield f'{name_of(example)}: {ours.crashed}'
        elif not ours.differences(theirs):
            yield f'{name_of(example)}: no longer differs: {ours}'
    yield from (f'{name}: not in docs/kmod.md' for name in sorted(names - documented()))
    yield from (f'{name}: in docs/kmod.md without an example' for name in sorted(documented() - names))
