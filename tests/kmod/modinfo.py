# SPDX-License-Identifier: GPL-2.0-only
"""modinfo of generated modules: odd strings, signatures, damage; by file, by name, of what is built in."""
import os
import random
import struct

import judge
import modules
import words
from tree import RELEASE, Tree
from words import chance

STRINGS = ('parm=a:text', 'parmtype=a:int', 'parm=b', 'parmtype=b', 'parm=c:', 'parm=:x', 'parmtype=d:array of int', 'parm=d:x:y', 'parm=', 'parm', 'author=',
           'author=One', 'author=Two', 'description=%s \x01', 'license=GPL v2', 'firmware=a/b.bin', 'version=1.0', 'srcversion=ABCDEF', 'depends=a,b', 'retpoline=Y',
           'name=x', 'vermagic=6.1.0 SMP', 'sig_id=x', 'signer=x', 'filename=x', 'a_key_longer_than_the_column=x', 'exactly_15_char=x', 'exactly_16_chars=x', '', '=',
           '=x', 'no equals', 'a=b=c', 'intree=Y', 'import_ns=X', 'long=' + 'y' * 5000, 'two=lines\nhere', 'tab=\tx', 'caf\xe9=\xff')
OPTIONS = ([], [], [], [], ['-0'], ['-p'], ['-n'], ['-a'], ['-d'], ['-l'], ['-F', 'alias'], ['-F', 'parm'], ['-F', 'parmtype'], ['-F', 'author', '-0'], ['-F', ''],
           ['-F', 'filename'], ['-F', 'sig_key'], ['-F', 'signature'], ['-n', '-p'], ['-p', '-0'], ['-a', '-l'], ['-F', 'nothing'], ['-m'], ['-m', '-n'])
MARK = b'~Module signature appended~\n'


def signed(rng, data):
    """With a trailer whose fields may be anything."""
    signer, key, message = (bytes(rng.randrange(256) for _ in range(rng.choice((0, 1, 20)))) for _ in range(3))
    if chance(rng, 0.5):
        message = bytes.fromhex('3082') + struct.pack('>H', len(message)) + message
    length = rng.choice((len(message), len(message), len(message), 0, 1, 1 << 31, len(data), len(data) + 100))
    trailer = struct.pack('>BBBBBxxxI', rng.randrange(4), rng.randrange(10), rng.choice((0, 1, 2, 2, 3)), rng.choice((len(signer), len(signer), 255)),
                          rng.choice((len(key), len(key), 0)), length)
    return data + signer + key + message + trailer + rng.choice((MARK, MARK, MARK, MARK[:-1]))


class Shelf(Tree):
    """A tree with modules that have more to tell."""

    def __init__(self, rng: random.Random, work):
        super().__init__(rng, work)
        judge.run('34', 'depmod', '-b', self.base, '-C', self.config, RELEASE)
        self.odd_files = []
        for number in range(6):
            path = os.path.join(work, f'odd-{number}.ko')
            data = modules.sample.content(infos=[rng.choice(STRINGS) for _ in range(rng.randrange(10))])
            data = signed(rng, data) if chance(rng, 0.3) else data
            end, data = modules.packed(rng, modules.damaged(rng, data) if chance(rng, 0.2) else data)
            path = path.replace('.ko', end)
            self.write(path, data)
            self.odd_files.append(path)

    def word(self):
        rng = self.rng
        kind = rng.randrange(8)
        if kind < 4:
            return rng.choice(self.odd_files)
        if kind == 4:
            return rng.choice(self.files() or ['/nowhere.ko'])
        if kind == 5:
            return os.path.basename(rng.choice(self.files() or ['x'])).split('.')[0]
        if kind == 6:
            return words.alias(rng, 0.1, self.known).replace('*', '1')
        return rng.choice(('', 'nothing', 'a-b', self.work, '/dev/null', 'x' * 300, words.module_name(rng)))

    def ask(self, side, question):
        there = ['-b', self.base, '-k', RELEASE]
        answer = judge.run(side, 'modinfo', *there, *question, cwd=self.work)
        answer.messages = judge.without_reasons(answer.messages)
        return answer


def play(rng, work):
    shelf = Shelf(rng, work)
    for _ in range(12):
        question = [*rng.choice(OPTIONS), '--', *(shelf.word() for _ in range(rng.choice((1, 1, 1, 3))))]
        ours = shelf.ask('lkm', question)
        yield str(question), [('kmod 34', ours, shelf.ask('34', question))]
