# SPDX-License-Identifier: GPL-2.0-only
"""modprobe with damaged indexes: no crash, and the answer of kmod or an error."""
import os

import judge
from modprobe import Machine

NAMES = ('dep', 'alias', 'symbols', 'builtin', 'builtin.alias')


def damage(rng, path):
    """Some bits, or its end; what was done."""
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    if not data or rng.randrange(4) == 0:
        del data[rng.randrange(len(data) + 1):]
    else:
        for _ in range(rng.choice((1, 1, 1, 4))):
            at = rng.choice((rng.randrange(len(data)), rng.randrange(min(len(data), 64))))
            data[at] ^= 1 << rng.randrange(8)
    with open(path, 'wb') as file:
        file.write(data)


def tamed(ours, theirs):
    """Our answer as kmod's where we complain of the index instead."""
    if not theirs.crashed and any('the index is damaged' in line or 'depmod' in line for line in ours.messages):
        return theirs
    return judge.Answer(ours.status, ours.crashed, ours.out)


def play(rng, work):
    machine = Machine(rng, work)
    for _ in range(8):
        name = rng.choice(NAMES)
        path = os.path.join(machine.tree, f'modules.{name}.bin')
        if not os.path.exists(path):
            return
        with open(path, 'rb') as file:
            good = file.read()
        damage(rng, path)
        for _ in range(3):
            question = [word for word in machine.question() if word != '-q']
            ours, theirs = machine.ask('lkm', question), machine.ask('34', question)
            theirs.messages = []
            yield f'modules.{name}.bin {question}', [('kmod 34', ours if ours.crashed else tamed(ours, theirs), theirs)]
        with open(path, 'wb') as file:
            file.write(good)
