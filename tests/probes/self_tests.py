# SPDX-License-Identifier: GPL-2.0-only
"""Probes: the self-tests of all ciphers. A kernel tests an algorithm when its module comes, and what is
made by a template, "cbc(aes)", when it is first used."""
import itertools

from ciphers import bind
from steps import probe

CIPHERS = ('aes', 'sm4', 'serpent', 'twofish', 'camellia', 'cast5', 'cast6', 'blowfish', 'des', 'des3_ede', 'aria',
           'fcrypt', 'anubis', 'khazad', 'tea', 'xtea', 'seed')
MODES = ('ecb', 'cbc', 'ctr', 'xts', 'lrw', 'pcbc', 'ofb', 'cfb')
HASHES = ('md4', 'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-224', 'sha3-256', 'sha3-384',
          'sha3-512', 'rmd160', 'wp512', 'wp384', 'wp256', 'streebog256', 'streebog512', 'blake2b-160',
          'blake2b-256', 'blake2b-384', 'blake2b-512', 'crc32', 'crc32c', 'crct10dif', 'crc64-rocksoft',
          'michael_mic', 'xxhash64', 'ghash', 'polyval', 'poly1305', 'nhpoly1305', 'sm3')
SKCIPHERS = ('cts(cbc(aes))', 'rfc3686(ctr(aes))', 'essiv(cbc(aes),sha256)', 'adiantum(xchacha12,aes)',
             'adiantum(xchacha20,aes)', 'chacha20', 'xchacha20', 'xchacha12', 'kw(aes)', 'xctr(aes)',
             'hctr2(aes)', 'ecb(cipher_null)', 'ecb(arc4)')
MACS = ('cmac(aes)', 'cmac(des3_ede)', 'xcbc(aes)', 'vmac64(aes)', 'cbcmac(aes)')
AEADS = ('gcm(aes)', 'ccm(aes)', 'rfc4106(gcm(aes))', 'rfc4543(gcm(aes))', 'rfc4309(ccm(aes))', 'aegis128',
         'rfc7539(chacha20,poly1305)', 'rfc7539esp(chacha20,poly1305)', 'seqiv(rfc4106(gcm(aes)))',
         'echainiv(authenc(hmac(sha256),cbc(aes)))', 'authencesn(hmac(sha1),cbc(aes))')
OF_PROCESSOR = 'kernel/arch/x86/crypto/'
GENERATORS = ('ansi_cprng', 'stdrng', 'jitterentropy_rng')


def uses():
    """(kind, name) of what programs may ask for; no release has all of them."""
    yield from (('skcipher', f'{mode}({cipher})') for mode, cipher in itertools.product(MODES, CIPHERS))
    yield from (('skcipher', name) for name in SKCIPHERS)
    yield from (('hash', name) for name in HASHES)
    yield from (('hash', f'hmac({name})') for name in HASHES[:13])
    yield from (('hash', name) for name in MACS)
    yield from (('aead', name) for name in AEADS)
    yield from (('aead', f'authenc(hmac({name}),{cipher})') for name, cipher in
                itertools.product(HASHES[2:7], ('cbc(aes)', 'cbc(des)', 'cbc(des3_ede)', 'rfc3686(ctr(aes))')))
    yield from (('rng', name) for name in GENERATORS)


def modules_of(steps, *folders):
    """But the one that does all tests. Hashes come first: generators of random numbers use them at once."""
    return sorted((name for name, path in steps.modules.items()
                   if path.startswith(folders) and name != 'tcrypt'),
                  key=lambda name: ('sha' not in name, name))


def load_all(steps):
    for name in modules_of(steps, 'kernel/crypto/', 'kernel/lib/crypto/'):
        steps.add('load', name, '')


def use_all(steps):
    for kind, name in uses():
        steps.close(bind(steps, kind, name))
    steps.add('sleep', 2000)


@probe
def self_tests(steps):
    load_all(steps)
    steps.add('sleep', 5000)
    use_all(steps)
    steps.add('algorithms', 'kernel/crypto/')


@probe
def self_tests_of_processor(steps):
    """As above, where instructions of a processor are used."""
    load_all(steps)
    for name in modules_of(steps, OF_PROCESSOR):
        steps.add('offer', name)
    steps.add('sleep', 5000)
    use_all(steps)
    steps.add('algorithms', OF_PROCESSOR)


@probe
def tcrypt(steps):
    """The module that has all tests done, one after the other."""
    load_all(steps)
    steps.add('sleep', 5000).add('load', 'tcrypt', '').add('sleep', 5000)
    steps.add('algorithms', 'kernel/crypto/')
