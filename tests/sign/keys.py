# SPDX-License-Identifier: GPL-2.0-only
"""Keys and certificates, made by openssl(1) anew for each run, and what it says of a signature."""
import os
import struct
import subprocess

MARKER = b'~Module signature appended~\n'
PLAIN_TRAILER = bytes([0, 0, 2, 0, 0, 0, 0, 0])


def openssl(*words, **more):
    return subprocess.run(['openssl', *words], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **more).stdout


def new_key(kind):
    """Words for openssl req: rsa:BITS, ed25519, or a curve."""
    return ['-newkey', kind] if kind.startswith(('rsa', 'ed')) else ['-newkey', 'ec', '-pkeyopt', f'ec_paramgen_curve:{kind}']


class Signer:
    """A key and its certificate."""

    def key_id(self):
        """The subject key identifier."""
        text = openssl('x509', '-in', self.cert, '-noout', '-ext', 'subjectKeyIdentifier').decode()
        return bytes.fromhex(text.splitlines()[1].replace(':', ''))

    def message(self, path, *more):
        """The PKCS#7 message of openssl cms over a file."""
        return openssl('cms', '-sign', '-binary', '-in', path, '-signer', self.cert, '-inkey', self.key,
                       '-outform', 'DER', *more)


class Pair(Signer):
    """KEY.pem and CERT.pem (and .der) of one self-signed certificate below a directory."""

    def __init__(self, directory, name, kind='rsa:2048', serial='0x1234', more=(), subject=None):
        self.name = name
        self.key, self.cert = (os.path.join(directory, f'{name}.{end}') for end in ('key', 'pem'))
        self.der = os.path.join(directory, f'{name}.der')
        openssl('req', '-new', '-x509', *new_key(kind), '-nodes', '-keyout', self.key, '-out', self.cert,
                '-days', '3650', '-set_serial', serial, '-subj', subject or f'/CN={name}',
                '-addext', 'subjectKeyIdentifier=hash', *more)
        openssl('x509', '-in', self.cert, '-outform', 'DER', '-out', self.der)


class Issued(Signer):
    """A certificate that another one's key has signed."""

    def __init__(self, directory, name, issuer, kind='rsa:1024', authority='keyid', digest='sha256', subject=None, key=None):
        """authority: how it names its issuer (authorityKeyIdentifier of openssl), or bytes for that; key: of that Pair."""
        self.name = name
        self.cert, self.der, request, extensions = (os.path.join(directory, f'{name}.{end}') for end in ('pem', 'der', 'csr', 'ext'))
        self.key = key.key if key else os.path.join(directory, f'{name}.key')
        words = ['-key', self.key] if key else ['-nodes', '-keyout', self.key, *new_key(kind)]
        openssl('req', '-new', *words, '-out', request, '-subj', f'/CN={subject or name}')
        with open(extensions, 'w', encoding='utf-8') as file:
            file.write('subjectKeyIdentifier=hash\n')
            file.write(f'2.5.29.35=DER:{authority.hex()}\n' if isinstance(authority, bytes) else
                       f'authorityKeyIdentifier={authority}\n')
        openssl('x509', '-req', '-in', request, '-CA', issuer.cert, '-CAkey', issuer.key, '-days', '3650', f'-{digest}',
                '-set_serial', '0x' + name.encode().hex(), '-extfile', extensions, '-out', self.cert)
        openssl('x509', '-in', self.cert, '-outform', 'DER', '-out', self.der)


def joined(content, message, trailer=None, marker=MARKER):
    """A signed module of its parts."""
    if trailer is None:
        trailer = PLAIN_TRAILER + struct.pack('>I', len(message))
    return content + message + trailer + marker


def split(module):
    """(content, message) of a signed module."""
    assert module.endswith(MARKER)
    end = len(module) - len(MARKER) - 12
    length = struct.unpack('>I', module[end + 8:end + 12])[0]
    return module[:end - length], module[end - length:end]
