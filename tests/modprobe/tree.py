# SPDX-License-Identifier: GPL-2.0-only
"""A tree of small modules, made up for modprobe."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../depmod'))
import sample  # noqa: E402

RELEASE = '6.1.0-test'


class Tree:
    """A root with modules a, b (needs a), c (needs b), d_e, and an alias of several."""

    def __init__(self, root):
        self.root = root
        self.base = os.path.join(self.root, 'lib/modules', RELEASE)
        os.makedirs(os.path.join(self.base, 'kernel'))
        path = lambda name: os.path.join(self.base, 'kernel', name + '.ko')  # noqa: E731
        sample.make(path('a'), exports={'fa': 1}, infos=['alias=dev:*', 'alias=one:[0-9]x'])
        sample.make(path('b'), imports=['fa'], exports={'fb': 2}, infos=['alias=dev:1*', 'softdep=pre: d-e'])
        sample.make(path('c'), imports=['fb'], infos=['softdep=pre: b post: s'])
        sample.make(path('d-e'), infos=['alias=fs-d'])
        sample.make(path('s'), infos=['softdep=pre: c'])
        with open(os.path.join(self.base, 'modules.builtin'), 'w', encoding='utf-8') as file:
            file.write('kernel/built-in.ko\n')
        with open(os.path.join(self.base, 'modules.builtin.modinfo'), 'wb') as file:
            file.write(b'built_in.alias=inside-*\0built_in.license=GPL\0')
        subprocess.run([os.environ['LKM'], 'depmod', '-C', '/dev/null', '-b', self.root, RELEASE], check=True,
                       stderr=subprocess.DEVNULL)
