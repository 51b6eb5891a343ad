# SPDX-License-Identifier: GPL-2.0-only
"""Module files made of random numbers: what is in them, how they are packed, how they are damaged."""
import lzma
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../depmod'))
import sample  # noqa: E402
import words  # noqa: E402
from words import chance, some  # noqa: E402

EDGES = (0, 1, 2, 3, 7, 8, 63, 64, 255, 4095, 4096, 65535, 65536, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


def infos(rng, odd, known):
    found = [f'alias={words.alias(rng, odd, known)}' for _ in range(rng.choice((0, 1, 2, 3, 8, 30)))]
    found += some(rng, 2, lambda: f'softdep={rng.choice(("pre", "post", "pre", ""))}: {words.module_name(rng)} {words.module_name(rng)}')
    found += some(rng, 1, lambda: f'weakdep={words.module_name(rng)}')
    found += rng.sample(['license=GPL', 'author=A. U. Thor', 'depends=', 'name=x', 'parm=debug:how much', 'parmtype=debug:int',
                         'vermagic=6.1.0-test SMP mod_unload'], rng.randrange(5))
    if chance(rng, odd):
        found += rng.sample(['alias', 'alias=', 'aliases=x', '=x', '', 'softdep=', 'weakdep=', 'alias==', 'x' * 3000], 3)
    if found and chance(rng, 0.2):
        found.append(rng.choice(found))
    rng.shuffle(found)
    return found


def contents(rng, level, odd=0.0, known=()):
    """What sample.content() is asked for. A symbol has a level; a module of one needs those below only, so there is no cycle."""
    own = lambda at: f'{words.symbol(rng, odd)}_l{at}'  # noqa: E731
    needs = [own(rng.randrange(level)) for _ in range(rng.randrange(6))] if level else []
    needs += some(rng, 2, lambda: f'kernel_{rng.randrange(9)}')
    what = {'exports': {own(level): rng.randrange(1 << 32) for _ in range(rng.randrange(5))}, 'imports': dict.fromkeys(needs),
            'infos': infos(rng, odd, known), 'crcs': chance(rng, 0.5)}
    what['imports'] = [name for name in what['imports'] if name not in what['exports']]
    if chance(rng, 0.2):
        what['weak'] = [own(rng.randrange(level))] if level else ['kernel_weak']
    if chance(rng, 0.5):
        what['versions'] = {name: rng.choice((1, 2, rng.randrange(1 << 32))) for name in ['module_layout', *what['imports']] if len(name) < 56}
    if chance(rng, 0.2):
        what['ksymtab'] = some(rng, 4, lambda: own(level))
    if chance(rng, odd):
        what['bits'], what['order'] = rng.choice(((32, '<'), (32, '>'), (64, '>')))
    return what


def module(rng, level=0, odd=0.0, known=()):
    return sample.content(**contents(rng, level, odd, known))


def fields(data):
    """(offset, bytes) of the fields in a 64-bit little-endian file's headers."""
    table, count = struct.unpack_from('<Q', data, 40)[0], struct.unpack_from('<H', data, 60)[0]
    found = [(4, 1), (5, 1), (6, 1), (16, 2), (18, 2), (40, 8), (58, 2), (60, 2), (62, 2)]
    for section in range(count):
        at = table + 64 * section
        found += [(at, 4), (at + 4, 4), (at + 24, 8), (at + 32, 8), (at + 40, 4), (at + 56, 8)]
    return found


def damaged(rng, data):
    """A field of the headers, some bytes, or the end of the file."""
    data = bytearray(data)
    kind = rng.randrange(4)
    if kind == 0 and len(data) > 64 and data[4:6] == b'\2\1':
        at, width = rng.choice(fields(data))
        old = int.from_bytes(data[at:at + width], 'little')
        new = rng.choice((rng.choice(EDGES), old + rng.choice((-64, -8, -1, 1, 8, 64)), old ^ 1 << rng.randrange(8 * width), len(data)))
        data[at:at + width] = (new % (1 << 8 * width)).to_bytes(width, 'little')
    elif kind == 1:
        del data[rng.randrange(len(data)):]
    elif kind == 2:
        for _ in range(rng.choice((1, 1, 3, 20))):
            data[rng.randrange(len(data))] = rng.choice((0, 255, 1, rng.randrange(256)))
    else:
        return rng.choice((b'', b'\x7fELF', b'text\n', bytes(200), b'\x7fELF' + bytes(200), bytes(data) + b'more'))
    return bytes(data)


def zstd(data):
    return subprocess.run(['zstd', '-q', '-1', f'--stream-size={len(data)}', '-c'], input=data, stdout=subprocess.PIPE, check=True).stdout


PACKERS = {'': lambda data: data, '.xz': lambda data: lzma.compress(data, preset=0), '.zst': zstd}


def packed(rng, data):
    """(end of the file's name, content)"""
    end = rng.choices(tuple(PACKERS), (8, 1, 1))[0]
    return '.ko' + end, PACKERS[end](data)
