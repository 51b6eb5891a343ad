# SPDX-License-Identifier: GPL-2.0-only
"""Probes of ciphers, as programs use them: by sockets."""
import struct

from steps import Memory, O_NONBLOCK, Out, probe

AF_ALG, SOCK_SEQPACKET, SOL_ALG = 38, 5, 279
SET_KEY, SET_IV, SET_OPERATION, SET_ASSOCIATED_LENGTH, SET_TAG_LENGTH = 1, 2, 3, 4, 5
DECRYPT, ENCRYPT = 0, 1


def algorithm(kind, name):
    return struct.pack('<H14sII64s', AF_ALG, kind.encode(), 0, 0, name.encode())


def bind(steps, kind, name):
    listener = steps.sys('socket', AF_ALG, SOCK_SEQPACKET, 0)
    steps.sys('bind', listener, algorithm(kind, name), 88)
    return listener


def control(kind, data):
    return struct.pack('<QII', 16 + len(data), SOL_ALG, kind) + data + bytes(-len(data) % 8)


def send(steps, memory, cipher, operation, iv, associated, data):
    """One sendmsg() with all that the operation needs."""
    told = control(SET_OPERATION, struct.pack('<I', operation)) + \
        control(SET_IV, struct.pack('<I', len(iv)) + iv)
    if associated is not None:
        told += control(SET_ASSOCIATED_LENGTH, struct.pack('<I', len(associated)))
        data = associated + data
    vector = memory.put(struct.pack('<QQ', memory.put(data), len(data)))
    header = memory.put(struct.pack('<QQQQQQQ', 0, 0, vector, 1, memory.put(told), len(told), 0))
    steps.sys('sendmsg', cipher, header, 0)


@probe
def algif_hash(steps):
    steps.add('load', 'algif_hash', '').add('load', 'sha256_generic', '')
    listener = bind(steps, 'hash', 'sha256')
    hashing = steps.sys('accept4', listener, 0, 0, O_NONBLOCK)
    steps.sys('write', hashing, b'abc', 3)
    steps.sys('read', hashing, Out(64), 64)
    steps.close(hashing, listener)
    steps.add('unload', 'algif_hash')


@probe
def algif_skcipher(steps):
    steps.add('load', 'algif_skcipher', '').add('load', 'ecb', '').add('load', 'serpent_generic', '')
    steps.add('sleep', 2000)
    listener = bind(steps, 'skcipher', 'ecb(serpent)')
    steps.sys('setsockopt', listener, SOL_ALG, SET_KEY, bytes(range(16)), 16)
    cipher = steps.sys('accept4', listener, 0, 0, O_NONBLOCK)
    steps.sys('write', cipher, bytes(32), 32)
    steps.sys('read', cipher, Out(32), 32)
    steps.close(cipher, listener)


@probe
def algif_skcipher_iv(steps):
    """Both ways, and in pieces: CBC goes on from the last block."""
    for name in ('algif_skcipher', 'cbc', 'aes_generic'):
        steps.add('load', name, '')
    memory, listener = Memory(steps), bind(steps, 'skcipher', 'cbc(aes)')
    steps.sys('setsockopt', listener, SOL_ALG, SET_KEY, bytes(range(32)), 32)
    for operation in (ENCRYPT, DECRYPT):
        cipher = steps.sys('accept4', listener, 0, 0, O_NONBLOCK)
        send(steps, memory, cipher, operation, bytes(range(16)), None, b'a block of text.' * 3)
        steps.sys('read', cipher, Out(16), 16)
        steps.sys('read', cipher, Out(48), 48)
        steps.close(cipher)
    steps.sys('setsockopt', listener, SOL_ALG, SET_KEY, bytes(7), 7)
    steps.close(listener)


# The fourth case of the paper that proposed GCM (McGrew and Viega, 2004).
GCM_KEY = bytes.fromhex('feffe9928665731c6d6a8f9467308308')
GCM_IV = bytes.fromhex('cafebabefacedbaddecaf888')
GCM_ASSOCIATED = bytes.fromhex('feedfacedeadbeeffeedfacedeadbeefabaddad2')
GCM_TEXT = bytes.fromhex('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72'
                         '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39')
GCM_CIPHER = bytes.fromhex('42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e'
                           '21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091')
GCM_TAG = bytes.fromhex('5bc94fbc3221a5db94fae95ae7121a47')


@probe
def algif_aead(steps):
    for name in ('algif_aead', 'gcm', 'ctr', 'ghash_generic', 'aes_generic', 'seqiv'):
        steps.add('load', name, '')
    steps.add('sleep', 2000)
    memory, listener = Memory(steps), bind(steps, 'aead', 'gcm(aes)')
    steps.sys('setsockopt', listener, SOL_ALG, SET_KEY, GCM_KEY, len(GCM_KEY))
    steps.sys('setsockopt', listener, SOL_ALG, SET_TAG_LENGTH, 0, 16)
    cipher = steps.sys('accept4', listener, 0, 0, O_NONBLOCK)
    send(steps, memory, cipher, ENCRYPT, GCM_IV, GCM_ASSOCIATED, GCM_TEXT)
    steps.sys('read', cipher, Out(128), 128)
    wrong = bytes([GCM_TAG[0] ^ 1]) + GCM_TAG[1:]
    for associated, tag in ((GCM_ASSOCIATED, GCM_TAG), (GCM_ASSOCIATED, wrong), (bytes(20), GCM_TAG)):
        send(steps, memory, cipher, DECRYPT, GCM_IV, associated, GCM_CIPHER + tag)
        steps.sys('read', cipher, Out(128), 128)
    steps.close(cipher, listener)
    steps.add('sleep', 200).add('unload', 'algif_aead')


@probe
def algif_aead_authenc(steps):
    for name in ('algif_aead', 'authenc', 'cbc', 'aes_generic', 'hmac', 'sha256_generic'):
        steps.add('load', name, '')
    steps.add('sleep', 2000)
    memory, listener = Memory(steps), bind(steps, 'aead', 'authenc(hmac(sha256),cbc(aes))')
    key = struct.pack('<HH', 8, 1) + struct.pack('>I', 16) + bytes(range(32)) + bytes(range(16))
    steps.sys('setsockopt', listener, SOL_ALG, SET_KEY, key, len(key))
    steps.sys('setsockopt', listener, SOL_ALG, SET_TAG_LENGTH, 0, 32)
    cipher = steps.sys('accept4', listener, 0, 0, O_NONBLOCK)
    send(steps, memory, cipher, ENCRYPT, bytes(16), b'header', b'sixteen of them.' * 2)
    steps.sys('read', cipher, Out(128), 128)
    send(steps, memory, cipher, DECRYPT, bytes(16), b'header', bytes(64))
    steps.sys('read', cipher, Out(128), 128)
    steps.close(cipher, listener)


@probe
def algif_rng(steps):
    """That of ANSI X9.31 gives what follows from its seed; of the others it is told how much they give."""
    for name in ('algif_rng', 'ansi_cprng', 'drbg', 'jitterentropy_rng'):
        steps.add('load', name, '')
    steps.add('sleep', 2000)
    listener = bind(steps, 'rng', 'ansi_cprng')
    steps.sys('setsockopt', listener, SOL_ALG, SET_KEY, bytes(range(48)), 48)
    generator = steps.sys('accept4', listener, 0, 0, O_NONBLOCK)
    for length in (16, 64, 100):
        steps.sys('read', generator, Out(length), length)
    steps.close(generator, listener)
    for name in ('drbg_nopr_hmac_sha512', 'jitterentropy_rng', 'no such generator'):
        listener = bind(steps, 'rng', name)
        steps.sys('setsockopt', listener, SOL_ALG, SET_KEY, 0, 0)
        generator = steps.sys('accept4', listener, 0, 0, O_NONBLOCK)
        steps.sys('read', generator, bytes(64), 64)
        steps.close(generator, listener)
