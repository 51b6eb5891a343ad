# SPDX-License-Identifier: GPL-2.0-only
"""Cases of types: a stock module whose .BTF has one type more, which is sound or is not, or another frame.

A record is (kind, name, vlen, flag, size or type, tail), the tail a list of u32. In it a text is the offset of a
string, and Own(n) the number of the n-th of the appended types.
"""
import struct
from dataclasses import dataclass

from cases import MARKER, add, case, family, kind

TYPED = '@ts_bm'  # has types of its own, needs no other module
(INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO, VAR, DATASEC, FLOAT,
 DECL_TAG, TYPE_TAG, ENUM64) = range(1, 20)
TAILS = {INT: (4, 0), ARRAY: (12, 0), STRUCT: (0, 12), UNION: (0, 12), ENUM: (0, 8), FUNC_PROTO: (0, 8), VAR: (4, 0),
         DATASEC: (0, 12), DECL_TAG: (4, 0), ENUM64: (0, 12)}
FAR = 0xfffff + 1  # a number that no type may have
OUTSIDE = 0xfffff0  # an offset that no string has


@dataclass(frozen=True)
class Own:
    number: int


class Types:
    """The .BTF of a module: its types and strings."""

    def __init__(self, content):
        self.head = bytearray(content[:struct.unpack_from('<I', content, 4)[0]])
        types, types_size, strings, strings_size = struct.unpack_from('<IIII', content, 8)
        body = content[len(self.head):]
        self.types, self.strings = body[types:types + types_size], body[strings:strings + strings_size]
        self.list = list(self.read())
        self.strings_before = self.count_strings()
        self.first = self.count_types()

    def read(self):
        at = 0
        while at < len(self.types):
            name, info, other = struct.unpack_from('<III', self.types, at)
            yield name, info >> 24 & 0x1f, other
            fixed, each = TAILS.get(info >> 24 & 0x1f, (0, 0))
            at += 12 + fixed + each * (info & 0xffff)

    def count_strings(self):
        """The length of the kernel's strings: from there on, names are strings of the module's."""
        offsets = sorted({name for name, _, _ in self.list if name})
        return next(first for first in offsets
                    if all(self.starts(offset - first) for offset in offsets if offset >= first))

    def starts(self, at):
        """Whether a string begins there."""
        return at == 0 or (at < len(self.strings) and self.strings[at - 1] == 0)

    def count_types(self):
        """The number of the first own type: the one by which functions refer to prototypes."""
        prototypes = [i for i, (_, which, _) in enumerate(self.list) if which == FUNC_PROTO]
        referred = {other for _, which, other in self.list if which == FUNC}
        for first in sorted(other - i for other in referred for i in prototypes):
            hits = [other for other in referred if other >= first]
            if hits and all(0 <= other - first < len(self.list) and self.list[other - first][1] == FUNC_PROTO
                            for other in hits):
                return first
        raise ValueError('no prototype of its own')

    def string(self, text):
        self.strings += text.encode('latin-1') + b'\0'
        return self.strings_before + len(self.strings) - len(text) - 1

    def number(self, value):
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, Own):
            return self.first + len(self.list) + value.number
        return value % (1 << 32)

    def add(self, which, name=0, vlen=0, flag=0, other=0, tail=()):
        info = (flag << 31 | which << 24 | vlen) % (1 << 32)
        self.types += struct.pack(f'<III{len(tail)}I', self.number(name), info, self.number(other),
                                  *map(self.number, tail))

    def content(self):
        struct.pack_into('<IIII', self.head, 8, 0, len(self.types), len(self.types), len(self.strings))
        return bytes(self.head) + self.types + self.strings


def unsigned(module):
    length = struct.unpack('>I', module.data[-len(MARKER) - 4:-len(MARKER)])[0]
    del module.data[-len(MARKER) - 12 - length:]


def change_types(module, records):
    unsigned(module)
    types = Types(module.content('.BTF'))
    for record in records:
        types.add(*record)
    module.set_content('.BTF', types.content())


def one(module, record):
    change_types(module, [record])


kind('types')
add('types_unsigned', 'without its signature', unsigned, base=TYPED)
family('type_head', 'the head of a type', (
    (0, 0), (20, 0), (31, 0), (INT, 0, 0x10000), (PTR, OUTSIDE), (INT, 0x1000000, 0, 0, 4, (32,)), (FWD, 'fine')), one, base=TYPED)
family('type_int', 'an integer', (
    (INT, 'i', 0, 0, 4, (32,)), (INT, '', 0, 0, 4, (32,)), (INT, 'no name', 0, 0, 4, (32,)), (INT, 'i', 1, 0, 4, (32,)),
    (INT, 'i', 0, 1, 4, (32,)), (INT, 'i', 0, 0, 4, (0x10000020,)), (INT, 'i', 0, 0, 4, (33,)),
    (INT, 'i', 0, 0, 16, (128,)), (INT, 'i', 0, 0, 32, (129,)), (INT, 'i', 0, 0, 4, (0x01000020,)),
    (INT, 'i', 0, 0, 4, (0x03000020,)), (INT, 'i', 0, 0, 4, (0x04000020,)), (INT, 'i', 0, 0, 4, (0x08000020,)),
    (INT, 'i', 0, 0, 4, (0x00080010,)), (INT, 'i', 0, 0, 4, (0x00110010,)), (INT, 'i', 0, 0, 4)), one, base=TYPED)
family('type_refers', 'a type that refers to another', tuple(
    (which, name, vlen, flag, other)
    for which in (PTR, CONST, TYPEDEF, TYPE_TAG)
    for name, vlen, flag, other in (
        ('a_name' if which > CONST or which == TYPEDEF else 0, 0, 0, 1), (0 if which == TYPEDEF else 'a_name', 0, 0, 1),
        (0, 1, 0, 1), (0, 0, 1, 1), (0, 0, 0, FAR), (0, 0, 0, FAR - 1)))
       + ((TYPEDEF, '1st', 0, 0, 1), (TYPEDEF, 'a-b', 0, 0, 1), (TYPEDEF, '.a.9_', 0, 0, 1), (TYPEDEF, 'x' * 512, 0, 0, 1),
          (TYPEDEF, 'x' * 513, 0, 0, 1), (TYPEDEF, '', 0, 0, 1), (TYPE_TAG, '', 0, 0, 1), (TYPE_TAG, 'any text!', 0, 0, 1),
          (VOLATILE, 'a_name', 0, 0, 1), (RESTRICT, 'a_name', 0, 0, 1), (TYPE_TAG, 'attribute', 0, 1, 1)), one, base=TYPED)
family('type_array', 'an array', (
    (ARRAY, 0, 0, 0, 0, (1, 1, 9)), (ARRAY, 'a', 0, 0, 0, (1, 1, 9)), (ARRAY, 0, 1, 0, 0, (1, 1, 9)),
    (ARRAY, 0, 0, 1, 0, (1, 1, 9)), (ARRAY, 0, 0, 0, 4, (1, 1, 9)), (ARRAY, 0, 0, 0, 0, (0, 1, 9)),
    (ARRAY, 0, 0, 0, 0, (FAR, 1, 9)), (ARRAY, 0, 0, 0, 0, (1, 0, 9)), (ARRAY, 0, 0, 0, 0, (1, FAR, 9)),
    (ARRAY, 0, 0, 0, 0, (1, 1))), one, base=TYPED)
family('type_struct', 'a structure', (
    (STRUCT, 's', 0, 0, 8), (STRUCT, 's', 1, 0, 8, ('m', 1, 0)), (STRUCT, '1s', 1, 0, 8, ('m', 1, 0)),
    (STRUCT, 's', 2, 0, 8, ('m', 1, 0)), (STRUCT, 's', 1, 0, 8, (OUTSIDE, 1, 0)), (STRUCT, 's', 1, 0, 8, ('9', 1, 0)),
    (STRUCT, 's', 1, 0, 8, (0, 0, 0)), (STRUCT, 's', 1, 0, 8, ('m', FAR, 0)), (STRUCT, 's', 1, 0, 8, ('m', 1, 65)),
    (STRUCT, 's', 1, 0, 8, ('m', 1, 64)), (STRUCT, 's', 2, 0, 8, ('m', 1, 32, 'n', 1, 0)),
    (STRUCT, 's', 2, 1, 8, ('m', 1, 3 << 24 | 32, 'n', 1, 0)), (STRUCT, 's', 1, 1, 8, ('m', 1, 3 << 24 | 65)),
    (STRUCT, 's', 1, 1, 8, ('m', 1, 3 << 24 | 61)), (UNION, 'u', 1, 0, 8, ('m', 1, 8)), (UNION, 0, 1, 0, 8, ('m', 1, 0))),
       one, base=TYPED)
family('type_enum', 'an enumeration', (
    (ENUM, 'e', 1, 0, 4, ('A', 1)), (ENUM, 'e', 1, 0, 3, ('A', 1)), (ENUM, 'e', 1, 0, 16, ('A', 1)),
    (ENUM, 'e', 1, 0, 0, ('A', 1)), (ENUM, '9', 1, 0, 4, ('A', 1)), (ENUM, 'e', 1, 0, 4, (0, 1)),
    (ENUM, 'e', 1, 0, 4, (OUTSIDE, 1)), (ENUM, 'e', 2, 0, 4, ('A', 1, 'B C', 2)), (ENUM, 'e', 2, 0, 4, ('A', 1)),
    (ENUM, 'e', 1, 1, 4, ('A', -1)), (ENUM64, 'e', 1, 0, 8, ('A', 1, 0)), (ENUM64, 'e', 1, 0, 9, ('A', 1, 0)),
    (ENUM64, 'e', 2, 0, 8, ('A', 1, 0, '-', 2, 0)), (ENUM64, 'e', 2, 0, 8, ('A', 1, 0, 'B', 2))), one, base=TYPED)
family('type_forward', 'a forward declaration', (
    (FWD, 0), (FWD, 'f', 1), (FWD, 'f', 0, 1), (FWD, 'f', 0, 0, 1), (FWD, 'f', 0, 1, 7), (FWD, 'f f')), one, base=TYPED)
family('type_function', 'a function or its prototype', (
    (FUNC, 'f', 0, 0, 1), (FUNC, 'f', 2, 0, 1), (FUNC, 'f', 3, 0, 1), (FUNC, 0, 0, 0, 1), (FUNC, 'f', 0, 1, 1),
    (FUNC, 'f', 0, 0, FAR), (FUNC_PROTO, 0, 0, 0, 0), (FUNC_PROTO, 'p', 0, 0, 0), (FUNC_PROTO, 0, 0, 1, 0),
    (FUNC_PROTO, 'p', 1, 0, 0, (0, 0)), (FUNC_PROTO, 'p', 2, 0, 1, ('a', 1, 0, 0)), (FUNC_PROTO, 0, 1, 1, 0, (OUTSIDE, 7)),
    (FUNC_PROTO, 0, 3, 1, 0, ('a', 1, 0, 2, 'c', 3)), (FUNC_PROTO, 0, 2, 0, 0, ('a', 1))), one, base=TYPED)
family('type_variable', 'a variable', (
    (VAR, 'v', 0, 0, 1, (0,)), (VAR, 'v', 0, 0, 1, (1,)), (VAR, 'v', 0, 0, 1, (2,)), (VAR, 'v', 0, 0, 0, (0,)),
    (VAR, 'v', 0, 0, FAR, (0,)), (VAR, 0, 0, 0, 1, (0,)), (VAR, 'v v', 0, 0, 1, (0,)), (VAR, 'v', 1, 0, 1, (0,)),
    (VAR, 'v', 0, 1, 1, (0,)), (VAR, 'v', 0, 0, 1)), one, base=TYPED)
family('type_section', 'a section', (
    (DATASEC, '.data', 1, 0, 8, (1, 0, 8)), (DATASEC, '.data', 1, 0, 0, (1, 0, 8)), (DATASEC, 0, 1, 0, 8, (1, 0, 8)),
    (DATASEC, '.data+1', 1, 0, 8, (1, 0, 8)), (DATASEC, '\1', 1, 0, 8, (1, 0, 8)), (DATASEC, '.data', 1, 1, 8, (1, 0, 8)),
    (DATASEC, '.data', 1, 0, 8, (0, 0, 8)), (DATASEC, '.data', 1, 0, 8, (FAR, 0, 8)), (DATASEC, '.data', 1, 0, 8, (1, 8, 8)),
    (DATASEC, '.data', 1, 0, 8, (1, 0, 0)), (DATASEC, '.data', 1, 0, 8, (1, 0, 9)), (DATASEC, '.data', 1, 0, 8, (1, 4, 8)),
    (DATASEC, '.data', 2, 0, 8, (1, 0, 4, 1, 3, 4)), (DATASEC, '.data', 2, 0, 8, (1, 0, 4, 1, 4, 4)),
    (DATASEC, '.data', 2, 0, 8, (1, 0, 4)), (DATASEC, 'two words', 1, 0, 8, (1, 0, 8))), one, base=TYPED)
family('type_float', 'a floating-point number', (
    (FLOAT, 'f', 0, 0, 4), (FLOAT, 'f', 0, 0, 12), (FLOAT, 'f', 0, 0, 3), (FLOAT, 'f', 1, 0, 4), (FLOAT, 'f', 0, 1, 4)),
       one, base=TYPED)
family('type_tag', 'a tag of a declaration', (
    (DECL_TAG, 't', 0, 0, 1, (-1,)), (DECL_TAG, 't', 0, 0, 1, (5,)), (DECL_TAG, 't', 0, 0, 1, (-2,)),
    (DECL_TAG, 0, 0, 0, 1, (-1,)), (DECL_TAG, 't', 1, 0, 1, (-1,)), (DECL_TAG, 't', 0, 1, 1, (-1,)),
    (DECL_TAG, 't', 0, 0, 1)), one, base=TYPED)
family('type_chain', 'types that qualify each other', (
    ((CONST, 0, 0, 0, Own(0)),), ((CONST, 0, 0, 0, Own(1)), (VOLATILE, 0, 0, 0, Own(0))),
    ((TYPE_TAG, 't', 0, 0, Own(1)), (CONST, 0, 0, 0, 1)), ((CONST, 0, 0, 0, Own(1)), (TYPE_TAG, 't', 0, 0, 1)),
    ((TYPE_TAG, 't', 0, 0, Own(1)), (CONST, 0, 0, 0, Own(2)), (TYPE_TAG, 't', 0, 0, 1)),
    ((CONST, 0, 0, 0, Own(7)),), ((CONST, 0, 0, 0, 0),), ((PTR, 0, 0, 0, Own(0)),), ((TYPE_TAG, 't', 0, 0, Own(0)),),
    tuple((CONST, 0, 0, 0, Own(i + 1)) for i in range(31)) + ((CONST, 0, 0, 0, 0),),
    tuple((CONST, 0, 0, 0, Own(i + 1)) for i in range(32)) + ((CONST, 0, 0, 0, 0),),
    tuple((CONST, 0, 0, 0, Own(i - 1) if i else 0) for i in range(40)),
    ((CONST, 0, 0, 0, Own(2)), (INT, 'i', 0, 0, 4, (32,)), (CONST, 0, 0, 0, Own(1)))), change_types, base=TYPED)


def header(module, value):
    """Bytes of the header, without any other change."""
    unsigned(module)
    at, content = value
    section = module.section('.BTF')
    module.data[section.offset + at:section.offset + at + len(content)] = content


family('types_header', 'bytes of the header of the types', (
    (0, b'\0'), (2, b'\2'), (3, b'\1'), (4, bytes([23])), (4, bytes([8])), (4, bytes([7])), (4, bytes([25])), (4, b'\xff\xff'),
    (8, bytes([1])), (8, bytes([4])), (12, bytes(4)), (16, bytes(4)), (20, bytes(4)), (20, bytes([1]))), header, base=TYPED)


@case('the header of the types is longer', base=TYPED)
def types_header_longer(module):
    unsigned(module)
    types = Types(module.content('.BTF'))
    types.head += bytes(8)
    struct.pack_into('<I', types.head, 4, len(types.head))
    module.set_content('.BTF', types.content())


@case('the header of the types is longer, with something in it', base=TYPED)
def types_header_longer_used(module):
    types_header_longer(module)
    section = module.section('.BTF')
    module.data[section.offset + 31] = 1


@case('no types but strings', base=TYPED)
def types_none(module):
    unsigned(module)
    types = Types(module.content('.BTF'))
    types.types = b''
    module.set_content('.BTF', types.content())


@case('the last string of the types has no end', base=TYPED)
def types_open_string(module):
    unsigned(module)
    types = Types(module.content('.BTF'))
    types.strings = types.strings[:-1]
    module.set_content('.BTF', types.content())


@case('the types are loaded', base=TYPED)
def types_loaded(module):
    unsigned(module)
    module.section('.BTF').flags |= 2
