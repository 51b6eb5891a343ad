# SPDX-License-Identifier: GPL-2.0-only
"""Damaged and strange modules, made from valid ones.

    cases = all_cases()         {name: Case}
    content = case.make(find)   find(base) gives the content of the valid module

A case is a function that changes an elf.Module; @case tells what it does and how it is loaded. Families
of cases that differ by one value are made by family(). A base is a module of modules/, or
@NAME, a stock module.
"""
import re
import struct
from dataclasses import dataclass

from elf import ALLOC, EXEC, NOBITS, NOTE, PROGBITS, REL, RELA, SYMTAB, WRITE, Module

THIS = '.gnu.linkonce.this_module'
SIGNED = '@crc-itu-t'  # small, needs no other module
MARKER = b'~Module signature appended~\n'
IGNORE_VERSIONS, IGNORE_VERMAGIC, COMPRESSED = 1, 2, 4


@dataclass
class Case:
    name: str
    kind: str
    what: str
    change: object
    base: str = 'cbase'
    params: str = ''
    flags: int = 0
    before: tuple = ()   # cases, or modules of modules/, that are loaded before
    method: str = 'finit'
    writes: tuple = ()   # (file of the guest, text) that are written before

    def make(self, find):
        module = Module(find(self.base))
        self.change(module)
        return bytes(module.data)


_CASES = {}
_KIND = None


def kind(name):
    global _KIND
    _KIND = name


def add(name, what, change, **how):
    if name in _CASES:
        raise ValueError(f'two cases {name}')
    _CASES[name] = Case(name, _KIND, what, change, **how)


def case(what, **how):
    def register(change):
        add(change.__name__, what, change, **how)
        return change
    return register


def unchanged(module):
    pass


def family(prefix, what, values, change, **how):
    """A case for each value; change(module, value)."""
    for number, value in enumerate(values):
        add(f'{prefix}_{number}', f'{what}: {value!r}', lambda module, value=value: change(module, value),
            **how)


# What the kernel says to these are bytes of the file, which differ with each build of the modules.
BUILD_DEPENDENT = {'e_shoff_0', 'e_shoff_1', 'e_shoff_2', 'symtab_5', 'symtab_6'}


def all_cases():
    return {name: found for name, found in _CASES.items() if name not in BUILD_DEPENDENT}


# ---- what nothing is wrong with ----
kind('reference')
for _base, _before in (('cbase', ()), ('cuser', ('cbase',)), ('cparams', ()), ('cplain', ()),
                       ('cheir', ('cplain',)), ('cweak', ()), ('cnoinit', ()), ('cnoexit', ()),
                       ('crival', ())):
    add(f'valid_{_base}', 'unchanged', unchanged, base=_base, before=_before)
add('valid_by_init_module', 'unchanged, by init_module(2)', unchanged, method='init')
add('valid_stock', 'a module of the distribution', unchanged, base=SIGNED)


# ---- the header ----
kind('header')


def cut(module, size):
    del module.data[size:]


family('cut', 'only so many bytes', (0, 1, 4, 63, 64, 65, 1000), cut)
family('cut_init_module', 'only so many bytes, by init_module(2)', (0, 1, 63, 64), cut, method='init')


@case('without its last byte')
def cut_last(module): cut(module, -1)


@case('cut one byte before the end of the section headers')
def cut_headers(module):
    header = module.header
    cut(module, header.shoff + header.shnum * 64 - 1)


def field(name):
    def change(module, value):
        setattr(module.header, name, value % (1 << 64))
    return change


def ident(module, value):
    module.data[value[0]] = value[1]


family('ident', 'a byte of e_ident', ((0, 0), (1, 0x65), (3, 0x66), (4, 0), (4, 1), (4, 9), (5, 2), (5, 0),
                                      (6, 0), (6, 9), (7, 255), (8, 1), (15, 1)), ident)
family('e_type', 'e_type', (0, 2, 3, 4, 0xffff), field('type'))
family('e_machine', 'e_machine', (0, 3, 40, 183, 243, 0xffff), field('machine'))
family('e_version', 'e_version', (0, 7), field('version'))
family('e_flags', 'e_flags', (1, 0xffffffff), field('flags'))
family('e_entry', 'e_entry', (1, 1 << 63), field('entry'))
family('e_phoff', 'e_phoff', (1, 1 << 63), field('phoff'))
family('e_phnum', 'e_phnum', (1, 0xffff), field('phnum'))
family('e_phentsize', 'e_phentsize', (1, 56), field('phentsize'))
family('e_ehsize', 'e_ehsize', (0, 63), field('ehsize'))
family('e_shentsize', 'e_shentsize', (0, 40, 63, 65, 128), field('shentsize'))
family('e_shoff', 'e_shoff', (0, 1, 64, 1 << 32, 1 << 63, -64, -1), field('shoff'))
family('e_shnum', 'e_shnum', (0, 1, 2, 0xff00, 0xffff), field('shnum'))
family('e_shstrndx', 'e_shstrndx', (0, 1, 2, 0xff00, 0xffff), field('shstrndx'))


def relative(name, number):
    def change(module, by):
        setattr(module.header, name, number(module) + by)
    return change


family('shoff_at_end', 'e_shoff, from the end of the file', (-1, 0, 1), relative('shoff', lambda m: len(m.data)))
family('shnum_by', 'e_shnum, from what it should be', (-1, 1), relative('shnum', lambda m: m.header.shnum))
family('shstrndx_by', 'e_shstrndx, from the number of sections', (-2, 0, 1),
       relative('shstrndx', lambda m: m.header.shnum))


def shstrndx_of(module, name):
    module.header.shstrndx = module.index(name)


family('shstrndx_of', 'the section names are said to be in', ('.strtab', '.symtab', '.modinfo', '.bss', '.data',
                                                              '__versions'), shstrndx_of)


@case('the table of sections begins at an odd offset')
def shoff_odd(module):
    header = module.header
    table = bytes(module.data[header.shoff:header.shoff + 64 * header.shnum])
    module.header.shoff = module.append(b'\0' + table) + 1


def append(module, tail):
    module.data += tail


family('tail', 'bytes after the end', (b'\n', bytes(64), b'\x7fELF' * 100), append)


# ---- sections ----
kind('section')


def set_section(name):
    def change(module, value):
        key, number = value
        setattr(module.section(name), key, number)
    return change


def set_first(module, value):
    key, number = value
    setattr(module.sections[0], key, number)


family('first', 'of section 0', (('name', 5), ('type', 1), ('flags', 2), ('addr', 1), ('offset', 1), ('size', 1),
                                 ('link', 1), ('info', 1), ('align', 1), ('entsize', 1)), set_first)
family('text', 'of .text', (('type', 0), ('type', 8), ('type', 99), ('flags', ALLOC), ('flags', EXEC),
                            ('flags', ALLOC | EXEC | WRITE), ('flags', 0), ('addr', 77),
                            ('offset', 1 << 40), ('offset', (1 << 64) - 16), ('size', 1 << 40),
                            ('size', 1 << 63), ('size', (1 << 64) - 1), ('link', 0xffff), ('info', 0xffff),
                            ('align', 0), ('align', 3), ('align', 64), ('align', 1 << 20), ('entsize', 3),
                            ('name', 1 << 20), ('name', 0)), set_section('.text'))
family('init_text', 'of .init.text', (('type', 8), ('flags', ALLOC), ('flags', 0), ('align', 4096)),
       set_section('.init.text'))
family('rodata', 'of .rodata.str1.1', (('flags', ALLOC | WRITE), ('flags', ALLOC | EXEC), ('flags', 0),
                                       ('type', 8)), set_section('.rodata.str1.1'))
family('data', 'of .data', (('flags', ALLOC), ('flags', WRITE), ('align', 1 << 16), ('type', 8)),
       set_section('.data'))
family('bss', 'of .bss', (('offset', 1 << 60), ('size', 1 << 20), ('size', 1 << 26), ('size', 1 << 30),
                          ('size', 1 << 31), ('size', 3 << 30), ('size', 1 << 33), ('size', (1 << 33) + 64),
                          ('size', 0), ('size', (1 << 64) - 4096), ('type', 1), ('align', 1 << 40)),
       set_section('.bss'))
family('comment', 'of .comment', (('name', 1 << 20), ('name', 1 << 30), ('flags', WRITE | EXEC), ('flags', EXEC),
                                  ('flags', ALLOC), ('type', 0), ('offset', 1 << 40), ('size', 0)),
       set_section('.comment'))
family('shstrtab', 'of .shstrtab', (('type', 1), ('type', 8), ('type', 0), ('size', 0), ('size', 1), ('size', 1 << 40),
                                    ('offset', 1 << 40), ('flags', ALLOC)), set_section('.shstrtab'))
family('ro_after_init', 'of .data..ro_after_init', (('flags', ALLOC), ('flags', ALLOC | EXEC), ('align', 4096)),
       set_section('.data..ro_after_init'))
family('build_id', 'of .note.gnu.build-id', (('type', 1), ('size', 0), ('size', 7), ('flags', 0)),
       set_section('.note.gnu.build-id'))


@case('.text ends one byte after the end of the file')
def text_outside(module):
    section = module.section('.text')
    section.size = len(module.data) - section.offset + 1


@case('.text ends with the file')
def text_to_end(module):
    section = module.section('.text')
    section.size = len(module.data) - section.offset


@case('the table of section names has no final NUL')
def shstrtab_open(module):
    section = module.section('.shstrtab')
    module.data[section.offset + section.size - 1] = 0x41


@case('the name of .text ends with the table')
def text_name_last(module): module.section('.text').name = module.section('.shstrtab').size - 1


@case('the name of .text begins behind the table')
def text_name_behind(module): module.section('.text').name = module.section('.shstrtab').size


@case('the name of .comment begins behind the table')
def comment_name_behind(module): module.section('.comment').name = module.section('.shstrtab').size


def rename(module, value):
    module.rename(*value)


family('rename', 'a section renamed', (('.text', '.init'), ('.init.text', '.xnit.text'), ('.exit.text', '.xxit.text'),
                                       ('.exit.text', '.init.text'), ('.data', '.init'), ('.init.data', '.xnit.data'),
                                       ('.init.text', '.initXtext'), ('.rodata', '.init.r'),
                                       ('__bug_table', '__xug_table'), ('__jump_table', '__xump_table'),
                                       ('.orc_unwind', '.xrc_unwind'), ('__dyndbg', '__xyndbg'),
                                       ('.data..ro_after_init', '.data..xo_after_init'),
                                       ('.data..percpu', '.data..xercpu'), ('.return_sites', '.xeturn_sites'),
                                       ('__ksymtab_strings', '__xsymtab_strings'), ('__param', '__xaram'),
                                       ('.note.gnu.build-id', '.data'), ('.data', '.text')), rename)


def extra(module, value):
    name, content, flags = value
    module.add_section(name, content, flags=flags, align=8)


family('extra', 'one more section', (
    ('.mine', b'12345678', ALLOC), ('.mine', b'12345678', ALLOC | WRITE), ('.mine', bytes([0xc3] * 16), ALLOC | EXEC),
    ('.mine', b'x' * 5000, ALLOC), ('.init.mine', b'x' * 5000, ALLOC), ('.exit.mine', b'x' * 50, ALLOC),
    ('', b'12345678', ALLOC), ('.mine', b'', ALLOC), ('.mine', b'12345678', WRITE | EXEC),
    ('a/b', b'12345678', ALLOC), ('.text', bytes(8), ALLOC | EXEC), ('.data', bytes(8), ALLOC | WRITE),
    ('.modinfo', b'license=Foo\0', ALLOC), ('.modinfo', b'license=Foo\0', 0), ('__versions', bytes(64), ALLOC),
    (THIS, bytes(64), ALLOC | WRITE), (THIS, bytes(64), 0), ('.strtab', bytes(8), ALLOC),
    ('__obsparm', bytes(40), ALLOC), ('.ctors', bytes(8), ALLOC | WRITE), ('.init_array', bytes(8), ALLOC | WRITE),
    ('.BTF', b'rubbish!', 0), ('.BTF', b'', 0), ('.BTF', b'\x9f\xeb\x01\0' + bytes(20), 0),
    ('.BTF', b'\x9f\xeb\x01\0' + struct.pack('<IIIII', 24, 0, 8, 8, 4) + bytes(12), ALLOC),
    ('.BTF', b'\x9f\xeb\x02\0' + struct.pack('<IIIII', 24, 0, 8, 8, 4) + bytes(12), 0),
    ('.BTF', b'\x9f\xeb\x01\x01' + struct.pack('<IIIII', 24, 0, 0, 0, 1) + bytes(1), 0),
    ('.altinstructions', b'', ALLOC), ('.smp_locks', b'', ALLOC), ('.retpoline_sites', b'', ALLOC),
    ('__kcrctab_gpl_future', bytes(8), ALLOC), ('__ex_table', b'', ALLOC), ('_error_injection_whitelist', b'', ALLOC),
    ('__tracepoints_ptrs', b'', ALLOC), ('_ftrace_events', b'', ALLOC | WRITE),
    ('.static_call_sites', b'', ALLOC | WRITE), ('_kprobe_blacklist', b'', ALLOC), ('__versions', b'', 0),
    ('.note.mine', struct.pack('<III', 4, 4, 1) + b'abc\0wxyz', ALLOC),
    ('.data..read_mostly', bytes(64), ALLOC | WRITE), ('.fixup', bytes(16), ALLOC | EXEC),
    ('__kcrctab', bytes(4), ALLOC), ('.rela.mine', bytes(24), 0)), extra)


@case('both .ctors and .init_array')
def ctors_twice(module):
    module.add_section('.ctors', bytes(8), flags=ALLOC | WRITE, align=8)
    module.add_section('.init_array', bytes(8), flags=ALLOC | WRITE, align=8)


@case('two notes of one name')
def notes_twice(module):
    for _ in range(2):
        module.add_section('.note.mine', struct.pack('<III', 4, 4, 1) + b'abc\0wxyz', NOTE, ALLOC, align=4)


@case('ten sections of one name')
def ten_sections(module):
    for _ in range(10):
        module.add_section('.mine', b'12345678', flags=ALLOC, align=8)


TABLES = (
    ('.static_call_sites', bytes(8), ALLOC), ('.static_call_sites', bytes(16), ALLOC | WRITE), ('.static_call_sites', bytes(8), 0),
    ('__jump_table', bytes(16), ALLOC), ('__jump_table', bytes(16), ALLOC | WRITE), ('__jump_table', bytes(8) + b'\1' * 8, ALLOC | WRITE),
    ('_ftrace_events', bytes(8), ALLOC), ('_ftrace_events', bytes(7), ALLOC), ('_ftrace_eval_map', bytes(8), ALLOC),
    ('___srcu_struct_ptrs', bytes(8), ALLOC), ('__trace_printk_fmt', bytes(8), ALLOC), ('__tracepoints_ptrs', bytes(4), ALLOC),
    ('__bpf_raw_tp_map', bytes(32), ALLOC), ('_kprobe_blacklist', bytes(8), ALLOC), ('__bug_table', bytes(12), ALLOC),
    ('__ex_table', bytes(24), ALLOC), ('.parainstructions', bytes(16), ALLOC), ('.altinstructions', bytes(14), ALLOC),
    ('.altinstructions', b'\xff' * 14, ALLOC), ('.smp_locks', bytes(4), ALLOC), ('.smp_locks', b'\x7f' * 4, ALLOC),
    ('.ibt_endbr_seal', bytes(4), ALLOC), ('.retpoline_sites', bytes(4), ALLOC), ('.retpoline_sites', bytes(4), 0),
    ('.retpoline_sites', b'\x7f' * 4, ALLOC), ('.return_sites', bytes(4), ALLOC), ('.return_sites', bytes(4), 0),
    ('.return_sites', b'\0', ALLOC), ('.return_sites', b'\x7f' * 4, ALLOC), ('.orc_unwind', b'\0', ALLOC),
    ('.orc_unwind_ip', bytes(4), ALLOC), ('__mcount_loc', bytes(8), ALLOC), ('__mcount_loc', b'\1' * 8, ALLOC),
    ('__ksymtab', bytes(12), ALLOC), ('__ksymtab_gpl', b'\x7f' * 12, ALLOC), ('__param', bytes(40), ALLOC),
    ('__param', bytes(24) + b'\x24\1' + bytes(14), ALLOC), ('__dyndbg', bytes(56), ALLOC | WRITE),
    ('__kcrctab_gpl', bytes(4), ALLOC), ('__kflagstab', b'\0', ALLOC))
family('table', 'one more table, of rows that lead nowhere', TABLES, extra, base='cnoinit')
family('table_before_init', 'one more table, of rows that lead nowhere, in a module with code', TABLES, extra, base='cplain')
add('table_classes', 'classes of debugging lines that lead nowhere', lambda module: extra(module, ('__dyndbg_classes', bytes(56), ALLOC)))
family('unwinding', 'of .orc_unwind', (('size', 6), ('size', 0), ('flags', 0), ('type', 8)), set_section('.orc_unwind'))
family('unwinding_places', 'of .orc_unwind_ip', (('size', 4), ('size', 0), ('flags', 0)), set_section('.orc_unwind_ip'))
family('name_behind_file', 'bytes behind the file, where the name of .comment begins', (0, 1, 4096, 1 << 16),
       lambda module, by: setattr(module.section('.comment'), 'name', len(module.data) - module.section('.shstrtab').offset + by))
add('name_of_first', 'the name of section 0 lies far behind the file', lambda module: setattr(module.sections[0], 'name', 1 << 21))


# ---- memory of each processor ----
kind('percpu')
family('percpu', 'of .data..percpu', (('align', 4096), ('align', 8192), ('align', 1 << 20), ('align', 0), ('align', 3),
                                      ('type', 8), ('size', 0), ('flags', WRITE), ('flags', ALLOC),
                                      ('flags', ALLOC | WRITE | EXEC)), set_section('.data..percpu'))


def percpu_size(module, size):
    section = module.section('.data..percpu')
    section.type, section.size = NOBITS, size


family('percpu_size', 'bytes of .data..percpu', (8192, 32768, 32769, 1 << 16, 1 << 20, 1 << 24, 1 << 30, 1 << 33), percpu_size)


# ---- symbols and their names ----
kind('symbol')
family('symtab', 'of .symtab', (('type', 1), ('type', 8), ('type', 11), ('link', 0), ('link', 0xffff), ('link', 1),
                                ('link', 3), ('size', 0), ('size', 24), ('size', 25), ('size', 23), ('entsize', 0),
                                ('entsize', 7), ('align', 1), ('align', 4096), ('flags', ALLOC), ('flags', WRITE),
                                ('info', 0), ('info', 0xffff), ('name', 0)), set_section('.symtab'))
family('strtab', 'of .strtab', (('type', 8), ('type', 1), ('type', 0), ('size', 0), ('size', 1), ('size', 20),
                                ('flags', ALLOC), ('name', 0), ('align', 64)), set_section('.strtab'))


@case('.symtab is its own table of names')
def symtab_link_itself(module): section = module.section('.symtab'); section.link = module.index('.symtab')


@case('.symtab lacks its last entry')
def symtab_shorter(module): module.section('.symtab').size -= 24


@case('.symtab ends within its last entry')
def symtab_odd(module): module.section('.symtab').size -= 1


@case('a second symbol table behind the first')
def symtab_second(module):
    module.add_section('.symtab2', bytes(24), SYMTAB, link=module.index('.strtab'), align=8)


@case('a second symbol table before the first')
def symtab_before(module):
    section = module.section('.comment')
    section.type, section.link, section.size = SYMTAB, module.index('.strtab'), 24


@case('the first byte of .strtab is not NUL')
def strtab_first(module): module.data[module.section('.strtab').offset] = 0x41


@case('.strtab has no final NUL')
def strtab_open(module):
    section = module.section('.strtab')
    module.data[section.offset + section.size - 1] = 0x41


@case('.strtab lacks its final NUL: it is one byte shorter')
def strtab_shorter(module): module.section('.strtab').size -= 1


def set_symbol(module, value):
    name, key, number = value
    setattr(module.symbol(name), key, number)


family('local', 'a symbol of the module', (
    ('cbase_exit', 'name', 1 << 20), ('cbase_exit', 'name', 1 << 31), ('cbase_exit', 'name', 0), ('cbase_exit', 'shndx', 0xfff1),
    ('cbase_exit', 'shndx', 0xfff2), ('cbase_exit', 'shndx', 0xffff), ('cbase_exit', 'shndx', 0xff00),
    ('cbase_exit', 'shndx', 0xff20), ('cbase_exit', 'shndx', 0xff1f), ('cbase_exit', 'shndx', 0),
    ('cbase_exit', 'value', 1 << 60), ('cbase_exit', 'info', 0xff), ('cbase_exit', 'size', 1 << 60),
    ('table', 'shndx', 0xfff2), ('table', 'name', 1 << 20), ('init_module', 'shndx', 0),
    ('cleanup_module', 'shndx', 0), ('init_module', 'shndx', 0xfff1)), set_symbol)
family('import', 'a symbol that it needs', (
    ('kfree', 'name', 0), ('kfree', 'name', 1 << 20), ('kfree', 'info', 0x20), ('kfree', 'info', 0xa0),
    ('kfree', 'info', 0), ('kfree', 'shndx', 0xfff1), ('kfree', 'shndx', 0xfff2), ('kfree', 'value', 5),
    ('kfree', 'shndx', 0xff20)), set_symbol)


@case('a symbol in the section behind the last')
def shndx_behind(module): module.symbol('cbase_exit').shndx = module.header.shnum


@case('two symbols in sections behind the last')
def shndx_behind_twice(module):
    module.symbol('cbase_exit').shndx = module.header.shnum
    module.symbol('table').shndx = 0xfeff


@case('a symbol in a section that is not loaded')
def shndx_comment(module): module.symbol('table').shndx = module.index('.comment')


@case('a symbol in .modinfo')
def shndx_modinfo(module): module.symbol('table').shndx = module.index('.modinfo')


def new_import(module, value):
    name, info = value
    module.add_symbol(name, 0, info=info)


family('new_import', 'needs one more symbol', (
    ('no_such_symbol', 0x10), ('no_such_symbol', 0x20), ('no_such_symbol', 0), ('_GLOBAL_OFFSET_TABLE_', 0x10),
    ('', 0x10), ('x' * 60, 0x10), ('x' * 300, 0x10), ('%s%n', 0x10), ('start_kernel', 0x10), ('jiffies', 0x10),
    ('dma_buf_put', 0x10), ('dma_buf_put', 0x20), ('cbase_plain', 0x10), ('__this_module', 0x10),
    ('module_layout', 0x10), ('init_module', 0x10), ('kernel_kobj', 0x20)), new_import)


@case('needs two unknown symbols')
def unknown_twice(module):
    module.add_symbol('no_such_symbol', 0)
    module.add_symbol('no_such_either', 0)


@case('a symbol in no section, then an unknown one: the errno is the last one\'s')
def invalid_then_unknown(module):
    module.symbol('cbase_exit').shndx = module.header.shnum
    module.add_symbol('no_such_symbol', 0)


@case('an unknown symbol, then a common one')
def unknown_then_common(module):
    module.add_symbol('no_such_symbol', 0)
    module.add_symbol('common', 0xfff2)


@case('a wrong CRC, then an unknown symbol')
def crc_then_unknown(module):
    module.data[module.version('kfree')] ^= 1
    module.add_symbol('no_such_symbol', 0)


@case('a common symbol of link-time optimisation')
def common_lto(module): module.add_symbol('__gnu_lto_slim', 0xfff2, 1)


@case('symbol 0 is not empty')
def symbol_0(module):
    symbol = module.symbols[0]
    symbol.name, symbol.info, symbol.shndx = 1, 0x12, 1


@case('the module that exports what it needs is not loaded', base='cuser')
def provider_missing(module): pass


@case('weak references, one of them to a loaded module', base='cweak', before=('cbase',))
def weak_found(module): pass


@case('a weak reference to a symbol of a namespace that is not imported', base='cweak', before=('cbase',))
def weak_namespace(module): module.replace('.modinfo', b'import_ns=', b'xmport_ns=')


@case('the exit function that the structure names is a common symbol')
def exit_common(module): module.symbol('cleanup_module').shndx = 0xfff2


# ---- .modinfo ----
kind('modinfo')


def retag(module, tag):
    module.replace('.modinfo', tag.encode() + b'=', b'x' + tag.encode()[1:] + b'=')


family('without', 'without the tag', ('license', 'vermagic', 'retpoline', 'name', 'depends', 'srcversion', 'version'), retag)


def licensed(module, text):
    retag(module, 'license')
    module.set_info('license=' + text)


LICENSES = ('GPL v2', 'GPL and additional rights', 'Dual BSD/GPL', 'Dual MIT/GPL', 'Dual MPL/GPL', 'GPL v3', 'GPLv2', 'gpl',
            'GPL ', ' GPL', '', 'BSD', 'MIT', 'Proprietary', 'Dual BSD', 'GPL\n', 'Dual BSD/GPL v2', 'GPL\xe9', 'x' * 300, '%s%n')
family('license', 'the licence', LICENSES, licensed, base='cplain')
family('license_gpl_only', 'the licence, of a module that needs symbols for GPL modules', ('GPL v2', 'Dual MPL/GPL', 'Foo'), licensed)


def infos(module, entries):
    module.set_info(*entries)


family('info', 'more in .modinfo', (
    ('intree=Y',), ('intree=N',), ('intree=',), ('staging=Y',), ('staging=',), ('test=Y',), ('test=N',), ('livepatch=Y',),
    ('livepatch=N',), ('livepatch',), ('intree',), ('license=Foo',), ('name=other',), ('vermagic=other',), ('retpoline=N',),
    ('import_ns=OTHER',), ('',), ('', ''), ('=',), ('x' * 5000,), ('softdep=pre: no_such_module',), ('depends=no_such_module',),
    ('staging=Y', 'livepatch=Y', 'test=Y'), ('parmtype=number:charp',), ('version=9',), ('srcversion=9',)), infos)


@case('every taint that a module can have', base='cplain')
def every_taint(module):
    licensed(module, 'Foo')
    module.set_info('staging=Y', 'livepatch=Y', 'test=Y')
    module.rename('__versions', '__xersions')


@case('every taint, and then a symbol that nobody exports', base='cplain')
def every_taint_unknown(module):
    every_taint(module)
    module.add_symbol('no_such_symbol', 0)


@case('two licences, the first not free', base='cplain')
def license_first(module):
    content = module.content('.modinfo')
    module.set_content('.modinfo', b'license=Foo\0' + content)


def vermagic(module, change):
    """change: (what is found, what it becomes)"""
    content = module.content('.modinfo')
    found = re.search(rb'vermagic=([^\0]*)', content)[1].decode()
    retag(module, 'vermagic')
    module.set_info('vermagic=' + change(found))


VERMAGICS = {
    'release': lambda old: 'x' + old, 'word': lambda old: old.replace('SMP', 'smp'), 'empty': lambda old: '',
    'no_blank': lambda old: old.replace(' ', ''), 'only_release': lambda old: old.split(' ')[0],
    'no_trailing_blank': lambda old: old.rstrip(), 'more': lambda old: old + 'more ', 'less': lambda old: old.replace('modversions ', ''),
    'two_blanks': lambda old: old.replace(' ', '  ', 1), 'blank_first': lambda old: ' ' + old,
    'word_and_release': lambda old: 'x' + old.replace('SMP', 'smp'), 'long': lambda old: old + 'x' * 900, 'upper': str.upper}
for _name, _change in VERMAGICS.items():
    add(f'vermagic_{_name}', 'another vermagic', lambda m, c=_change: vermagic(m, c))
for _name in ('release', 'word', 'only_release', 'blank_first'):
    def _no_versions(module, name=_name):
        vermagic(module, VERMAGICS[name])
        module.rename('__versions', '__xersions')
    add(f'vermagic_{_name}_no_versions', 'another vermagic, without __versions', _no_versions)
    for _flags in (1, 2, 3):
        add(f'vermagic_{_name}_flags_{_flags}', 'another vermagic, with these flags of finit_module(2)',
            lambda m, c=VERMAGICS[_name]: vermagic(m, c), flags=_flags)


@case('no .modinfo')
def no_modinfo(module): module.rename('.modinfo', '.xodinfo')


@case('no .modinfo, and it needs nothing for GPL modules', base='cplain')
def no_modinfo_plain(module): module.rename('.modinfo', '.xodinfo')


family('modinfo', 'of .modinfo', (('size', 0), ('size', 1), ('size', 11), ('flags', 0), ('flags', ALLOC | WRITE), ('type', 8),
                                  ('type', 99), ('align', 4096), ('flags', ALLOC | EXEC)), set_section('.modinfo'))
family('modinfo_plain', 'of .modinfo', (('size', 0), ('size', 1), ('flags', 0), ('type', 8)), set_section('.modinfo'), base='cplain')


@case('.modinfo without its final NUL')
def modinfo_open(module): module.section('.modinfo').size -= 1


@case('.modinfo begins with NULs')
def modinfo_nuls(module): module.set_content('.modinfo', bytes(10) + module.content('.modinfo'))


@case('.modinfo has NULs within')
def modinfo_nuls_within(module): module.set_content('.modinfo', module.content('.modinfo').replace(b'\0', bytes(5)))


@case('a tag with a blank before the sign')
def modinfo_blank(module): module.replace('.modinfo', b'license=GPL', b'license =GP')


@case('the namespace is not imported', base='cuser', before=('cbase',))
def namespace_missing(module): module.replace('.modinfo', b'import_ns=', b'xmport_ns=')


@case('another namespace is imported', base='cuser', before=('cbase',))
def namespace_other(module): module.replace('.modinfo', b'import_ns=CORPUS', b'import_ns=CORPUX')


@case('the beginning of the namespace is imported', base='cuser', before=('cbase',))
def namespace_prefix(module):
    module.replace('.modinfo', b'import_ns=', b'xmport_ns=')
    module.set_info('import_ns=CORP', 'import_ns=CORPUSX')


def exported_to(module, name_space):
    """The one namespace of cbase gets another name."""
    names = module.content('__ksymtab_strings')
    old, new = names.index(b'CORPUS\0'), len(names)
    module.set_content('__ksymtab_strings', names + name_space.encode() + b'\0')
    strings = module.index('__ksymtab_strings')
    symbols = module.symbols
    for table in [table for table in ('.rela__ksymtab', '.rela__ksymtab_gpl') if module.has(table)]:
        for relocation in module.relocations(table):
            symbol = symbols[relocation.symbol]
            if symbol.shndx == strings and symbol.value + relocation.addend == old:
                relocation.addend += new - old


# The last two: '-' is '_', and what follows a '*' within is no part of the pattern.
PRIVATE = ('module:cuser', 'module:other,cuser', 'module:cuser,other', 'module:cus*', 'module:*', 'module:other,cuser*',
           'module:cuserx', 'module:cuse', 'module:', 'module:other', 'module:,cuser', 'module:CUSER', 'Module:cuser',
           'module: cuser', 'module:c-user', 'module:cus*r')
family('private', 'a symbol is in the namespace', PRIVATE, exported_to)
for number, name_space in enumerate(PRIVATE):
    add(f'private_{number}_used', f'it uses a symbol of the namespace {name_space!r}',
        (lambda module: module.set_name('c_user')) if '-' in name_space else unchanged,
        base='cuser', before=(f'private_{number}',))
family('import_private', 'it imports the namespace', ('module:cuser', 'module:', 'module', 'Module:cuser', 'CORPUS,module:cuser'),
       lambda module, name_space: module.set_info(f'import_ns={name_space}'), base='cplain')


@case('it imports the namespace that is for it', base='cuser', before=('private_0',))
def private_imported(module): module.set_info('import_ns=module:cuser')


@case('it imports the namespace that is for another module', base='cuser', before=('private_9',))
def private_stolen(module): module.set_info('import_ns=module:other')


@case('a proprietary module needs a GPL module\'s symbols', base='cuser', before=('cbase',))
def proprietary_user(module): licensed(module, 'Foo')


@case('proprietary', base='cplain')
def proprietary(module): licensed(module, 'Foo')


@case('uses a symbol of a proprietary module and one for GPL modules', base='cheir', before=('proprietary',))
def heir(module): pass


@case('uses a symbol of a proprietary module only', base='cheir', before=('proprietary',))
def heir_plain(module):
    module.symbol('kernel_kobj').info = 0x20


@case('the same with the symbols the other way round', base='cheir', before=('proprietary',))
def heir_turned(module):
    one, other = module.symbol('cplain_value'), module.symbol('kernel_kobj')
    one.name, other.name = other.name, one.name


@case('a proprietary module of a proprietary one', base='cheir', before=('proprietary',))
def heir_proprietary(module):
    licensed(module, 'Foo')


# ---- the module structure ----
kind('structure')
family('structure', 'of the module structure\'s section', (
    ('flags', ALLOC), ('flags', WRITE), ('flags', ALLOC | WRITE | EXEC), ('flags', 0), ('type', 8), ('type', 7), ('type', 99), ('align', 1),
    ('align', 4096), ('size', 0), ('size', 24), ('size', 40), ('size', 80)), set_section(THIS))


def structure_by(module, by):
    module.section(THIS).size += by


family('structure_by', 'bytes more in the module structure', (-64, -8, -1, 1, 8, 64, 640), structure_by)


@case('no module structure')
def no_structure(module): module.rename(THIS, '.gnu.linkonce.xhis_module')


NAMES = ('', '.', '..', 'a/b', 'a b', 'a%sb', 'a' * 55, 'a' * 56, '\xe9', 'a\nb', 'a-b', 'kernel', 'printk', 'module', 'vmlinux', 'ndiswrapper',
         'driverloader', 'lve', 'workqueue', 'tcp_cubic', 'KERNEL', 'parameters', '!', 'a!b', '/', '%d', '[a]', 'dm_mod')
family('name', 'the name', NAMES, lambda module, name: module.set_name(name))


@case('ndiswrapper that needs symbols for GPL modules and is not under the GPL', base='cplain')
def ndiswrapper_license(module): module.set_name('ndiswrapper'); licensed(module, 'Foo')


@case('a module of that name is loaded', before=('cbase',))
def loaded_before(module): pass


@case('a module of that name is loaded; proprietary', base='cplain', before=('cplain',))
def loaded_before_proprietary(module): licensed(module, 'Foo')


@case('a module of that name is loaded; unknown symbol', before=('cbase',))
def loaded_before_unknown(module): module.add_symbol('no_such_symbol', 0)


@case('a loaded module has the name, with the other of - and _', base='cplain', before=('name_10',))
def loaded_before_minus(module): module.set_name('a_b')


@case('the structure says that it is proprietary already')
def structure_taints(module): module.data[module.section(THIS).offset + 504] = 1


@case('the structure is not empty: its state is 2')
def structure_state(module): module.data[module.section(THIS).offset] = 2


@case('its init is not relocated')
def no_init_relocation(module):
    section = module.section('.rela' + THIS)
    section.type = PROGBITS


@case('where its init is to be, bytes are not zero')
def init_not_zero(module):
    name = '.rela' + THIS
    module.data[module.place(name, module.relocations(name)[0])] = 1


# ---- versions ----
kind('versions')


def wrong_crc(module, symbols):
    for symbol in symbols:
        module.data[module.version(symbol)] ^= 1


family('crc', 'a wrong CRC of', (('_printk',), ('module_layout',), ('kfree', 'kernel_kobj'), ('module_layout', 'kfree')), wrong_crc)
for _flags in (1, 2, 3):
    add(f'crc_flags_{_flags}', 'wrong CRCs, with these flags of finit_module(2)', lambda m: wrong_crc(m, ('_printk', 'module_layout')),
        flags=_flags)


@case('a CRC with bits beyond 32')
def crc_wide(module): module.data[module.version('kfree') + 4] = 1


def no_row(module, symbols):
    for symbol in symbols:
        module.data[module.version(symbol) + 8] ^= 0x20


family('no_row', 'no version of', (('_printk',), ('module_layout',), ('kfree', 'kernel_kobj')), no_row)
family('versions', 'of __versions', (('size', 0), ('size', 63), ('size', 64), ('size', 100), ('flags', 0), ('flags', ALLOC | WRITE), ('type', 8),
                                     ('align', 4096)), set_section('__versions'))


@case('a name in __versions has no end')
def versions_name_open(module):
    at = module.version('kfree')
    module.data[at + 8:at + 64] = b'kfree' + bytes([0x41] * 51)


@case('no __versions')
def no_versions(module): module.rename('__versions', '__xersions')


@case('no __versions, proprietary', base='cplain')
def no_versions_proprietary(module): module.rename('__versions', '__xersions'); licensed(module, 'Foo')


@case('no __versions, behind a module without, too', base='cuser', before=('no_versions',))
def no_versions_again(module): module.rename('__versions', '__xersions')


@case('no __versions, and no vermagic')
def no_versions_no_vermagic(module): module.rename('__versions', '__xersions'); retag(module, 'vermagic')


@case('exports without CRCs')
def no_kcrctab(module): module.rename('__kcrctab', '__xcrctab')


@case('exports for GPL modules without CRCs')
def no_kcrctab_gpl(module): module.rename('__kcrctab_gpl', '__xcrctab_gpl')


@case('neither exports have CRCs')
def no_kcrctabs(module): module.rename('__kcrctab', '__xcrctab'); module.rename('__kcrctab_gpl', '__xcrctab_gpl')


@case('of a module that exports without CRCs', base='cuser', before=('no_kcrctabs',))
def no_kcrctab_user(module): pass


@case('a wrong CRC of a module\'s symbol', base='cuser', before=('cbase',))
def crc_of_module(module): wrong_crc(module, ('cbase_gpl',))


@case('a wrong CRC of a module\'s symbol, and no row of another', base='cuser', before=('cbase',))
def crc_of_module_row(module): wrong_crc(module, ('cbase_gpl',)); no_row(module, ('cbase_plain',))


@case('a wrong CRC of a weak symbol', base='cweak', before=('cbase',))
def crc_weak(module): wrong_crc(module, ('cbase_spaced',))


@case('vermagic without modversions, and no __versions')
def no_versions_vermagic(module):
    module.rename('__versions', '__xersions')
    vermagic(module, VERMAGICS['less'])


def long_versions(module, value):
    """Versions of symbols with long names, in sections of their own."""
    crcs, names, flags = value
    if crcs is not None:
        module.add_section('__version_ext_crcs', crcs, flags=flags, align=4)
    if names is not None:
        module.add_section('__version_ext_names', names, flags=flags)


LONG_VERSIONS = (
    (bytes(4), None, ALLOC), (None, b'a\0', ALLOC), (b'', b'', ALLOC), (bytes(4), b'a\0', ALLOC), (bytes(8), b'a\0', ALLOC),
    (bytes(4), b'a', ALLOC), (bytes(4), b'', ALLOC), (bytes(8), b'\0\0', ALLOC), (bytes(7), b'a\0', ALLOC), (bytes(4), None, 0),
    (bytes(8), b'a\0b\0c\0', ALLOC), (bytes(4), b'module_layout\0', ALLOC))
family('long_versions', 'CRCs and names', LONG_VERSIONS, long_versions)
family('long_versions_ignored', 'CRCs and names, where versions do not count', LONG_VERSIONS[:2], long_versions, flags=IGNORE_VERSIONS)


# ---- relocations ----
kind('relocation')
INIT = '.rela.init.text'


def last_call(module):
    """The last call or jump in .init.text."""
    return [relocation for relocation in module.relocations(INIT) if relocation.type in (2, 4)][-1]


def set_relocation(module, value):
    key, number = value
    setattr(last_call(module), key, number % (1 << 64) if key != 'addend' else number)


family('type', 'the type of a relocation', [('type', number) for number in (3, 5, 9, 10, 11, 12, 14, 24, 25, 26, 37, 41, 42, 99, 255, 1 << 31)], set_relocation)
family('relocation', 'of a relocation', (('offset', 1 << 12), ('offset', 1 << 20), ('offset', 1 << 40), ('offset', -8), ('offset', 1 << 63),
                                         ('symbol', 100000), ('symbol', (1 << 32) - 1), ('symbol', 0), ('addend', 1 << 40), ('addend', -(1 << 40)),
                                         ('addend', 1 << 62)), set_relocation)


@case('a relocation one byte beyond the end of the last section in its region')
def relocation_end(module): last_call(module).offset = module.section('.init.text').size - 3


def last_type(name, number):
    def change(module):
        module.relocations(name)[-1].type = number
    return change


for _section in ('.text', '.init.text', '.exit.text', '__ksymtab', '__ksymtab_gpl', '__mcount_loc', '__param', '__bug_table', '__jump_table',
                 '__dyndbg', '.orc_unwind_ip', THIS):
    add('none_' + _section.strip('._').replace('.', '_'), f'the last relocation of {_section} is none', last_type('.rela' + _section, 0))


@case('the first relocation of the module structure is none: no init')
def none_init(module): module.relocations('.rela' + THIS)[0].type = 0


@case('the call of __fentry__ is not relocated')
def none_fentry(module):
    fentry = module.symbol_index('__fentry__')
    next(r for r in module.relocations('.rela.text') if r.symbol == fentry).type = 0


@case('the relocation of a return is none')
def none_return(module):
    thunk = module.symbol_index('__x86_return_thunk')
    next(r for r in module.relocations(INIT) if r.symbol == thunk).type = 0


@case('one byte of a relocation\'s place is not zero')
def not_zero(module): module.data[module.place(INIT, last_call(module))] = 0x11


@case('the last byte of a relocation\'s place is not zero')
def not_zero_last(module): module.data[module.place(INIT, last_call(module)) + 3] = 0x80


@case('one relocation twice')
def relocation_twice(module):
    section = module.section(INIT)
    module.set_content(INIT, module.content(INIT) + bytes(module.data[section.offset:section.offset + 24]))


@case('a relocation of 64 bits over another')
def relocation_over(module):
    first, second = module.relocations('.rela__jump_table')[:2]
    second.offset, second.type = first.offset + 2, 1


family('rela', 'of .rela.init.text', (('type', 9), ('type', 1), ('type', 0), ('type', 8), ('info', 0), ('info', 0xffff), ('link', 0), ('link', 0xffff), ('entsize', 0),
                                      ('entsize', 7), ('size', 0), ('size', 23), ('size', 25), ('flags', ALLOC), ('align', 1)),
       set_section(INIT))


def info_of(module, name):
    module.section(INIT).info = module.index(name)


family('rela_of', 'relocations of .init.text are for', ('.modinfo', '.comment', '.data..percpu', '.bss', '.symtab', '.strtab', '__versions'), info_of)


@case('REL relocations of a section that is not loaded')
def rel_comment(module): module.add_section('.rel.comment', bytes(16), REL, info=module.index('.comment'), align=8)


@case('REL relocations, none of them')
def rel_empty(module): module.add_section('.rel.text', b'', REL, info=module.index('.text'), align=8)


@case('relocations of memory of each processor')
def rela_percpu(module):
    module.add_section('.rela.data..percpu', struct.pack('<QIIq', 0, 99, 100000, 0), RELA, info=module.index('.data..percpu'), align=8)


@case('a relocation of .rodata, which is zero nowhere')
def rela_strings(module):
    module.add_section('.rela.rodata.str1.1', struct.pack('<QIIq', 0, 1, 1, 0), RELA, info=module.index('.rodata.str1.1'), align=8)


@case('a relocation of zero bytes in .bss')
def rela_bss(module):
    module.add_section('.rela.bss', struct.pack('<QIIq', 0, 1, 1, 0), RELA, info=module.index('.bss'), align=8)


@case('a 32-bit relocation of a small absolute symbol')
def rela_absolute(module):
    symbol = module.add_symbol('small', 0xfff1, 5)
    module.add_section('.rela.bss', struct.pack('<QIIq', 0, 10, symbol, 0), RELA, info=module.index('.bss'), align=8)


@case('a 32-bit relocation of a large absolute symbol')
def rela_absolute_large(module):
    symbol = module.add_symbol('large', 0xfff1, 1 << 32)
    module.add_section('.rela.bss', struct.pack('<QIIq', 0, 10, symbol, 0), RELA, info=module.index('.bss'), align=8)


@case('a signed 32-bit relocation of an absolute symbol')
def rela_absolute_signed(module):
    symbol = module.add_symbol('large', 0xfff1, 1 << 31)
    module.add_section('.rela.bss', struct.pack('<QIIq', 0, 11, symbol, 0), RELA, info=module.index('.bss'), align=8)


@case('a call is relocated as an absolute address')
def absolute_call(module):
    local = module.relocations('.rela.init.text')
    next(r for r in local if r.type in (2, 4)).type = 11


def cut_call(module, value):
    """A call or jump of a function leads too far; (section, number)."""
    name, number = value
    [relocation for relocation in module.relocations(name) if relocation.type == 4][number].addend = (1 << 40) + (1 << 29)


family('cut_call', 'a call or jump leads too far', (('.rela.text', 0), ('.rela.text', 1), ('.rela.text', 2), ('.rela.text', -1), ('.rela.init.text', 0), ('.rela.exit.text', 0),
                                               ('.rela.exit.text', -1)), cut_call)
family('far_call', 'a displacement is cut, and leads to where it should', (1 << 32, 1 << 40), lambda module, by: setattr(last_call(module), 'addend', by - 4))
family('cut_call_plain', 'a call or jump leads too far', (('.rela.text', 0), ('.rela.text', -1), ('.rela.init.text', 0), ('.rela.exit.text', 0)), cut_call, base='cplain')
family('import_moved', 'a symbol that it needs is somewhere else', (
    ('__fentry__', 'shndx', 0xfff1), ('__x86_return_thunk', 'shndx', 0xfff1), ('__x86_return_thunk', 'shndx', 1), ('_printk', 'shndx', 0xfff1),
    ('kfree', 'shndx', 1)), set_symbol)


def relocated_structure(module, offset):
    """One more relocation of the module structure, of 64 bits."""
    module.add_section('.rela' + THIS, struct.pack('<QIIq', offset, 1, 1, 0), RELA, info=module.index(THIS), align=8)


family('structure_relocated', 'one more relocation of the module structure, at', (0, 8, 16, 24, 80, 184), relocated_structure,
       base='cnoinit')


# ---- live patches ----
kind('livepatch')
KLP = 0x00100000


def klp(module, section, symbol, shndx=0xff20, relocations=True, tag=True):
    if tag:
        module.set_info('livepatch=Y')
    number = module.add_symbol(symbol, shndx)
    content = struct.pack('<QIIq', 0, 1, number, 0) if relocations else b''
    module.add_section(section, content, RELA, flags=ALLOC | KLP, info=module.index('.bss'), link=module.index('.symtab'), align=8)


for _name, _args in {
        'good': ('.klp.rela.vmlinux..bss', '.klp.sym.vmlinux.init_task,0'),
        'position': ('.klp.rela.vmlinux..bss', '.klp.sym.vmlinux.init_task,1'),
        'second': ('.klp.rela.vmlinux..bss', '.klp.sym.vmlinux.init_task,2'),
        'ambiguous': ('.klp.rela.vmlinux..bss', '.klp.sym.vmlinux.__key,0'),
        'unknown': ('.klp.rela.vmlinux..bss', '.klp.sym.vmlinux.no_such_symbol,0'),
        'other_object': ('.klp.rela.ext4..bss', '.klp.sym.ext4.no_such_symbol,0'),
        'symbol_object': ('.klp.rela.vmlinux..bss', '.klp.sym.ext4.no_such_symbol,0'),
        'symbol_name': ('.klp.rela.vmlinux..bss', '.klp.sim.vmlinux.init_task,0'),
        'symbol_no_position': ('.klp.rela.vmlinux..bss', '.klp.sym.vmlinux.init_task'),
        'section_name': ('.klp.rela', '.klp.sym.vmlinux.init_task,0'),
        'section_other': ('.rela.bss', '.klp.sym.vmlinux.init_task,0'),
        'foreign': ('.klp.rela.ext4..bss', '.klp.sym.vmlinux.init_task,0'),
        'section_long': ('.klp.rela.' + 'x' * 80 + '..bss', '.klp.sym.vmlinux.init_task,0')}.items():
    add(f'klp_{_name}', ' '.join(_args), lambda m, a=_args: klp(m, *a))
add('klp_not_marked', 'the symbol is an ordinary one', lambda m: klp(m, '.klp.rela.vmlinux..bss', '.klp.sym.vmlinux.init_task,0', 0xfff1))
add('klp_empty', 'no relocation in the section', lambda m: klp(m, '.klp.rela.vmlinux..bss', 'x', relocations=False))
add('klp_no_tag', 'not marked as a live patch', lambda m: klp(m, '.klp.rela.vmlinux..bss', '.klp.sym.vmlinux.init_task,0', tag=False))


# ---- exports ----
kind('export')


def same_export(module):
    module.data[:] = module.data.replace(b'crival_same', b'cbase_plain')


@case('exports what a loaded module exports', base='crival', before=('cbase',))
def export_twice(module): same_export(module)


@case('exports what the kernel exports', base='crival')
def export_kernel(module): module.data[:] = module.data.replace(b'crival_same', b'kernel_kobj')


@case('exports what the kernel exports for GPL modules; proprietary', base='crival')
def export_kernel_proprietary(module):
    module.data[:] = module.data.replace(b'crival_same', b'kernel_kobj')
    licensed(module, 'Foo')


@case('__ksymtab ends within its entry')
def ksymtab_odd(module): module.section('__ksymtab').size -= 4


@case('__ksymtab_gpl ends within its last entry')
def ksymtab_gpl_odd(module): module.section('__ksymtab_gpl').size -= 4


@case('__ksymtab is empty')
def ksymtab_empty(module): module.section('__ksymtab').size = 0


family('ksymtab', 'of __ksymtab', (('flags', 0), ('flags', ALLOC | WRITE), ('type', 8), ('align', 64)), set_section('__ksymtab'))
family('kcrctab', 'of __kcrctab', (('flags', 0), ('size', 0), ('type', 8)), set_section('__kcrctab'))


def turn(module):
    """The relocations of the first and the last entry of __ksymtab_gpl change places."""
    relocations = module.relocations('.rela__ksymtab_gpl')
    first = [r for r in relocations if r.offset < 12]
    last = [r for r in relocations if r.offset >= 24]
    for relocation in first:
        relocation.offset += 24
    for relocation in last:
        relocation.offset -= 24


@case('__ksymtab_gpl is not sorted')
def unsorted(module): turn(module)


@case('needs symbols of a table that is not sorted', base='cuser', before=('unsorted',))
def unsorted_user(module): pass


@case('exports one name twice', base='cbase')
def export_same(module): module.data[:] = module.data.replace(b'cbase_user', b'cbase_gpl\0')


@case('an exported name has no characters')
def export_empty(module):
    section = module.section('__ksymtab_strings')
    at = module.data.index(b'cbase_gpl', section.offset)
    module.data[at] = 0


# ---- parameters ----
kind('parameter')
PARAMETERS = (
    # numbers
    'number=5', 'number=-5', 'number=+5', 'number=0x1f', 'number=010', 'number=08', 'number=0b11', 'number=', 'number', 'number=5x', 'number=0x', 'number=-',
    'number=+', 'number=--5', 'number=2147483647', 'number=2147483648', 'number=-2147483648', 'number=-2147483649', 'number=99999999999999999999',
    'number=-0x80000000', 'number=ff', 'number=1e3', 'number=0xG', 'number=-0', 'number=0X1F', 'number=1_000', 'number=00000000000000000000001',
    'number="5"', 'number="5', 'number=5"', '"number=5"', '"number=5', 'number=" 5"', 'number="5 "', 'number="5\n"', 'number="5\n\n"', 'number="\n"',
    'number=5\n', '\tnumber=5', 'number = 5', 'number= 5', 'number=5 number=x', 'number=x number=5', 'number=5 number=6',
    'small=255', 'small=256', 'small=-1', 'half=32767', 'half=32768', 'half=-32768', 'half=-32769', 'positive_half=65535', 'positive_half=65536',
    'positive=4294967295', 'positive=4294967296', 'positive=-1', 'wide=9223372036854775807', 'wide=9223372036854775808', 'wide=-9223372036854775808',
    'wide=-9223372036854775809', 'positive_wide=18446744073709551615', 'positive_wide=18446744073709551616', 'widest=0xffffffffffffffff',
    'widest=0x10000000000000000', 'widest=-1', 'hex=1f', 'hex=0x1f', 'hex=-1', 'hex=0x100000000',
    # truth
    'flag', 'flag=', 'flag=1', 'flag=0', 'flag=y', 'flag=N', 'flag=true', 'flag=FALSE', 'flag=on', 'flag=off', 'flag=oN', 'flag=OFF', 'flag=o', 'flag=ox', 'flag=2',
    'flag=maybe', 'flag=1x', 'flag= 1', 'flag=-1', 'flag="y"', 'flag=""', 'reversed', 'reversed=', 'reversed=n', 'reversed=x', 'once', 'once=1', 'once=0',
    'once=y once=n', 'once=x', 'flag_number', 'flag_number=1', 'flag_number=2', 'flag_number=y', 'flag_number=off', 'flag_number=',
    # texts
    'text=', 'text', 'text=a', 'text=a=b=c', 'text="a b"', 'text=a"b c"d', 'text="a', 'text=a"', 'text=""', 'text="', "text='a b'", 'text=a\\ b', 'text=\xe9',
    'text=' + 'x' * 1023, 'text=' + 'x' * 1024, 'text=' + 'x' * 1025, 'text="a,b"', '"text=a b"', '"text=a b" number=5', 'word=', 'word', 'word=1234567', 'word=12345678',
    'word=' + 'y' * 2000, 'word="a b"',
    # lists
    'list=1', 'list=1,2,3,4', 'list=1,2,3,4,5', 'list=', 'list', 'list=1,,2', 'list=,', 'list=1,', 'list=,1', 'list=1,x', 'list=x,1', 'list=1,2,99999999999', 'list="1, 2"',
    'list="1,2"', 'list=1,2 list=3', 'list=1;2', 'list=0x10,010', 'open_list=1,2,3', 'open_list=1,2,3,4', 'words=a', 'words=a,b,c', 'words=a,b,c,d', 'words=', 'words',
    'words=,', 'words=,,', 'words=,,,', 'words=a,' + 'x' * 1025, 'words="a b",c', 'flags=y,n', 'flags=y,2', 'flags', 'flags=', 'flags=y,', 'bytes=1,256', 'bytes=1,2,3', 'bytes=1,-2',
    'list=1,2,3,4,', 'list=1 2',
    # names
    'nosuch', 'nosuch=1', 'nosuch=1 number=x', 'nosuch.other=1', 'cparams.number=1', '.number=1', '.=1', '=', '=5', '==', '-', '--', '-- number=x', '--number=5', '--=5',
    'number=5 -- rest of it', 'number=5 --', '-- -- a', 'first-name=5', 'first_name=x', 'with_minus=5', 'with-minus=x', 'number-=5', 'Number=5', 'number.=5', 'numbe=5',
    'flag-number=2', 'open-list=1,2,3,4', 'hidden=5', 'hidden=x', 'unsafe_number=5', 'unsafe_number=x', 'unsafe_number', 'hardware=5', 'hardware=x',
    'async_probe', 'async_probe=1', 'async_probe=junk', 'async-probe=1', 'dyndbg', 'dyndbg=+p', 'dyndbg="junk junk"', 'dyndbg==p', 'cparams.dyndbg=+p', 'other.dyndbg=+p', 'dyndbg=',
    'own=y', 'own_free=y', 'own', 'nosuch="a b', '"nosuch a=b"', 'a=' + 'z' * 1200, 'z' * 1200, ' ', '   number=5   ', '\n', 'number=5\nflag=x', '"" number=5', '"', '" "', "'number=5'")
family('param', 'parameters', PARAMETERS, lambda module, line: None, base='cparams')
for _number, _line in enumerate(PARAMETERS):
    _CASES[f'param_{_number}'].params = _line


@case('__param ends within its last entry', base='cparams', params='number=5')
def param_odd(module): module.section('__param').size -= 3


@case('no __param', base='cparams', params='number=5')
def param_none(module): module.rename('__param', '__xaram')


family('param_section', 'of __param', (('flags', 0), ('flags', ALLOC | WRITE), ('size', 0), ('size', 40), ('type', 8), ('align', 4096)),
       set_section('__param'), base='cparams', params='number=5')


def param_rows(module, name):
    """(place in the file) of the row of that parameter in __param; found by its name's relocation."""
    names = module.section('.rodata.str1.1')
    section = module.section('__param')
    for relocation in module.relocations('.rela__param'):
        symbol = module.symbols[relocation.symbol]
        if relocation.offset % 40 or symbol.shndx == 0:
            continue
        at = module.sections[symbol.shndx].offset + symbol.value + relocation.addend
        if module.text(at) == name:
            return section.offset + relocation.offset
    raise ValueError(f'{name} {names}')


def param_mode(module, mode):
    struct.pack_into('<H', module.data, param_rows(module, 'number') + 24, mode)


family('param_mode', 'the mode of a parameter', (0, 0o200, 0o222, 0o444, 0o666, 0o777, 0o7777, 0o100644, 0xffff), param_mode, base='cparams')


def param_level(module, value):
    at, number = value
    struct.pack_into('B', module.data, param_rows(module, 'number') + at, number)


family('param_level', 'byte of the row of a parameter', ((26, 5), (26, 255), (27, 2), (27, 255), (28, 1)), param_level, base='cparams', params='number=5')


@case('two parameters of one name, both with files', base='cparams')
def param_names(module): module.data[:] = module.data.replace(b'positive_half\0', b'positive_wide\0')


@case('two parameters of one name, set', base='cparams', params='positive_wide=70000')
def param_names_set(module): param_names(module)


@case('a parameter without a name', base='cparams', params='number=5')
def param_nameless(module):
    at = param_rows(module, 'number')
    relocation = next(r for r in module.relocations('.rela__param') if r.offset == at - module.section('__param').offset)
    relocation.addend += len('number')


@case('a parameter whose name has a slash', base='cparams')
def param_slash(module): module.data[:] = module.data.replace(b'with_minus\0', b'with/minus\0')


@case('a parameter that is an empty module\'s: none of its own', params='number=5', base='cplain')
def param_of_none(module): pass


# ---- init ----
kind('init')
for _answer in (0, -1, -12, -19, -5000, 5, 1):
    add(f'init_{_answer}'.replace('-', 'minus_'), f'init returns {_answer}', unchanged, base='cnoexit', params=f'answer={_answer}')


# ---- signatures ----
kind('signature')


def trailer(module, value):
    """A byte of the twelve before the marker."""
    at, byte = value
    module.data[-len(MARKER) - 12 + at] = byte


family('trailer', 'a byte of the signature\'s trailer', ((0, 1), (1, 4), (2, 0), (2, 1), (2, 3), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 127), (9, 1), (10, 0), (11, 0)), trailer, base=SIGNED)


def sig_length(module, value):
    struct.pack_into('>I', module.data, len(module.data) - len(MARKER) - 4, value)


family('sig_length', 'the length of the signature', (0, 1, 65535, 65536, 70000, 1 << 31, (1 << 32) - 1), sig_length, base=SIGNED)


@case('the length of the signature is that of the file')
def sig_length_all(module):
    module.data += bytes([0, 0, 2, 0, 0, 0, 0, 0]) + struct.pack('>I', len(module.data)) + MARKER


@case('the length of the signature is one less than that of the file')
def sig_length_less(module):
    module.data += bytes([0, 0, 2, 0, 0, 0, 0, 0]) + struct.pack('>I', len(module.data) - 1) + MARKER


@case('a long signature that is none')
def sig_long(module):
    module.data += bytes(70000) + bytes([0, 0, 2, 0, 0, 0, 0, 0]) + struct.pack('>I', 70000) + MARKER


def message_byte(module, value):
    """A byte of the message of the signature, which sign-file makes always alike up to there."""
    at, byte = value
    length = struct.unpack('>I', module.data[-len(MARKER) - 4:-len(MARKER)])[0]
    module.data[len(module.data) - len(MARKER) - 12 - length + at] = byte


# Tags, lengths and identifiers: the outermost, of the kinds, the versions, the hashes, the signer and its name.
family('message', 'a byte of the message of the signature', (
    (0, 0x10), (0, 0x31), (1, 0x80), (1, 0x83), (4, 5), (5, 8), (6, 0x2b), (14, 3), (15, 0xa1), (19, 0x31), (23, 3), (24, 2), (25, 2), (26, 0x30), (26, 0x11),
    (27, 12), (28, 0x31), (30, 0x46), (31, 8), (40, 6), (41, 0x31), (43, 5), (53, 2), (54, 0x30), (54, 0x11), (58, 0x31), (62, 3), (64, 3), (65, 0xa0), (65, 0x31),
    (67, 0x31), (69, 2), (69, 0x30), (71, 0xa0), (73, 4), (74, 6), (75, 0x82), (76, 5), (77, 9), (78, 0x31)), message_byte, base=SIGNED)


@case('one byte behind the marker', base=SIGNED)
def marker_newline(module): module.data += b'\n'


@case('the marker lacks its last byte', base=SIGNED)
def marker_short(module): del module.data[-1]


@case('a byte of the marker is wrong', base=SIGNED)
def marker_damaged(module): module.data[-5] ^= 1


@case('no signature', base=SIGNED)
def sig_removed(module):
    length = struct.unpack('>I', module.data[-len(MARKER) - 4:-len(MARKER)])[0]
    del module.data[-len(MARKER) - 12 - length:]


@case('the marker only', base=SIGNED)
def marker_only(module): module.data[:] = MARKER


@case('the marker and one byte', base=SIGNED)
def marker_and_byte(module): module.data[:] = b'x' + MARKER


@case('the marker and twelve bytes', base=SIGNED)
def marker_and_twelve(module): module.data[:] = bytes(12) + MARKER


@case('the marker and thirteen bytes', base=SIGNED)
def marker_and_thirteen(module): module.data[:] = bytes(2) + b'\0\2' + bytes(9) + MARKER


@case('the marker appended to an unsigned module')
def marker_appended(module): module.data += MARKER


@case('a trailer of zeros and the marker')
def marker_zeros(module): module.data += bytes(12) + MARKER


for _flags in (1, 2, 3):
    add(f'signed_flags_{_flags}', 'signed, with these flags of finit_module(2)', unchanged, base=SIGNED, flags=_flags)
add('signed_init_module', 'signed, by init_module(2)', unchanged, base=SIGNED, method='init')

ENFORCE = (('/sys/module/module/parameters/sig_enforce', '1'),)
LOCKDOWN = (('/sys/kernel/security/lockdown', 'integrity'),)
add('enforced_signed', 'signed, where signatures are enforced', unchanged, base=SIGNED, writes=ENFORCE)
add('enforced_unsigned', 'unsigned, where signatures are enforced', unchanged, writes=ENFORCE)
add('enforced_type', 'another type of signature, where signatures are enforced', lambda m: trailer(m, (2, 1)), base=SIGNED, writes=ENFORCE)
add('enforced_flags', 'signed, but loaded with a flag, where signatures are enforced', unchanged, base=SIGNED, flags=1, writes=ENFORCE)
add('enforced_damaged', 'unsigned and damaged, where signatures are enforced', lambda m: cut(m, 64), writes=ENFORCE)
add('enforced_empty', 'empty, where signatures are enforced', lambda m: cut(m, 0), writes=ENFORCE)


# ---- the system call ----
kind('syscall')
for _flags in (4, 5, 7, 8, 16, 0x80000000, 0xffffffff):
    add(f'flags_{_flags:x}', f'flags {_flags:#x}', unchanged, flags=_flags)
    add(f'flags_{_flags:x}_empty', f'an empty file with flags {_flags:#x}', lambda m: cut(m, 0), flags=_flags)
DISABLED = (('/proc/sys/kernel/modules_disabled', '1'),)
add('disabled', 'modules are disabled', unchanged, writes=DISABLED)
add('disabled_flags', 'modules are disabled, and the flags are wrong', unchanged, flags=8, writes=DISABLED)
add('disabled_init_module', 'modules are disabled, init_module(2) of nothing', lambda m: cut(m, 0), method='init', writes=DISABLED)
