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


class Pair:
    """KEY.pem and CERT.pem (and .der) of one self-signed certificate below a directory."""

    def __init__(self, directory, name, kind='rsa:2048', serial='0x1234', more=()):
        self.name = name
        self.key, self.cert = (os.path.join(directory, f'{name}.{end}') for end in ('key', 'pem'))
        self.der = os.path.join(directory, f'{name}.der')
        words = ['-newkey', kind] if kind.startswith('rsa') else \
            ['-newkey', 'ec', '-pkeyopt', f'ec_paramgen_curve:{kind}']
        openssl('req', '-new', '-x509', *words, '-nodes', '-keyout', self.key, '-out', self.cert,
                '-days', '3650', '-set_serial', serial, '-subj', f'/CN={name}',
                '-addext', 'subjectKeyIdentifier=hash', *more)
        openssl('x509', '-in', self.cert, '-outform', 'DER', '-out', self.der)

    def message(self, path, *more):
        """The PKCS#7 message of openssl cms over a file."""
        return openssl('cms', '-sign', '-binary', '-in', path, '-signer', self.cert, '-inkey', self.key,
                       '-outform', 'DER', *more)


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
