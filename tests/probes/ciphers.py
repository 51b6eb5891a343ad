# SPDX-License-Identifier: GPL-2.0-only
"""Probes of ciphers, as programs use them."""
import struct

from steps import Out, probe

AF_ALG = 38


def algorithm(kind, name):
    return struct.pack('<H14sII64s', AF_ALG, kind.encode(), 0, 0, name.encode())


@probe
def algif_hash(steps):
    steps.add('load', 'algif_hash', '').add('load', 'sha256_generic', '')
    listener = steps.sys('socket', AF_ALG, 5, 0)
    steps.sys('bind', listener, algorithm('hash', 'sha256'), 88)
    hashing = steps.sys('accept4', listener, 0, 0, 0)
    steps.sys('write', hashing, b'abc', 3)
    steps.sys('read', hashing, Out(64), 64)
    steps.close(hashing, listener)
    steps.add('unload', 'algif_hash')


@probe
def algif_skcipher(steps):
    steps.add('load', 'algif_skcipher', '').add('load', 'ecb', '').add('load', 'serpent_generic', '')
    steps.add('sleep', 2000)
    listener = steps.sys('socket', AF_ALG, 5, 0)
    steps.sys('bind', listener, algorithm('skcipher', 'ecb(serpent)'), 88)
    steps.sys('setsockopt', listener, 279, 1, bytes(range(16)), 16)
    cipher = steps.sys('accept4', listener, 0, 0, 0)
    steps.sys('write', cipher, bytes(32), 32)
    steps.sys('read', cipher, Out(32), 32)
    steps.close(cipher, listener)


@probe
def self_tests(steps):
    names = ('blake2b_generic', 'camellia_generic', 'cast6_generic', 'des_generic', 'serpent_generic',
             'streebog_generic', 'twofish_generic', 'wp512', 'xcbc', 'michael_mic')
    for name in names:
        steps.add('load', name, '')
    steps.add('sleep', 5000)
    for name in reversed(names):
        steps.add('unload', name)
