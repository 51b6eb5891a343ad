# SPDX-License-Identifier: GPL-2.0-only
"""Module files with what kmod's tools look at, and nothing else: relocatable ELF files of either class and byte order."""
import struct

ABSOLUTE = 0xfff1
LOCAL, GLOBAL, WEAK = 0, 1, 2
PROGBITS, SYMTAB, STRTAB = 1, 2, 3
ALLOC = 2


class Strings:
    """A table of strings."""

    def __init__(self):
        self.data = b'\0'

    def add(self, text):
        at = len(self.data)
        self.data += text.encode('latin-1') + b'\0'
        return at if text else 0


class Writer:
    def __init__(self, bits, order):
        self.bits, self.order = bits, order
        self.word = 'Q' if bits == 64 else 'I'
        self.names, self.sections = Strings(), [(0, 0, b'', 0)]  # (name, type, content, link)
        self.strings, self.symbols = Strings(), []

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def add_section(self, name, content, kind=PROGBITS, link=0):
        self.sections.append((self.names.add(name), kind, content, link))
        return len(self.sections) - 1

    def add_symbol(self, name, binding, section, value=0):
        self.symbols.append((binding, self.strings.add(name), section, value))

    def _symbol(self, binding, name, section, value):
        if self.bits == 64:
            return self.pack('IBBHQQ', name, binding << 4, 0, section, value, 0)
        return self.pack('IIIBBH', name, value, 0, binding << 4, 0, section)

    def _header(self, table):
        size, entry = (64, 64) if self.bits == 64 else (52, 40)
        ident = b'\x7fELF' + bytes([self.bits // 32, 1 if self.order == '<' else 2, 1]) + bytes(9)
        return ident + self.pack('HHI3' + self.word + 'IHHHHHH', 1, 62 if self.bits == 64 else 3, 1, 0, 0, table, 0, size, 0, 0, entry,
                                 len(self.sections), len(self.sections) - 1)

    def content(self):
        symbols = b''.join(self._symbol(*symbol) for symbol in [(0, 0, 0, 0), *self.symbols])
        table = len(self.sections)
        self.add_section('.symtab', symbols, SYMTAB, table + 1)
        self.add_section('.strtab', self.strings.data, STRTAB)
        at = self.names.add('.shstrtab')
        self.sections.append((at, STRTAB, self.names.data, 0))
        body, headers, start = b'', b'', len(self._header(0))
        for name, kind, content, link in self.sections:
            entry = (24 if self.bits == 64 else 16) if kind == SYMTAB else 0
            headers += self.pack('II4' + self.word + 'II2' + self.word, name, kind, ALLOC if kind == PROGBITS else 0, 0,
                                 start + len(body) if kind else 0, len(content),
                                 link, 1 if kind == SYMTAB else 0, 1 if kind else 0, entry)
            body += content + bytes(-len(content) % 8)
        return self._header(start + len(body)) + body + headers


def content(exports=(), imports=(), weak=(), infos=(), versions=None, ksymtab=(), bits=64, order='<', crcs=False):
    """exports and versions: {name: crc}; infos: "key=value"; ksymtab: names without CRCs; crcs: they are in a section, as a
    kernel's build has them."""
    writer = Writer(bits, order)
    writer.add_section('.text', b'')
    writer.add_section('.modinfo', b''.join(info.encode('latin-1') + b'\0' for info in infos))
    exports = dict(exports)
    section = writer.add_section('__kcrctab', b''.join(writer.pack('I', crc) for crc in exports.values())) if crcs else ABSOLUTE
    for number, (name, crc) in enumerate(exports.items()):
        writer.add_symbol('__crc_' + name, LOCAL if crcs else GLOBAL, section, 4 * number if crcs else crc)
    for binding, names in ((GLOBAL, imports), (WEAK, weak)):
        for name in names:
            writer.add_symbol(name, binding, 0)
    if versions:
        width = 64 - bits // 8
        writer.add_section('__versions', b''.join(writer.pack(writer.word, crc) + name.encode('latin-1').ljust(width, b'\0')
                                                  for name, crc in versions.items()))
    if ksymtab:
        writer.add_section('__ksymtab_strings', b''.join(name.encode('latin-1') + b'\0' for name in ksymtab))
    return writer.content()


def make(path, **what):
    with open(path, 'wb') as file:
        file.write(content(**what))
