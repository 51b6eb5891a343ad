# SPDX-License-Identifier: GPL-2.0-only
"""Messages with certificates inside, from the signer's to one that a kernel trusts, or not quite."""
import forge
import keys


def with_certificates(pair, path, *inside, more=()):
    """A message by a pair, with these certificates inside and no others."""
    message = pair.message(path, '-nocerts', '-noattr', *more)
    return forge.with_certificates(message, b''.join(read(one.der) for one in inside))


def read(path):
    with open(path, 'rb') as file:
        return file.read()


class Der:
    """A certificate of bytes."""

    def __init__(self, directory, name, data):
        self.der = f'{directory}/{name}.der'
        with open(self.der, 'wb') as file:
            file.write(data)


def changed(directory, name, pair, old=None, new=None):
    """A certificate with one change; by default in the last byte, which is of its signature."""
    data = read(pair.der)
    return Der(directory, name, data.replace(old, new) if old else data[:-1] + bytes([data[-1] ^ 1]))


def straight(directory, path, root):
    """(name, message) of chains as they are meant to be, and without some of their parts."""
    middle = keys.Issued(directory, 'middle', root)
    leaf, direct = keys.Issued(directory, 'leaf', middle), keys.Issued(directory, 'direct', root)
    lone = keys.Pair(directory, 'lone', 'rsa:1024')
    below = keys.Issued(directory, 'below', lone)
    yield 'nothing-inside', with_certificates(root, path)
    yield 'root-inside', with_certificates(root, path, root)
    yield 'issuer-trusted', with_certificates(direct, path, direct)
    yield 'issuer-trusted-and-inside', with_certificates(direct, path, direct, root)
    yield 'two', with_certificates(leaf, path, leaf, middle)
    yield 'two-in-other-order', with_certificates(leaf, path, middle, leaf)
    yield 'two-and-root', with_certificates(leaf, path, leaf, root, middle)
    yield 'signer-not-inside', with_certificates(leaf, path, middle)
    yield 'middle-not-inside', with_certificates(leaf, path, leaf)
    yield 'middle-not-inside-but-root', with_certificates(leaf, path, leaf, root)
    yield 'others-inside', with_certificates(root, path, leaf, lone)
    yield 'root-of-another', with_certificates(below, path, below, lone)
    yield 'root-of-another-not-inside', with_certificates(below, path, below)
    yield 'by-key-id', with_certificates(direct, path, direct, more=('-keyid',))
    yield 'root-by-key-id', with_certificates(root, path, root, more=('-keyid',))
    yield 'two-signers', with_certificates(direct, path, direct, lone, more=('-signer', lone.cert, '-inkey', lone.key))
    yield 'two-signers-one-issuer', with_certificates(direct, path, direct, leaf, middle, more=('-signer', leaf.cert, '-inkey', leaf.key))


def authorities(directory, path, root):
    """Ways to name an issuer."""
    middle = keys.Issued(directory, 'middle2', root)
    for name, authority in (('serial', 'issuer:always'), ('both', 'keyid:always,issuer:always'), ('none', 'none')):
        leaf, direct = (keys.Issued(directory, f'{what} {name}', issuer, authority=authority)
                        for what, issuer in (('leaf', middle), ('direct', root)))
        yield f'authority-{name}', with_certificates(leaf, path, leaf, middle)
        yield f'authority-{name}-not-inside', with_certificates(direct, path, direct)
    serial = forge.element(0xa1, forge.element(0xa4, forge.field_of(read(middle.der), 3))) + \
        forge.element(0x82, b'middle2')
    for name, authority in (('wrong-key-id', forge.element(0x80, b'wrong') + serial), ('no-key-id', serial),
                            ('empty', b''), ('unknown', forge.element(0x80, b'wrong')), ('garbage', b'\x05\x01')):
        leaf = keys.Issued(directory, f'leaf {name}', middle, authority=forge.element(0x30, authority))
        yield f'authority-{name}', with_certificates(leaf, path, leaf, middle)


def tampered(directory, path, root):
    middle = keys.Issued(directory, 'middle3', root)
    leaf = keys.Issued(directory, 'leaf3', middle)
    lone = keys.Pair(directory, 'lone3', 'rsa:1024')
    yield 'signer-changed', with_certificates(leaf, path, changed(directory, 'c1', leaf), middle)
    yield 'middle-changed', with_certificates(leaf, path, leaf, changed(directory, 'c2', middle))
    yield 'middle-changed-name', with_certificates(leaf, path, leaf, changed(directory, 'c3', middle, b'middle3', b'middle4'))
    yield 'root-changed', with_certificates(leaf, path, leaf, middle, changed(directory, 'c4', root))
    yield 'other-self-signed-changed', with_certificates(root, path, changed(directory, 'c5', lone))
    yield 'not-a-certificate', with_certificates(root, path, Der(directory, 'c6', forge.element(0x30, b'hello')))
    yield 'not-a-sequence', with_certificates(root, path, Der(directory, 'c7', forge.element(0x04, b'hello')))
    yield 'cut-short', with_certificates(root, path, Der(directory, 'c8', forge.element(0x30, read(lone.der)[4:-9])))
    yield 'algorithms-differ', with_certificates(root, path, Der(directory, 'c9', forge.SHA512_RSA.join(read(leaf.der).rsplit(forge.SHA256_RSA, 1))))


def odd(directory, path, root):
    """Signers of other kinds, or none."""
    direct = keys.Issued(directory, 'direct5', root)
    message = with_certificates(direct, path, direct)
    yield 'nobody-signed', forge.with_part(message, 4, b'')
    attributed = direct.message(path, '-nocerts', '-nosmimecap')
    yield 'attributes-of-one', forge.with_part(message, 4, forge.part_of(message, 4) + forge.part_of(attributed, 3))
    component = keys.Pair(directory, 'component', 'rsa:1024', subject='/DC=org/DC=example/UID=x/CN=component')
    yield 'unknown-parts-of-name', with_certificates(component, path)
    yield 'unknown-parts-of-name-inside', with_certificates(component, path, component)


def crossed(directory, path, root):
    """Certificates that go round in a circle, and false ones in a trusted one's name."""
    first, second = (keys.Pair(directory, name, 'rsa:1024') for name in ('first', 'second'))
    one = keys.Issued(directory, 'one', second, subject='first', key=first)
    other = keys.Issued(directory, 'other', first, subject='second', key=second)
    yield 'circle', with_certificates(one, path, one, other)
    false = keys.Issued(directory, 'false', first, authority=forge.element(0x30, forge.element(0x80, root.key_id())))
    yield 'false-issuer', with_certificates(false, path, false)
    yield 'false-issuer-inside', with_certificates(false, path, false, root)


def kinds(directory, path, root):
    """Of other keys and hashes."""
    ec = keys.Issued(directory, 'ec', root, 'prime256v1')
    yield 'ec', with_certificates(ec, path, ec)
    below = keys.Issued(directory, 'rsa below', ec)
    yield 'below-ec', with_certificates(below, path, below, ec)
    for kind in ('secp521r1', 'secp256k1'):
        yield f'other-{kind}', with_certificates(root, path, keys.Issued(directory, kind, root, kind))
    middle = keys.Issued(directory, 'middle5', root)
    for digest in ('sha1', 'sha224', 'sha512'):
        direct, leaf = (keys.Issued(directory, f'{digest} {by.name}', by, digest=digest) for by in (root, middle))
        yield f'certificate-{digest}', with_certificates(direct, path, direct)
        yield f'certificate-{digest}-below', with_certificates(leaf, path, leaf, middle)
    ed = keys.Pair(directory, 'ed', 'ed25519')
    yield 'other-ed25519', with_certificates(root, path, ed)


def write(release, directory, root):
    """Writes modules with all messages into directory, and again with a changed content; returns their names."""
    content = keys.split(forge.stock(release))[0]
    path, names = f'{directory}/content', []
    with open(path, 'wb') as file:
        file.write(content)
    for source in (straight, authorities, tampered, odd, crossed, kinds):
        for name, message in source(directory, path, root):
            for version, signed in ((name, content), (f'{name}-content-changed', content + b'\0')):
                if version != name and source is not straight:
                    continue
                names.append(version)
                with open(f'{directory}/{version}.ko', 'wb') as file:
                    file.write(keys.joined(signed, message))
    return names
