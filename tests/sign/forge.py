# SPDX-License-Identifier: GPL-2.0-only
"""Modules with odd signatures: one of Debian's, tampered with; and signed by a key that no kernel knows, in
every form that openssl can be made to write."""
import glob
import gzip
import lzma
import os
import struct
import subprocess

import keys

CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'lkm/kernels')
STOCK = 'crc-itu-t'
SHA256 = bytes.fromhex('608648016503040201')
RSA = bytes.fromhex('2a864886f70d010101')
SHA256_RSA, SHA512_RSA = bytes.fromhex('2a864886f70d01010b'), bytes.fromhex('2a864886f70d01010d')
SIGNED_DATA, DATA = bytes.fromhex('2a864886f70d010702'), bytes.fromhex('2a864886f70d010701')


def series(release):
    return '.'.join(release.split('.')[:2])


def tree(release):
    return os.path.join(CACHE, release, 'lib/modules', release)


def stock(release):
    """A module of the kernel's, unpacked."""
    path = glob.glob(f'{tree(release)}/**/{STOCK}.ko*', recursive=True)[0]
    with open(path, 'rb') as file:
        data = file.read()
    if path.endswith('.zst'):
        return subprocess.run(['zstd', '-dc', path], stdout=subprocess.PIPE, check=True).stdout
    return {'.xz': lzma.decompress, '.gz': gzip.decompress}.get(os.path.splitext(path)[1], bytes)(data)


def elements(der):
    """[(tag, content)] of what follows each other."""
    found, at = [], 0
    while at < len(der):
        size, at = der[at + 1], at + 2
        tag = der[at - 2]
        if size > 127:
            count, size = size & 127, 0
            for _ in range(count):
                size, at = size << 8 | der[at], at + 1
        found.append((tag, der[at:at + size]))
        at += size
    return found


def element(tag, content):
    size = len(content)
    head = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 255])
    return bytes([tag]) + head + content


def field_of(certificate, index):
    """A field of a certificate, whole: its version is the first."""
    fields = elements(elements(elements(certificate)[0][1])[0][1])
    return element(*fields[index])


def with_attributes(message, change):
    """The message with change([attribute]) in the place of its signer's attributes."""
    def inside(der, path):
        if not path:
            return b''.join(change([element(*one) for one in elements(der)]))
        tag, at = path[0]
        parts = elements(der)
        index = [i for i, (found, _) in enumerate(parts) if found == tag][at]
        parts[index] = (tag, inside(parts[index][1], path[1:]))
        return b''.join(element(*part) for part in parts)
    return inside(message, ((0x30, 0), (0xa0, 0), (0x30, 0), (0x31, -1), (0x30, 0), (0xa0, 0)))


def signed_data(message):
    """The parts of a message: version, hashes, kind of content, certificates where there are any, signers."""
    return elements(elements(elements(elements(message)[0][1])[1][1])[0][1])


def of_signed_data(parts):
    whole = element(0x30, b''.join(element(*part) for part in parts))
    return element(0x30, element(0x06, SIGNED_DATA[-9:]) + element(0xa0, whole))


def with_certificates(message, certificates):
    """A message without certificates, with these in their place."""
    parts = signed_data(message)
    if certificates:
        parts.insert(3, (0xa0, certificates))
    return of_signed_data(parts)


def part_of(message, index):
    return signed_data(message)[index][1]


def with_part(message, index, content):
    parts = signed_data(message)
    parts[index] = (parts[index][0], content)
    return of_signed_data(parts)


def attribute_cases(message):
    def of(number):
        return lambda attribute: bytes([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, number]) in attribute[:16]
    kind, digest, time = of(3), of(4), of(5)
    yield 'none', lambda all: []
    yield 'no-kind', lambda all: [one for one in all if not kind(one)]
    yield 'no-digest', lambda all: [one for one in all if not digest(one)]
    yield 'no-time', lambda all: [one for one in all if not time(one)]
    yield 'kind-twice', lambda all: all + [one for one in all if kind(one)]
    yield 'digest-twice', lambda all: all + [one for one in all if digest(one)]
    yield 'other-kind', lambda all: [one.replace(DATA, last(DATA, 3)) for one in all]
    yield 'digest-no-octets', lambda all: [one.replace(b'\x04\x20', b'\x0c\x20') for one in all]


def last(identifier, byte):
    return identifier[:-1] + bytes([byte])


def poked(data, at, byte):
    return data[:at] + bytes([byte]) + data[at + 1:]


def lengths(content, message):
    """Modules whose trailer has another length than that of the message."""
    n = len(message)
    for name, length in {'one-less': n - 1, 'one-more': n + 1, 'huge': 0xffffffff, 'file': len(content) + n,
                         'file-1': len(content) + n - 1, 'none': 0}.items():
        yield f'length-{name}', keys.joined(content, message, keys.PLAIN_TRAILER + struct.pack('>I', length))


def trailers(content, message):
    length = struct.pack('>I', len(message))
    for at, name in enumerate(('algo', 'hash', 'type', 'signer', 'key-id', 'pad0', 'pad1', 'pad2')):
        yield f'trailer-{name}', keys.joined(content, message, poked(keys.PLAIN_TRAILER, at, 1) + length)
    yield 'marker-damaged', keys.joined(content, message, marker=keys.MARKER[:-1] + b' ')
    yield 'marker-newline', keys.joined(content, message, marker=keys.MARKER + b'\n')
    yield 'marker-only', content + keys.MARKER


def messages(message):
    """Changes of a message inside."""
    first = message.index(b'\x02\x01\x01')
    second = message.index(b'\x02\x01\x01', first + 3)
    yield 'good', message
    yield 'signature-changed', poked(message, len(message) - 1, message[-1] ^ 1)
    yield 'hash-sha512', message.replace(SHA256, last(SHA256, 3))
    yield 'hash-sha3', message.replace(SHA256, last(SHA256, 8))
    yield 'hash-unknown', message.replace(SHA256, last(SHA256, 0x7f))
    yield 'key-unknown', message.replace(RSA, last(RSA, 0x7f))
    yield 'key-incomplete', message.replace(RSA, bytes.fromhex('2a8648ce3d04030299'))
    yield 'not-signed-data', message.replace(SIGNED_DATA, last(SIGNED_DATA, 3))
    yield 'not-data', message.replace(DATA, last(DATA, 3))
    for name, at, version in (('data-2', first, 2), ('data-3', first, 3), ('signer-3', second, 3),
                              ('signer-5', second, 5)):
        yield f'version-{name}', poked(message, at + 2, version)
    yield 'version-both-3', poked(poked(message, first + 2, 3), second + 2, 3)
    yield 'bytes-behind', message + b'junk'
    yield 'cut-short', message[:-3]
    yield 'empty', b''
    yield 'too-large', bytes(65536)
    yield 'other-issuer', message.replace(b'kernel key', b'kernel kex')


def tampered(release):
    whole = stock(release)
    content, message = keys.split(whole)
    licence = content.index(b'license=') + len(b'license=')
    yield 'content-changed', keys.joined(content[:licence] + b'gpl' + content[licence + 3:], message)
    yield 'content-longer', keys.joined(content + b'\0', message)
    yield 'signed-twice', keys.joined(whole, message)
    yield 'unsigned', content
    for name, changed in messages(message):
        yield name, keys.joined(content, changed)
    yield from lengths(content, message)
    yield from trailers(content, message)


def foreign(release, directory):
    """Signed by a key that the kernel does not have. Names and serial numbers are fixed: they decide at which offset
    the kernel's log finds what it does not know."""
    content = keys.split(stock(release))[0]
    path = os.path.join(directory, 'content')
    with open(path, 'wb') as file:
        file.write(content)
    rsa, ec = keys.Pair(directory, 'a key'), keys.Pair(directory, 'an ec key', 'prime256v1')
    bare = ('-nocerts', '-noattr')
    for name, message in {
            **{f'foreign-{h}': rsa.message(path, *bare, '-md', h)
               for h in ('md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-512')},
            **{f'foreign-ec-{h}': ec.message(path, *bare, '-md', h) for h in ('sha256', 'sha512')},
            'foreign-key-id': rsa.message(path, *bare, '-keyid'),
            'foreign-certificate-inside': rsa.message(path, '-noattr'),
            'foreign-attributes': rsa.message(path, '-nocerts'),
            'foreign-attributes-no-smime': rsa.message(path, '-nocerts', '-nosmimecap'),
            'foreign-content-inside': rsa.message(path, *bare, '-nodetach'),
            'foreign-open-lengths': rsa.message(path, *bare, '-stream', '-nodetach'),
            'foreign-other-content': rsa.message(path, *bare, '-econtent_type', '1.2.3.4'),
            'foreign-pss': rsa.message(path, *bare, '-keyopt', 'rsa_padding_mode:pss'),
            'foreign-two-signers': rsa.message(path, *bare, '-signer', ec.cert, '-inkey', ec.key),
    }.items():
        yield name, keys.joined(content, message)
    signed = rsa.message(path, '-nocerts', '-nosmimecap')
    for name, change in attribute_cases(signed):
        yield f'foreign-attributes-{name}', keys.joined(content, with_attributes(signed, change))
    wrong = rsa.message(path, '-noattr')
    yield 'foreign-certificate-inside-wrong', keys.joined(content + b'\0', wrong)


def write(release, directory):
    """Writes all into directory; returns their names, which are those of the files without .ko."""
    names = []
    for source in (tampered(release), foreign(release, directory)):
        for name, module in source:
            names.append(name)
            with open(os.path.join(directory, f'{name}.ko'), 'wb') as file:
                file.write(module)
    return names
