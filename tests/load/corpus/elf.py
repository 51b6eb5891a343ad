# SPDX-License-Identifier: GPL-2.0-only
"""A module file (ELF64, little endian) that can be changed in place:

    module = Module(content)
    module.section('.text').size += 1
    module.symbol('kfree').shndx = 5
    module.add_section('.BTF', content=b'rubbish')

Header, sections, symbols and relocations are Records: attributes that read and write the file's bytes.
"""
import struct


class Record:
    """Named fields of a structure; LAYOUT is {name: (offset, struct format)}."""

    LAYOUT = {}

    def __init__(self, data, at):
        object.__setattr__(self, 'data', data)
        object.__setattr__(self, 'at', at)

    def __getattr__(self, name):
        try:
            offset, form = self.LAYOUT[name]
        except KeyError:
            raise AttributeError(name) from None
        return struct.unpack_from('<' + form, self.data, self.at + offset)[0]

    def __setattr__(self, name, value):
        offset, form = self.LAYOUT[name]
        struct.pack_into('<' + form, self.data, self.at + offset, value)


class Header(Record):
    SIZE = 64
    LAYOUT = {'ident_class': (4, 'B'), 'ident_data': (5, 'B'), 'ident_version': (6, 'B'),
              'ident_osabi': (7, 'B'), 'type': (16, 'H'), 'machine': (18, 'H'), 'version': (20, 'I'),
              'entry': (24, 'Q'), 'phoff': (32, 'Q'), 'shoff': (40, 'Q'), 'flags': (48, 'I'),
              'ehsize': (52, 'H'), 'phentsize': (54, 'H'), 'phnum': (56, 'H'),
              'shentsize': (58, 'H'), 'shnum': (60, 'H'), 'shstrndx': (62, 'H')}


class Section(Record):
    SIZE = 64
    LAYOUT = {'name': (0, 'I'), 'type': (4, 'I'), 'flags': (8, 'Q'), 'addr': (16, 'Q'),
              'offset': (24, 'Q'), 'size': (32, 'Q'), 'link': (40, 'I'), 'info': (44, 'I'),
              'align': (48, 'Q'), 'entsize': (56, 'Q')}


class Symbol(Record):
    SIZE = 24
    LAYOUT = {'name': (0, 'I'), 'info': (4, 'B'), 'other': (5, 'B'), 'shndx': (6, 'H'),
              'value': (8, 'Q'), 'size': (16, 'Q')}


class Rela(Record):
    SIZE = 24
    LAYOUT = {'offset': (0, 'Q'), 'type': (8, 'I'), 'symbol': (12, 'I'), 'addend': (16, 'q')}


PROGBITS, SYMTAB, STRTAB, RELA, NOTE, NOBITS, REL = 1, 2, 3, 4, 7, 8, 9
WRITE, ALLOC, EXEC = 1, 2, 4


class Missing(LookupError):
    """The module has no such section or symbol."""


def first(found, name):
    for index in found:
        return index
    raise Missing(name)


class Module:
    def __init__(self, content):
        self.data = bytearray(content)

    @property
    def header(self):
        return Header(self.data, 0)

    @property
    def sections(self):
        return [Section(self.data, self.header.shoff + i * Section.SIZE)
                for i in range(self.header.shnum)]

    def text(self, at):
        return bytes(self.data[at:self.data.index(0, at)]).decode('latin-1')

    def index(self, name):
        names = self.sections[self.header.shstrndx].offset
        return first((i for i, section in enumerate(self.sections) if self.text(names + section.name) == name), name)

    def has(self, name):
        try:
            return self.index(name) >= 0
        except Missing:
            return False

    def section(self, name):
        return self.sections[self.index(name)]

    def content(self, name):
        section = self.section(name)
        return bytes(self.data[section.offset:section.offset + section.size])

    def set_content(self, name, content):
        """Puts the section's new content at the end of the file."""
        section = self.section(name)
        section.offset, section.size = self.append(content), len(content)

    def append(self, content, align=16):
        self.data += bytes(-len(self.data) % align)
        at = len(self.data)
        self.data += content
        return at

    def rename(self, name, new):
        """A section's name is overwritten: the new one must not be longer."""
        at = self.sections[self.header.shstrndx].offset + self.section(name).name
        if len(new) > len(name):
            raise ValueError(new)
        self.data[at:at + len(name)] = new.encode().ljust(len(name), b'\0')

    def add_name(self, table, name):
        """Appends a string to a table of strings; returns its offset there."""
        content = self.content(table)
        self.set_content(table, content + name.encode() + b'\0')
        return len(content)

    def add_section(self, name, content=b'', type=PROGBITS, flags=0, link=0, info=0, align=1, size=None):
        """Appends a section; returns its index."""
        offset = self.add_name('.shstrtab', name)
        at = self.append(content)
        header = self.header
        table = bytes(self.data[header.shoff:header.shoff + header.shnum * Section.SIZE])
        shoff = self.append(table + bytes(Section.SIZE))
        header = self.header
        header.shoff, header.shnum = shoff, header.shnum + 1
        section = self.sections[-1]
        section.name, section.type, section.flags, section.offset = offset, type, flags, at
        section.size = len(content) if size is None else size
        section.link, section.info, section.align = link, info, align
        return header.shnum - 1

    @property
    def symbols(self):
        table = self.section('.symtab')
        return [Symbol(self.data, table.offset + i * Symbol.SIZE)
                for i in range(table.size // Symbol.SIZE)]

    def symbol_index(self, name):
        strtab = self.section('.strtab').offset
        return first((i for i, symbol in enumerate(self.symbols) if self.text(strtab + symbol.name) == name), name)

    def symbol(self, name):
        return self.symbols[self.symbol_index(name)]

    def add_symbol(self, name, shndx, value=0, info=0x10):
        """Appends a symbol; returns its index."""
        offset = self.add_name('.strtab', name)
        content = self.content('.symtab')
        self.set_content('.symtab', content + struct.pack('<IBBHQQ', offset, info, 0, shndx, value, 0))
        return len(content) // Symbol.SIZE

    def relocations(self, name):
        """Of the section of that name, .rela included."""
        table = self.section(name)
        return [Rela(self.data, table.offset + i * Rela.SIZE) for i in range(table.size // Rela.SIZE)]

    def place(self, name, relocation):
        """The place in the file that a relocation is for."""
        return self.sections[self.section(name).info].offset + relocation.offset

    def replace(self, name, old, new):
        """Replaces bytes of a section by as many."""
        section = self.section(name)
        at = self.data.index(old, section.offset, section.offset + section.size)
        if len(old) != len(new):
            raise ValueError(new)
        self.data[at:at + len(old)] = new

    def set_info(self, *entries):
        """Appends entries "tag=value" to .modinfo."""
        self.set_content('.modinfo', self.content('.modinfo') +
                         b''.join(entry.encode('latin-1') + b'\0' for entry in entries))

    def set_name(self, name):
        """The name in the module structure."""
        at = self.section('.gnu.linkonce.this_module').offset + 24
        self.data[at:at + 56] = name.encode('latin-1').ljust(56, b'\0')

    def version(self, symbol):
        """The place of a symbol's row in __versions."""
        section = self.section('__versions')
        for at in range(section.offset, section.offset + section.size, 64):
            if self.text(at + 8) == symbol:
                return at
        raise ValueError(symbol)
